"""The autoscaler: a loop every ten seconds, and none while nothing can change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.kubevirt.eviction import MIGRATES
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node, Taint
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.launchers import launcher_budgets
from ove_capacity.openshift.autoscaler.loop import Loop, Moment, run_once
from ove_capacity.openshift.autoscaler.simulation import is_expendable
from ove_capacity.openshift.autoscaler.view import (
    UNREADY,
    ClusterView,
    GroupState,
    InProgress,
)
from ove_capacity.openshift.autoscaler.waking import (
    awoken,
    looks_again_ms,
    next_tick_ms,
    wakes_ms,
)
from ove_capacity.openshift.machines import UNREADY_AFTER_MS
from ove_capacity.openshift.remediation import DETECTION_MS
from ove_capacity.sim.machines import Scaler
from ove_capacity.sim.processes.draining import delete_empty, drain, evictions
from ove_capacity.sim.processes.glance import glance, sight_of
from ove_capacity.sim.processes.machines import (
    delete_machine,
    fill_up,
    tell_machines,
    watch_nodes,
)
from ove_capacity.sim.processes.reasons import tell_reasons
from ove_capacity.sim.processes.sight import standing
from ove_capacity.sim.world import AUTOSCALING, Outage, Site, World
from ove_capacity.simtime import format_duration

__all__ = ["open_autoscaling"]

_UNREACHABLE = Taint("node.kubernetes.io/unreachable")
_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"


def open_autoscaling(world: World, site: Site) -> None:
    """The cluster's autoscaler begins to look, and health checks do, if it has any."""
    asked = site.cluster.autoscaling
    if asked is None:
        return
    if asked.is_active:
        world.spawn(_autoscaling(world, site, Scaler(site.cluster, asked)))
    elif asked.health_checks:
        site.scaler = Scaler(site.cluster, asked)
        tell_machines(world, site, site.scaler)
        watch_nodes(world, site, site.scaler)


def _autoscaling(world: World, site: Site, scaler: Scaler) -> ProcessGenerator:
    """Look, decide, act, and sleep until something may be decided otherwise."""
    site.scaler = scaler
    tell_machines(world, site, scaler)
    watch_nodes(world, site, scaler)
    scaler.has_expendable = _has_expendable(world, site, scaler)
    migrating = {name for name, what in evictions(world, site).items() if what == MIGRATES}
    yield world.wait(0, AUTOSCALING)
    while True:
        now_ms, changes, scaled = world.now_ms, site.changes, scaler.scaled
        after_ms = None if site.losses else _loop(world, site, scaler, migrating)
        if scaler.scaled != scaled and scaler.options.rules.frequent_loops:
            scaler.changed_ms = now_ms
            yield world.wait(0, AUTOSCALING)
            continue
        is_news = site.changes != changes
        if not is_news:
            again_ms = looks_again_ms(scaler.memory, scaler.changed_ms, scaler.options)
            timers_ms = [each for each in (after_ms, again_ms) if each is not None]
            wakes = [world.wait(next_tick_ms(min(timers_ms), now_ms) - now_ms)] if timers_ms else []
            site.news = world.env.event()
            yield AnyOf(world.env, [site.news, *wakes])
            is_news = site.news.triggered or after_ms == min(timers_ms)
        yield from _next_tick(world, site, scaler, now_ms)
        if is_news:
            scaler.changed_ms = world.now_ms


def _next_tick(world: World, site: Site, scaler: Scaler, last_ms: int) -> ProcessGenerator:
    """The next loop is due; from 4.22 on a pod that finds no place makes it due at once.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/loop/trigger.go, Wait.
    """
    tick_ms = next_tick_ms(max(last_ms + 1, world.now_ms) - 1, last_ms)
    while scaler.options.rules.frequent_loops and world.now_ms < tick_ms:
        yield world.wait(0, AUTOSCALING)
        if world.now_ms > last_ms and _has_new_pod(site, world.now_ms):
            return
        site.news = world.env.event()
        yield AnyOf(world.env, [site.news, world.wait(tick_ms - world.now_ms)])
    yield world.wait(tick_ms - world.now_ms, AUTOSCALING)


def _has_new_pod(site: Site, now_ms: int) -> bool:
    """Whether a pod has found no place at this very moment."""
    first = (each for each in site.queue.waiting.values() if each.attempts == 1)
    return any(each.timestamp_ms == now_ms for each in first)


def _has_expendable(world: World, site: Site, scaler: Scaler) -> bool:
    plan, cutoff = world.case.plan, scaler.options.expendable_pods_priority_cutoff
    to_come = [*plan.workloads, *(stream.workload for stream in plan.arrivals)]
    there = site.cluster.pods
    return any(each.priority < cutoff for each in to_come) or any(
        is_expendable(pod, cutoff) for pod in there
    )


