"""The scheduler's queue: order, back-off and flush as pure functions of now.

Three places a pod can be in: ready (active), backing off until a moment, or parked as
unschedulable until an event or the flush. Nothing here waits; the timers are the simulation's.
"""

from __future__ import annotations

from heapq import heappop, heappush

from ove_capacity.state.pending import PendingQueue, Waiting

__all__ = [
    "BACKOFF_FIRST_MS",
    "BACKOFF_LONGEST_MS",
    "FLUSH_MS",
    "add",
    "backoff_ms",
    "changed",
    "discard",
    "next_ms",
    "park",
    "pop_ready",
    "queue_key",
]

BACKOFF_FIRST_MS = 1_000
"""``podInitialBackoffSeconds``."""
BACKOFF_LONGEST_MS = 10_000
"""``podMaxBackoffSeconds``."""
FLUSH_MS = 300_000
"""How long a pod stays parked at most: ``podMaxInUnschedulablePodsDuration``."""


def queue_key(priority: int, timestamp_ms: int, seq: int) -> tuple[int, int, int]:
    """Sorts pods as they are tried: higher priority first, then the earlier timestamp.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/queuesort/priority_sort.go, Less.
    """
    return (-priority, timestamp_ms, seq)


def backoff_ms(attempts: int) -> int:
    """How long a pod backs off after so many refusals: 1 s, doubling, at most 10 s.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/backoff_queue.go,
    calculateBackoffDuration.
    """
    if attempts <= 0:
        return 0
    doublings = min(attempts - 1, BACKOFF_LONGEST_MS.bit_length())
    return min(BACKOFF_FIRST_MS << doublings, BACKOFF_LONGEST_MS)


def add(queue: PendingQueue, waiting: Waiting) -> None:
    """A new pod enters, ready at its timestamp.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go, Add.
    """
    assert waiting.key not in queue.waiting, f"{waiting.key} waits already"
    queue.waiting[waiting.key] = waiting
    _arm(queue, waiting, waiting.timestamp_ms)


def discard(queue: PendingQueue, key: str) -> Waiting | None:
    """Forget a pod that is deleted; None if it does not wait.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go, Delete.
    """
    queue.parked.pop(key, None)
    return queue.waiting.pop(key, None)


def pop_ready(queue: PendingQueue, now_ms: int) -> list[Waiting]:
    """Take out the pods whose time has come, in the order they are to be tried.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go, Pop.
    """
    _flush(queue, now_ms)
    ready: list[Waiting] = []
    while queue.timers and queue.timers[0][0] <= now_ms:
        ready_ms, _, key = heappop(queue.timers)
        waiting = queue.waiting.get(key)
        if waiting is not None and waiting.ready_ms == ready_ms:
            ready.append(queue.waiting.pop(key))
    ready.sort(key=lambda each: queue_key(each.priority, each.timestamp_ms, each.seq))
    return ready


def park(queue: PendingQueue, waiting: Waiting, now_ms: int) -> None:
    """A refused pod goes back, with a new timestamp, until something changes.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go,
    AddUnschedulableIfNotPresent.
    """
    waiting.attempts += 1
    waiting.timestamp_ms, waiting.ready_ms, waiting.seen = now_ms, None, queue.changes
    queue.waiting[waiting.key] = waiting
    queue.parked[waiting.key] = None


def changed(queue: PendingQueue, now_ms: int, *, room: bool) -> None:
    """The cluster has changed: wake the parked pods that it may help, after their back-off.

    Args:
        queue: the cluster's queue.
        now_ms: when.
        room: something was freed (a pod left, a node came back), so that it may help any pod. A
            binding frees nothing: it helps those only that ask for company or to be spread.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go,
    movePodsToActiveOrBackoffQueue.
    """
    queue.changes += 1
    woken = [key for key in queue.parked if room or queue.waiting[key].wakes_on_bind]
    for key in woken:
        del queue.parked[key]
        waiting = queue.waiting[key]
        _arm(queue, waiting, max(now_ms, waiting.timestamp_ms + backoff_ms(waiting.attempts)))


def next_ms(queue: PendingQueue, now_ms: int) -> int | None:
    """When a pod is to be tried next; None if no pod will be until something changes.

    Upstream flushes pods every five minutes whether anything changed or not. A retry that would
    see the very same cluster ends the very same way, so it is not made here.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/queue/scheduling_queue.go,
    flushUnschedulablePodsLeftover; the omission is ours.
    """
    while queue.timers and not _is_valid(queue, queue.timers[0]):
        heappop(queue.timers)
    moments = [queue.timers[0][0]] if queue.timers else []
    # The longest parked pod is due first, and it has seen the fewest changes.
    first = queue.waiting[next(iter(queue.parked))] if queue.parked else None
    if first is not None and first.seen != queue.changes:
        moments.append(max(now_ms, first.timestamp_ms + FLUSH_MS))
    return min(moments, default=None)


def _flush(queue: PendingQueue, now_ms: int) -> None:
    due = []
    for key in queue.parked:
        waiting = queue.waiting[key]
        if waiting.timestamp_ms + FLUSH_MS > now_ms or waiting.seen == queue.changes:
            break
        due.append(waiting)
    for waiting in due:
        del queue.parked[waiting.key]
        _arm(queue, waiting, now_ms)


def _arm(queue: PendingQueue, waiting: Waiting, ready_ms: int) -> None:
    waiting.ready_ms = ready_ms
    heappush(queue.timers, (ready_ms, waiting.seq, waiting.key))


def _is_valid(queue: PendingQueue, timer: tuple[int, int, str]) -> bool:
    waiting = queue.waiting.get(timer[2])
    return waiting is not None and waiting.ready_ms == timer[0]
