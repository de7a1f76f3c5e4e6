"""When the next loop could decide otherwise than the last one, while nothing happens.

Upstream looks every ten seconds. A loop that sees what the last one saw, and no timer of which has
run out, decides the same; such loops are not made here, and leave behind what they would have left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.drainability import ends_ms
from ove_capacity.openshift.autoscaler.loop import Loop, LoopMemory, Moment
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.pod_list import own_delay_ms
from ove_capacity.openshift.autoscaler.scale_up import (
    CLUSTER_UNHEALTHY,
    IN_COOLDOWN,
    SUCCESSFUL,
)
from ove_capacity.simtime import SECOND_MS

__all__ = ["SCAN_MS", "awoken", "looks_again_ms", "next_tick_ms", "wakes_ms"]

SCAN_MS = 10 * SECOND_MS
"""Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/config/flags/flags.go,
scan-interval."""


def next_tick_ms(after_ms: int, last_ms: int) -> int:
    """The first loop later than *after_ms*, when the last one was at *last_ms*.

    Source: ours, from openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/loop/
    trigger.go, Wait.
    """
    passed = max(0, after_ms - last_ms)
    return last_ms + (passed // SCAN_MS + 1) * SCAN_MS


def wakes_ms(
    moment: Moment, before: LoopMemory, found: Loop, options: AutoscalingOptions
) -> int | None:
    """A moment after which a loop may decide otherwise; None: none, until something happens.

    The next loop after that moment is the first that must be made.

    Source: ours, from the timers of openshift/kubernetes-autoscaler 70920d3c6.
    """
    now_ms, memory = moment.now_ms, found.memory
    is_busy = found.scale_up.result in (SUCCESSFUL, IN_COOLDOWN) or found.timed_out
    if is_busy or found.raised or found.deletions.empty or found.deletions.drained:
        return now_ms
    looks = options.scale_down_enabled and found.scale_up.gate != CLUSTER_UNHEALTHY
    if looks and not _is_steady(before, memory):
        return now_ms
    timers = [
        *(request.expected_ms for request in memory.requests.values()),
        *_cooldowns(memory, options),
        *_unneeded(moment, memory, options),
    ]
    if moment.pending or moment.deleting.drained or options.enforce_min_size:
        timers += (backoff.until_ms for backoff in memory.backoffs.values())
    if moment.pending:
        timers += _growing_old(moment.pending, options)
    timers += _pods(moment, options)
    return min((each for each in timers if each >= now_ms), default=None)


def _is_steady(before: LoopMemory, memory: LoopMemory) -> bool:
    """Whether the loop found the same nodes removable as the one before, and none to forget."""
    old, new = before.scale_down, memory.scale_down
    if old.updated_ms is None or old.shortest_ms != new.shortest_ms:
        return False
    return (
        old.unneeded_before == new.unneeded_before
        and old.hints == new.hints
        and old.unremovable_until.keys() == new.unremovable_until.keys()
    )


def _cooldowns(memory: LoopMemory, options: AutoscalingOptions) -> Iterator[int]:
    if not memory.scale_down.unneeded_since:
        return
    for last, delay in (
        (memory.scaled_up_ms, options.delay_after_add_ms),
        (memory.deleted_ms, options.delay_after_delete_ms),
        (memory.failed_ms, options.delay_after_failure_ms),
    ):
        if last is not None:
            yield last + delay - 1


def _unneeded(moment: Moment, memory: LoopMemory, options: AutoscalingOptions) -> Iterator[int]:
    readiness = moment.view.readiness
    for name, since in memory.scale_down.unneeded_since.items():
        yield since + (options.unready_ms if name in readiness else options.unneeded_ms)


def _growing_old(pods: Iterable[Pod], options: AutoscalingOptions) -> Iterator[int]:
    """When pods that are too young to be helped no longer are."""
    for pod in pods:
        if pod.created_ms is not None:
            yield pod.created_ms + max(options.new_pod_scale_up_delay_ms, own_delay_ms(pod))


def _pods(moment: Moment, options: AutoscalingOptions) -> Iterator[int]:
    """When pods of the system block no longer, and when pods should have ended."""
    timeout_ms = options.rules.system_pod_timeout_ms
    for pod, _ in moment.running:
        if pod.deleted_ms is not None:
            yield ends_ms(pod, pod.deleted_ms)
        if pod.namespace == "kube-system" and pod.created_ms is not None and timeout_ms is not None:
            yield pod.created_ms + timeout_ms


def looks_again_ms(memory: LoopMemory, changed_ms: int, options: AutoscalingOptions) -> int | None:
    """When nodes are looked at again that could not go before things changed; see `wakes_ms`.

    Those that were looked at since would be found as they were.

    Source: ours, from openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/
    unremovable/nodes.go, Update.
    """
    kept_ms = options.unremovable_recheck_ms
    ends = memory.scale_down.unremovable_until.values()
    return min((until - 1 for until in ends if until - kept_ms < changed_ms), default=None)


def awoken(memory: LoopMemory, now_ms: int, options: AutoscalingOptions) -> LoopMemory:
    """The memory as the loops left out since the last one would have left it.

    They would have looked again, every few minutes, at the nodes that could not go.

    Source: ours, from openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/
    unremovable/nodes.go, Update.
    """
    down = memory.scale_down
    if down.updated_ms is None or now_ms <= down.updated_ms + SCAN_MS:
        return memory
    last_ms = now_ms - SCAN_MS  # the last of the loops left out
    again = -(-options.unremovable_recheck_ms // SCAN_MS) * SCAN_MS

    def looked_again(until_ms: int) -> int:
        if until_ms > last_ms or not again:
            return until_ms
        return until_ms + ((last_ms - until_ms) // again + 1) * again

    until = {name: looked_again(at) for name, at in down.unremovable_until.items()}
    return replace(memory, scale_down=replace(down, unremovable_until=until, updated_ms=last_ms))
