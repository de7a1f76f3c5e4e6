"""Who goes to another cluster, and when: GitOps follows the hub, people decide about the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.model.plan import Recovery, Workload
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.hub import Followed
from ove_capacity.sim.launch import launch
from ove_capacity.sim.processes.journeys import arrive, journey_of, leave, leave_all, runs_on
from ove_capacity.sim.recovery import NOTICED_MS, Journey
from ove_capacity.sim.world import Site, World

__all__ = ["open_recovery"]

_PRUNED, _ABANDONED, _BACK = "its Placement goes elsewhere", "brought back elsewhere", "goes back"


def open_recovery(world: World) -> None:
    """From now on VMs go where their Placement goes, and people bring others back."""
    recovery, hub = world.recovery, world.hub
    recovery.when_lost.append(partial(_lost, world))
    hub.followers.append(partial(_follow, world))
    hub.when_given_up.append(partial(_alarm, world))
    hub.when_heard.append(partial(_reached, world))


def _workloads(world: World) -> list[tuple[Workload, bool]]:
    """All of them, the important first; and whether they come as a stream."""
    plan = world.case.plan
    every = [(each, False) for each in plan.workloads]
    every += [(each.workload, True) for each in plan.arrivals]
    return sorted(every, key=lambda each: -each[0].priority)


def _send(world: World, site: Site, workload: Workload, journeys: Iterable[Journey]) -> None:
    for journey in journeys:
        world.spawn(arrive(world, site, workload, journey))


# -- GitOps ----------------------------------------------------------------------------------------


def _follow(world: World, told: Followed) -> None:
    for workload, is_stream in _workloads(world):
        if workload.cluster or world.placement_of(workload) != told.placement:
            continue
        if workload.total:
            _share_out(world, told, workload, is_stream=is_stream)
        elif workload.at_ms <= world.now_ms:
            _hand_over(world, told, workload)


def _hand_over(world: World, told: Followed, workload: Workload) -> None:
    """The VMs of each cluster that is left go to one that is new; there may be none."""
    homeless = world.recovery.homeless
    for name in told.before:
        if name not in told.after:
            homeless[name, workload.name] = _prune(world, name, workload)
    for name in told.after:
        if name in told.before:
            continue
        waiting = [key for key, journeys in homeless.items() if key[1] == workload.name if journeys]
        key = next((key for key in waiting if key[0] == name), waiting[0] if waiting else None)
        site, now_ms = world.site(name), world.now_ms
        if key is not None:
            _send(world, site, workload, homeless.pop(key))
        elif not runs_on(site, workload):
            size = world.sizes.get(workload.name, workload.count)
            names = [workload.vm_name(index) for index in range(size)]
            keys = [launch(workload, site.cluster, each, world.specs).key for each in names]
            fresh = [Journey(*each, name, now_ms, None) for each in zip(names, keys, strict=True)]
            _send(world, site, workload, fresh)


def _prune(world: World, name: str, workload: Workload) -> list[Journey]:
    """GitOps deletes the VMs; where it does not reach the cluster, they run on until it does."""
    site, link = world.site(name), world.hub.links[name]
    if not (link.silences or link.api_outages) or site.losses:
        return leave_all(world, site, workload, _PRUNED)
    world.warnings.setdefault(
        f"cluster {name} was cut off while its Placements went elsewhere: their VMs ran twice, "
        "there and where they went, until it was in touch again"
    )
    world.recovery.staying.setdefault(name, []).append(workload)
    now_ms = world.now_ms
    return [journey_of(world, site, workload, vm, now_ms) for vm in runs_on(site, workload)]


def _reached(world: World, name: str) -> None:
    for workload in world.recovery.staying.pop(name, []):
        leave_all(world, world.site(name), workload, _PRUNED)


def _share_out(world: World, told: Followed, workload: Workload, *, is_stream: bool) -> None:
    """A total is split anew: who may stay stays; a stream's VMs leave only where they must."""
    movers: list[Journey] = []
    for name in told.before:
        if name not in told.after:
            movers += _prune(world, name, workload)
    movers += world.recovery.homeless.pop(("", workload.name), [])
    if not told.after:
        world.recovery.homeless["", workload.name] = movers
        return
    sites = [world.site(name) for name in told.after]
    there = [len(_holding(world, site, workload)) for site in sites]
    if not is_stream:
        quotas = _quotas(sum(there) + len(movers), len(sites))
        for i, site in enumerate(sites):
            movers += _give_up(world, site, workload, there[i] - quotas[i])
            there[i] = min(there[i], quotas[i])
    for journey in movers:
        emptiest = min(range(len(sites)), key=lambda i: (there[i], i))
        there[emptiest] += 1
        _send(world, sites[emptiest], workload, [journey])