def _loop(world: World, site: Site, scaler: Scaler, migrating: set[str]) -> int | None:
    """One loop; the moment after which the next one may decide otherwise."""
    if scaler.last_ms is not None:
        scaler.memory = awoken(scaler.memory, world.now_ms, scaler.options)
    scaler.last_ms = world.now_ms
    if glance(world, site, scaler):
        return None
    given_up = _give_up(world, site, scaler)
    moment = _moment(world, site, scaler, given_up, migrating)
    before = scaler.memory
    rng = world.stream("autoscaler.expander", site.name)
    found = run_once(moment, before, scaler.options, rng, scaler.compiler)
    scaler.memory = found.memory
    scaler.sight = sight_of(site, scaler, moment, found)
    _tell_failures(world, site, scaler, found)
    tell_reasons(world, site, scaler, found)
    increases = (*found.scale_up.increases, *found.raised)
    scaler.scaled += bool(increases or found.deletions.empty or found.deletions.drained)
    for each in increases:
        scaler.targets[each.group] = each.new_size
        world.record("scale-up", site, each.group, detail=f"{each.size} -> {each.new_size}")
        fill_up(world, site, scaler, each.group)
    for name in found.deletions.empty:
        world.spawn(delete_empty(world, site, scaler, name))
    for name in found.deletions.drained:
        world.spawn(drain(world, site, scaler, name))
    wakes = [wakes_ms(moment, before, found, scaler.options), *_timers(site, scaler)]
    return min((each for each in wakes if each is not None and each >= world.now_ms), default=None)


def _timers(site: Site, scaler: Scaler) -> Iterator[int]:
    """When machines have taken too long, and when lost nodes are seen to be lost."""
    for machine in scaler.machines.values():
        if not machine.has_node:
            yield machine.created_ms + scaler.options.max_node_provision_ms
    for outage in site.outages.values():
        yield outage.since_ms + UNREADY_AFTER_MS - 1
        yield outage.since_ms + DETECTION_MS - 1


# -- what it is told -------------------------------------------------------------------------------


def _moment(
    world: World, site: Site, scaler: Scaler, given_up: Counter[str], migrating: set[str]
) -> Moment:
    now_ms = world.now_ms
    waiting = [each for each in site.queue.waiting.values() if each.attempts]
    pending = sorted((site.vms[each.key] for each in waiting), key=lambda vm: vm.seq)
    down = {
        name
        for name, outage in site.outages.items()
        if outage.since_ms + UNREADY_AFTER_MS <= now_ms
    }
    groups = (
        GroupState(
            group,
            scaler.targets[name],
            long_unregistered=len(_overdue(scaler, name, now_ms)),
            given_up=given_up[name],
        )
        for name, group in scaler.groups.items()
    )
    return Moment(
        now_ms,
        _with_budgets(site, migrating),
        ClusterView(
            tuple(_seen(site, node, down) for node in site.state.nodes),
            tuple(groups),
            scaler.group_of,
            dict.fromkeys(sorted(down), UNREADY),
        ),
        tuple(_running(site, now_ms)),
        tuple(_as_created(*site.waiting_pod(vm)) for vm in pending),
        InProgress(frozenset(scaler.emptying), frozenset(scaler.draining)),
    )


def _as_created(pod: Pod, created_ms: int) -> Pod:
    return replace(pod, created_ms=created_ms)


def _with_budgets(site: Site, migrating: set[str]) -> Cluster:
    """The cluster with the budgets of VMs that migrate, of those that may be moved at all."""
    pods = [
        vm.pod
        for vm in site.vms.values()
        if vm.workload in migrating and vm.pod.annotations.get(_SAFE_TO_EVICT) == "true"
    ]
    budgets = launcher_budgets(pods, rules_of(site.cluster.release.kubevirt_rules))
    if not budgets:
        return site.cluster
    return replace(site.cluster, disruption_budgets=(*site.cluster.disruption_budgets, *budgets))


def _running(site: Site, now_ms: int) -> Iterator[tuple[Pod, str]]:
    """Each pod with its node; those of lost nodes are still there, and end in vain."""
    state = site.state
    for row in state.rows():
        n = state.node_of(row)
        if n >= 0:
            yield standing(state.pod(row)), state.nodes[n].name
    for outage in site.outages.values():
        for pod in (*(vm.pod for vm in outage.vms), *outage.platform):
            yield _ending(standing(pod), outage, now_ms), outage.node


def _ending(pod: Pod, outage: Outage, now_ms: int) -> Pod:
    asked_ms = outage.since_ms + DETECTION_MS
    return replace(pod, deleted_ms=asked_ms) if asked_ms <= now_ms else pod


def _seen(site: Site, node: Node, down: set[str]) -> Node:
    if node.name in down:
        return replace(node, taints=(*node.taints, _UNREACHABLE))
    closed = bool(site.cordons[node.name])
    return node if closed == node.unschedulable else replace(node, unschedulable=closed)


# -- machines that never become nodes --------------------------------------------------------------


def _overdue(scaler: Scaler, group: str, now_ms: int) -> list[str]:
    """Machines of a group that have had no node for longer than one may take."""
    most_ms = scaler.options.max_node_provision_ms
    return [m.name for m in scaler.without_node(group) if m.created_ms + most_ms < now_ms]


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
