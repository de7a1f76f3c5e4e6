"""A loop of the autoscaler that can decide nothing, seen at a glance.

Most loops find no VM that a machine could be added for, and no node that could go: each holds a VM,
or is used too much. What such a loop leaves behind is worked out here from the state's arrays; any
doubt makes a whole loop.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from ove_capacity.model.node import Node
from ove_capacity.openshift.autoscaler.drainability import Budgets, Drain, pods_to_move
from ove_capacity.openshift.autoscaler.gpus import gpu_resource
from ove_capacity.openshift.autoscaler.loop import Loop, Moment
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.removal import BLOCKED_BY_POD, Unremovable
from ove_capacity.openshift.autoscaler.scale_down import NOT_UNDERUTILIZED, is_kept
from ove_capacity.openshift.autoscaler.scale_up import IN_BACKOFF, NO_OPTIONS, NOT_READY
from ove_capacity.openshift.autoscaler.sentence import is_at_total, not_triggered
from ove_capacity.sim.machines import Scaler, Sight
from ove_capacity.sim.processes.reasons import tell_staying, words_of
from ove_capacity.sim.processes.sight import standing
from ove_capacity.sim.world import Site, World

__all__ = ["glance", "sight_of"]

_CPU_AND_MEMORY = slice(0, 2)
"""The first columns of every state."""
_NEAR = 1e-3
"""Shares that differ from the threshold by less are left to a whole loop, which counts exactly."""


def sight_of(site: Site, scaler: Scaler, moment: Moment, found: Loop) -> Sight:
    """What the whole loop just made has seen."""
    grown, first = found.scale_up, found.pending.start
    everybody, reasons = "", {}
    lasting = all(reason not in (IN_BACKOFF, NOT_READY) for _, reason in grown.skipped)
    if is_at_total(grown, scaler.options):
        everybody = not_triggered(grown, scaler.options)
    elif grown.result == NO_OPTIONS and lasting:
        if len(grown.skipped) == len(scaler.groups):
            everybody = not_triggered(grown, scaler.options)
        for group in grown.remaining:
            if group.pods[0] not in found.pending:
                continue  # of a node that is being drained
            spec = moment.pending[group.pods[0] - first].spec
            if not spec.heeds_pods:
                reasons[id(spec)] = not_triggered(grown, scaler.options, group)
    complete = all(machine.has_node for machine in scaler.machines.values())
    nodes = site.state.nodes
    return Sight(
        nodes,
        _closed(site),
        scaler.moves,
        complete,
        everybody,
        reasons,
        np.array([n for n, node in enumerate(nodes) if _is_candidate(scaler, node)], np.int64),
        frozenset(n for n, node in enumerate(nodes) if gpu_resource(node)),
    )


def _is_candidate(scaler: Scaler, node: Node) -> bool:
    group = scaler.group_of.get(node.name)
    if group is None or is_kept(node):
        return False
    return scaler.targets[group] > scaler.groups[group].min_size


def _closed(site: Site) -> frozenset[str]:
    return frozenset(name for name, count in site.cordons.items() if count)


def glance(world: World, site: Site, scaler: Scaler) -> bool:
    """Make the loop if it can decide nothing; False when a whole loop is needed."""
    sight, memory, options = scaler.sight, scaler.memory, scaler.options
    if sight is None or not _is_quiet(site, scaler, sight):
        return False
    waiting = _waiting(site, sight)
    if waiting is None or waiting.keys() - scaler.waiting.keys():
        return False
    down = memory.scale_down
    if options.scale_down_enabled:
        if down.unneeded_since or down.hints or down.updated_ms is None:
            return False
        now_ms = world.now_ms
        until = {name: end for name, end in down.unremovable_until.items() if end > now_ms}
        looked = _look(world, site, scaler, sight, until)
        if looked is None:
            return False
        tell_staying(world, site, scaler, looked)
        for name, reason in looked.items():
            if reason.startswith(BLOCKED_BY_POD):
                until[name] = now_ms + options.unremovable_recheck_ms
        shortest_ms = min(down.shortest_ms or options.unneeded_ms, now_ms - down.updated_ms)
        kept = replace(down, unremovable_until=until, updated_ms=now_ms, shortest_ms=shortest_ms)
        scaler.memory = replace(memory, scale_down=kept)
    scaler.waiting = dict(sorted(waiting.items()))
    return True


def _is_quiet(site: Site, scaler: Scaler, sight: Sight) -> bool:
    """Whether no machine comes or goes, nothing runs out, and nodes are as they were."""
    if sight.nodes is not site.state.nodes or sight.moves != scaler.moves:
        return False
    if not sight.is_complete:
        return False
    if site.outages or site.migrations or scaler.emptying or scaler.draining:
        return False
    if scaler.memory.requests or scaler.has_expendable or _is_below_least(scaler):
        return False
    return not scaler.options.ignore_daemonsets_utilization and sight.closed == _closed(site)


def _is_below_least(scaler: Scaler) -> bool:
    """Whether a group is to grow to its least size."""
    return scaler.options.enforce_min_size and any(
        scaler.targets[name] < group.min_size for name, group in scaler.groups.items()
    )


def _waiting(site: Site, sight: Sight) -> Counter[str] | None:
    """Why nothing is added -> VMs that wait; None when something might be."""
    waiting: Counter[str] = Counter()
    for each in site.queue.waiting.values():
        if each.attempts:
            spec = site.vms[each.key].pod.spec
            reason = sight.reasons.get(id(spec), sight.everybody)
            if not reason:
                return None
            waiting[reason] += 1
    return waiting


def _look(
    world: World, site: Site, scaler: Scaler, sight: Sight, recent: dict[str, int]
) -> dict[str, str] | None:
    """Node that is looked at -> why it does not go, where that is news; None when one might."""
    state, options = site.state, scaler.options
    rows = sight.candidates
    if not len(rows):
        return {}
    there = state.allocatable.take(rows, 0)[:, _CPU_AND_MEMORY]
    if not there.all():
        return None
    used = state.requested.take(rows, 0)[:, _CPU_AND_MEMORY]
    above = (used / there).max(axis=1) - options.utilization_threshold
    found: dict[str, str] = {}
    for n, by in zip(rows.tolist(), above.tolist(), strict=True):
        name = state.nodes[n].name
        if name in recent:
            continue
        if n in sight.with_gpus:
            return None
        if by > _NEAR:
            if scaler.staying.get(name) != NOT_UNDERUTILIZED:
                found[name] = NOT_UNDERUTILIZED
            continue
        why = "" if by > -_NEAR else _blocking(site, n, options, world.now_ms)
        if not why:
            return None
        found[name] = words_of(Unremovable(name, BLOCKED_BY_POD, why=why))
    return found


def _blocking(site: Site, n: int, options: AutoscalingOptions, now_ms: int) -> str:
    """Why a pod keeps node *n*; "": none does."""
    pods = [standing(site.state.pod(row)) for row in site.state.pods_on(n)]
    drain = Drain(options, now_ms, Budgets(site.cluster.disruption_budgets))
    return pods_to_move(range(len(pods)), pods, drain).reason