def _quotas(total: int, clusters: int) -> list[int]:
    share, rest = divmod(total, clusters)
    return [share + (i < rest) for i in range(clusters)]


def _holding(world: World, site: Site, workload: Workload) -> Sequence[object]:
    moving = world.recovery.underway.get((site.name, workload.name), {})
    return [*runs_on(site, workload), *moving.values()]


def _give_up(world: World, site: Site, workload: Workload, count: int) -> list[Journey]:
    """The last so many of a cluster's VMs leave it."""
    last = runs_on(site, workload)[::-1][: max(0, count)]
    return [leave(world, site, workload, vm, _PRUNED) for vm in last]


# -- people ----------------------------------------------------------------------------------------


def _alarm(world: World, name: str) -> None:
    alarm = world.recovery.alarms.get(name)
    if alarm is not None and not alarm.triggered:
        alarm.succeed()


def _lost(world: World, name: str) -> None:
    site = world.site(name)
    world.recovery.alarms[name] = world.env.event()
    for workload, _ in _workloads(world):
        if workload.cluster == name and workload.recovery and workload.recovery.to:
            world.spawn(_bring_back(world, site, workload, workload.recovery))


def _bring_back(
    world: World, site: Site, workload: Workload, recovery: Recovery
) -> ProcessGenerator:
    """People learn of the loss, decide, and bring the VMs back elsewhere; later they go home."""
    yield AnyOf(world.env, [world.recovery.alarms[site.name], world.wait(NOTICED_MS)])
    if recovery.decide is not None:
        rng = world.stream("recovery.decide", site.name, workload.name)
        yield world.wait(draw_ms(recovery.decide, rng))
    if not site.losses:
        world.record("recovery-called-off", site, workload.name, detail=f"{site.name} is back")
        return
    target = world.site(recovery.to)
    left = leave_all(world, site, workload, _ABANDONED)
    if not left:
        return
    detail = f"{len(left)} VMs from their {recovery.source} to {target.name}"
    world.record("recovery-decided", site, workload.name, detail=detail)
    _send(world, target, workload, left)
    if recovery.fail_back is None:
        return
    away = {journey.name for journey in left}
    rng = world.stream("recovery.fail-back", site.name, workload.name)
    while site.losses:
        while site.losses:
            yield site.returned
        yield world.wait(draw_ms(recovery.fail_back, rng))
    _take_home(world, site, target, workload, away)


def _take_home(world: World, site: Site, target: Site, workload: Workload, away: set[str]) -> None:
    """Planned: a last copy is taken when they have stopped, so that no data is lost."""
    here = [vm for vm in runs_on(target, workload) if vm.name in away]
    left = [leave(world, target, workload, vm, _BACK) for vm in here]
    moving = world.recovery.underway.get((target.name, workload.name), {})
    for name in sorted(away & moving.keys()):
        moving[name].is_off = True
        left.append(moving.pop(name))
    for journey in left:
        if journey.home == target.name and journey.rpo_ms is not None:
            journey.rpo_ms = 0
    detail = f"{len(left)} VMs from {target.name}"
    world.record("recovery-ends", site, workload.name, detail=detail)
    _send(world, site, workload, left)
