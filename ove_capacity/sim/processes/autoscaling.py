"""The autoscaler: a loop every ten seconds, and none while nothing can change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.model.node import Node, Taint
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.loop import Loop, Moment, run_once
from ove_capacity.openshift.autoscaler.view import (
    UNREADY,
    ClusterView,
    GroupState,
    InProgress,
)
from ove_capacity.openshift.autoscaler.waking import awoken, next_tick_ms, wakes_ms
from ove_capacity.openshift.machines import DELETION_DELAY_MS, UNREADY_AFTER_MS
from ove_capacity.sim.machines import Scaler
from ove_capacity.sim.processes.machines import delete_machine, fill_up
from ove_capacity.sim.world import AUTOSCALING, Site, World
from ove_capacity.simtime import HOUR_MS, format_duration
from ove_capacity.state import claim

__all__ = ["autoscaling"]

_UNREACHABLE = Taint("node.kubernetes.io/unreachable")


def autoscaling(world: World, site: Site, scaler: Scaler) -> ProcessGenerator:
    """Look, decide, act, and sleep until something may be decided otherwise."""
    yield world.wait(0, AUTOSCALING)
    while True:
        now_ms = world.now_ms
        if scaler.last_ms is not None:
            scaler.memory = awoken(scaler.memory, now_ms, scaler.options)
        scaler.last_ms, moves = now_ms, site.changes
        after_ms = _loop(world, site, scaler)
        if site.changes == moves:
            timer = [] if after_ms is None else [world.wait(_until(after_ms, now_ms))]
            site.news = world.env.event()
            yield AnyOf(world.env, [site.news, *timer])
        due_ms = max(now_ms + 1, world.now_ms)
        yield world.wait(next_tick_ms(due_ms - 1, now_ms) - world.now_ms, AUTOSCALING)


def _until(after_ms: int, now_ms: int) -> int:
    return next_tick_ms(after_ms, now_ms) - now_ms


def _loop(world: World, site: Site, scaler: Scaler) -> int | None:
    """One loop; the moment after which the next one may decide otherwise."""
    given_up = _give_up(world, site, scaler)
    moment = _moment(world, site, scaler, given_up)
    before = scaler.memory
    found = run_once(moment, before, scaler.options, world.stream("autoscaler.expander", site.name))
    scaler.memory = found.memory
    _tell_failures(world, site, scaler, found)
    for each in found.scale_up.increases:
        scaler.targets[each.group] = each.new_size
        world.record("scale-up", site, each.group, detail=f"{each.size} -> {each.new_size}")
        fill_up(world, site, scaler, each.group)
    for name in found.deletions.empty:
        scaler.emptying.add(name)
        world.spawn(_delete(world, site, scaler, name))
    wakes = [wakes_ms(moment, before, found, scaler.options), _next_overdue_ms(moment, scaler)]
    return min((each for each in wakes if each is not None), default=None)


# -- what it is told -------------------------------------------------------------------------------


def _moment(world: World, site: Site, scaler: Scaler, given_up: Counter[str]) -> Moment:
    state, now_ms = site.state, world.now_ms
    running = []
    for row in state.rows():
        n = state.node_of(row)
        if n >= 0:
            running.append((_standing(state.pod(row)), state.nodes[n].name))
    waiting = [each for each in site.queue.waiting.values() if each.attempts]
    pending = sorted((site.vms[each.key] for each in waiting), key=lambda vm: vm.seq)
    down = {
        name
        for name, outage in site.outages.items()
        if outage.since_ms + UNREADY_AFTER_MS <= now_ms
    }
    view = ClusterView(
        tuple(_seen(site, scaler, node, down) for node in state.nodes),
        tuple(
            GroupState(
                group,
                scaler.targets[name],
                long_unregistered=len(_overdue(scaler, name, now_ms)),
                given_up=given_up[name],
            )
            for name, group in scaler.groups.items()
        ),
        scaler.group_of,
        dict.fromkeys(sorted(down), UNREADY),
    )
    return Moment(
        now_ms,
        site.cluster,
        view,
        tuple(running),
        tuple(replace(vm.pod, created_ms=vm.submitted_ms) for vm in pending),
        InProgress(frozenset(scaler.emptying), frozenset(scaler.draining)),
    )


def _standing(pod: Pod) -> Pod:
    """As the autoscaler sees it: it may go to any node, and it is not new."""
    if not pod.spec.node_name:
        return pod
    return replace(pod, spec=replace(pod.spec, node_name=""), created_ms=-HOUR_MS)


def _seen(site: Site, scaler: Scaler, node: Node, down: set[str]) -> Node:
    if node.name in down:
        return replace(node, taints=(*node.taints, _UNREACHABLE))
    closed = bool(site.cordons[node.name])
    return node if closed == node.unschedulable else replace(node, unschedulable=closed)


# -- what it does ----------------------------------------------------------------------------------


def _overdue(scaler: Scaler, group: str, now_ms: int) -> list[str]:
    """Machines of a group that have had no node for longer than one may take."""
    most_ms = scaler.options.max_node_provision_ms
    return [m.name for m in scaler.without_node(group) if m.created_ms + most_ms < now_ms]


def _next_overdue_ms(moment: Moment, scaler: Scaler) -> int | None:
    most_ms = scaler.options.max_node_provision_ms
    ends = [m.created_ms + most_ms for m in scaler.machines.values() if not m.has_node]
    return min((each for each in ends if each >= moment.now_ms), default=None)


def _give_up(world: World, site: Site, scaler: Scaler) -> Counter[str]:
    """Machines without a node for too long are deleted; group -> how many.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/
    static_autoscaler.go, removeOldUnregisteredNodes.
    """
    given_up: Counter[str] = Counter()
    why = f"no node within {format_duration(scaler.options.max_node_provision_ms)}"
    for name, bounds in scaler.groups.items():
        for machine in _overdue(scaler, name, world.now_ms):
            if scaler.targets[name] <= bounds.min_size:
                break
            scaler.targets[name] -= 1
            given_up[name] += 1
            delete_machine(world, site, scaler, scaler.machines[machine], why)
    return given_up


def _tell_failures(world: World, site: Site, scaler: Scaler, found: Loop) -> None:
    """Scale-ups that took too long, and for how long their groups are left alone."""
    limit = format_duration(scaler.options.max_node_provision_ms)
    for group in found.timed_out:
        pause = format_duration(found.memory.backoffs[group].duration_ms)
        detail = f"no node within {limit}; in backoff for {pause}"
        world.record("scale-up-failed", site, group, detail=detail)


def _delete(world: World, site: Site, scaler: Scaler, name: str) -> ProcessGenerator:
    """A node without pods to move is closed, and deleted with its machine."""
    site.cordons[name] += 1
    claim.cordon(site.state, site.state.node_index(name), True)
    yield world.wait(DELETION_DELAY_MS)
    scaler.emptying.discard(name)
    machine = scaler.machines.get(name)
    if machine is None:
        return
    scaler.targets[machine.group] -= 1
    world.record("scale-down", site, machine.group, name, "empty")
    delete_machine(world, site, scaler, machine, "not needed")
