"""The hub hears its clusters or does not, decides, and GitOps follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simpy.events import ProcessGenerator

from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.ocm import (
    POLL_MS,
    RESYNC_MS,
    STATUS_MS,
    UNREACHABLE,
    Availability,
    Decision,
    Decisions,
    Inventory,
    Opened,
    expiry_ms,
    heard_again,
    managed_cluster,
    next_tick_ms,
    renewal_age_ms,
    reported,
    settle,
    sync,
    told_unavailable_ms,
    with_availability,
)
from ove_capacity.sim.hub import Followed, HubSite, Link
from ove_capacity.sim.world import Site, World
from ove_capacity.simtime import DAY_MS, SECOND_MS, format_duration

__all__ = [
    "hear",
    "hush",
    "join",
    "mute",
    "open_hub",
    "report",
    "restore_hub",
    "stop_hub",
    "unmute",
    "why_none",
]

_EXPIRED, _RESYNC = "a toleration has expired", "the regular resync"


def open_hub(world: World, opened: Opened) -> None:
    """The hub at the start: every cluster was heard just now, and GitOps follows each decision.

    A cluster that is tainted as unreachable already is one that the hub has given up.
    """
    links = {
        each.name: Link(
            each.lease_seconds * SECOND_MS,
            is_known=all(taint.key != UNREACHABLE for taint in each.taints),
        )
        for each in opened.hub.inventory.clusters
    }
    epoch_ms = world.case.fleet.hub.latest_ms
    world.hub = HubSite(opened.hub, opened, links, epoch_ms)
    # Its own new decision triggers a Placement again; only then are its tolerations timed.
    again = [sync(opened.hub, each, epoch_ms).decision for each in opened.placements]
    for decision in again:
        if decision.requeue_ms is not None:
            _later(world, _EXPIRED, decision.requeue_ms)
    if len(again) > 1:
        _later(world, _RESYNC, RESYNC_MS)


def why_none(decision: Decision) -> str:
    """Why a Placement chose no cluster, in upstream's words."""
    last = decision.conditions[-1].message if decision.conditions else "no cluster"
    return decision.misconfigured or last


def hush(world: World, name: str) -> None:
    """From now on the hub does not hear that cluster; it notices when the lease has run out."""
    link = world.hub.links[name]
    link.silences += 1
    if link.silences > 1:
        return
    link.turn += 1
    if link.renewed_ms <= world.now_ms:
        drawn = world.stream("ocm.lease", name).random()
        latest_ms = world.now_ms - renewal_age_ms(link.lease_ms, drawn)
        # Agents renew as soon as they are in touch, so that no renewal is older than that.
        link.renewed_ms = max(latest_ms, link.heard_ms, link.renewed_ms)
    world.spawn(_give_up(world, name, link, link.turn))


def _give_up(world: World, name: str, link: Link, turn: int) -> ProcessGenerator:
    """The lease runs out."""
    due_ms = expiry_ms(link.renewed_ms, link.lease_ms)
    yield world.wait(max(0, due_ms - world.now_ms))
    if link.turn == turn and world.hub.is_up and (link.is_known or link.api_outages):
        _mark(world, name, link, Availability.UNKNOWN)


def mute(world: World, name: str) -> None:
    """The cluster's API does not answer from now on; its agent tells the hub, if it is heard."""
    link = world.hub.links[name]
    link.api_outages += 1
    if link.api_outages > 1:
        return
    link.api_turn += 1
    drawn = world.stream("ocm.livez", name).random()
    world.spawn(_tell(world, name, link, link.api_turn, told_unavailable_ms(drawn)))


def unmute(world: World, name: str) -> None:
    """The cluster's API answers again, when nothing else keeps it from doing so."""
    link = world.hub.links[name]
    link.api_outages -= 1
    if link.api_outages:
        return
    link.api_turn += 1
    if not link.silences:
        for told in world.hub.when_heard:
            told(name)
    drawn = world.stream("ocm.livez", name).random()
    world.spawn(_tell(world, name, link, link.api_turn, int(drawn * STATUS_MS)))


def _tell(world: World, name: str, link: Link, turn: int, after_ms: int) -> ProcessGenerator:
    yield world.wait(after_ms)
    if link.api_turn == turn and not link.silences and world.hub.is_up:
        _take(world, name, link)


def _take(world: World, name: str, link: Link) -> None:
    """The hub takes the agent's word for how its cluster is."""
    if not link.api_outages:
        report(world, world.sites[name])
    if link.is_known == bool(link.api_outages):
        _mark(world, name, link, Availability.FALSE if link.api_outages else Availability.TRUE)


def hear(world: World, name: str) -> None:
    """The hub hears that cluster again, when nothing else keeps it from doing so."""
    link = world.hub.links[name]
    link.silences -= 1
    if link.silences:
        return
    link.turn += 1
    link.heard_ms = world.now_ms
    for told in world.hub.when_heard:
        told(name)
    world.spawn(_hear(world, name, link, link.turn))


def _hear(world: World, name: str, link: Link, turn: int) -> ProcessGenerator:
    rng = world.stream("ocm.status", name)
    expires_ms = expiry_ms(link.renewed_ms, link.lease_ms)
    heard = heard_again(
        world.now_ms, expires_ms, link.lease_ms, rng.random, was_known=link.is_known
    )
    if heard.unknown_ms is not None:
        yield world.wait(heard.unknown_ms - world.now_ms)
        if link.turn != turn:
            return
        _mark(world, name, link, Availability.UNKNOWN)
    yield world.wait(max(0, heard.renewed_ms - world.now_ms))
    if link.turn != turn:
        return
    link.renewed_ms = world.now_ms
    yield world.wait(heard.available_ms - world.now_ms)
    if link.turn != turn:
        return
    _take(world, name, link)


def _mark(world: World, name: str, link: Link, available: Availability) -> None:
    hub = world.hub
    link.is_known = available is Availability.TRUE
    cluster = hub.hub.inventory.clusters[hub.hub.inventory.index[name]]
    seen = with_availability(cluster, available, hub.epoch_ms + world.now_ms)
    hub.hub = replace(hub.hub, inventory=hub.hub.inventory.replaced(seen))
    if link.is_known:
        world.events.record(world.now_ms, "cluster-available", name, name)
        _decide(world, f"{name} is back")
        return
    if available is Availability.FALSE:
        world.events.record(world.now_ms, "cluster-unavailable", name, name)
        what = "unavailable"
    else:
        world.events.record(world.now_ms, "cluster-unreachable", name, name)
        what = "unreachable"
    for told in hub.when_given_up:
        told(name)
    _decide(world, f"{name} is {what}")


def report(world: World, site: Site) -> None:
    """A cluster's agent tells the hub how large it is now; Placements are decided anew."""
    hub = world.hub
    link = hub.links[site.name]
    if link.silences or link.api_outages or not hub.is_up:
        return
    inventory = hub.hub.inventory
    known = inventory.clusters[inventory.index[site.name]]
    nodes = tuple(
        replace(node, unschedulable=bool(site.cordons[node.name])) for node in site.state.nodes
    )
    seen = managed_cluster(replace(site.cluster, nodes=nodes))
    if (seen.capacity, seen.allocatable) == (known.capacity, known.allocatable):
        return
    seen = reported(known, replace(seen, labels=known.labels))
    hub.hub = replace(hub.hub, inventory=inventory.replaced(seen))
    _decide(world, f"the size of {site.name}")


def join(world: World, seen: ManagedCluster) -> None:
    """A cluster is new to the hub, which hears it from now on; Placements are decided anew."""
    hub, now_ms = world.hub, world.now_ms
    known = hub.hub.inventory
    inventory = Inventory((*known.clusters, seen), known.add_on_scores.values())
    hub.hub = replace(hub.hub, inventory=inventory)
    hub.links[seen.name] = Link(seen.lease_seconds * SECOND_MS, heard_ms=now_ms, renewed_ms=now_ms)
    world.recovery.alarms[seen.name] = world.env.event()
    world.events.record(now_ms, "cluster-joined", seen.name, seen.name)
    _decide(world, f"{seen.name} has joined")


def stop_hub(world: World) -> None:
    """The hub is gone: it decides nothing, and nobody can tell it anything."""
    hub = world.hub
    hub.outages += 1
    if hub.outages > 1:
        return
    world.events.record(world.now_ms, "hub-lost", "", "hub")
    for name in hub.links:
        hush(world, name)


def restore_hub(world: World, *, from_backup: bool) -> None:
    """The hub is back, as it was, or from a backup: without decisions, and hearing nobody yet.

    PlacementDecisions keep what was decided in their status, and Velero restores no status.
    """
    hub = world.hub
    hub.outages -= 1
    if hub.outages:
        return
    detail = "from a backup" if from_backup else ""
    world.events.record(world.now_ms, "hub-returned", "", "hub", detail=detail)
    if from_backup:
        hub.hub = hub.hub.decided(Decisions())
        for name, link in hub.links.items():
            if link.is_known:
                _forget(world, name, link)
    for name, link in hub.links.items():
        if link.silences == 1:
            hear(world, name)
            continue
        link.silences -= 1
        world.spawn(_give_up(world, name, link, link.turn))
    _decide(world, "the hub is back")
    for placement in hub.opened.placements:
        _follow_soon(world, placement.key)


def _forget(world: World, name: str, link: Link) -> None:
    """A restored ManagedCluster has no status: it is unreachable until its agent has told."""
    link.is_known = False
    inventory = world.hub.hub.inventory
    cluster = inventory.clusters[inventory.index[name]]
    now_ms = world.hub.epoch_ms + world.now_ms
    seen = with_availability(cluster, Availability.UNKNOWN, now_ms)
    world.hub.hub = replace(world.hub.hub, inventory=inventory.replaced(seen))


def _decide(world: World, why: str) -> None:
    """Every Placement is decided anew; what has changed is written down, and followed later."""
    hub = world.hub
    if not hub.is_up:
        return
    now_ms = world.now_ms
    settled = settle(hub.hub, hub.opened.placements, hub.epoch_ms + now_ms)
    hub.hub = settled.hub
    for key in settled.restless:
        world.warnings.setdefault(
            f"Placement {key} never comes to rest: each sync undoes the one before; ten are made"
        )
    has_changed = False
    for key, decision in settled.decisions.items():
        if set(decision.clusters) == set(world.decisions[key]):
            continue
        has_changed = True
        if not decision.clusters:
            world.unsatisfied[key] = why_none(decision)
        _moved(world, key, decision.clusters, why)
    if settled.requeue_ms is not None:
        _later(world, _EXPIRED, now_ms + settled.requeue_ms)
    if has_changed and len(hub.opened.placements) > 1:
        _later(world, _RESYNC, next_tick_ms(now_ms, RESYNC_MS))


def _later(world: World, why: str, at_ms: int) -> None:
    """Decide again at that moment, once."""
    if (why, at_ms) not in world.hub.timers:
        world.hub.timers.add((why, at_ms))
        world.spawn(_at(world, (why, at_ms), lambda: _decide(world, why)))


def _at(world: World, timer: tuple[str, int], act: Callable[[], None]) -> ProcessGenerator:
    yield world.wait(timer[1] - world.now_ms)
    world.hub.timers.discard(timer)
    act()


def _moved(world: World, key: str, clusters: tuple[str, ...], why: str) -> None:
    hub, now_ms = world.hub, world.now_ms
    before = world.decisions[key]
    world.decisions[key] = clusters
    hub.decided_ms[key] = now_ms
    world.events.record(
        now_ms, "placement-decided", "", key, detail=f"{', '.join(clusters) or 'none'}; {why}"
    )
    for name in clusters:
        left_ms = hub.left_ms.get((key, name))
        if name not in before and left_ms is not None and now_ms - left_ms <= DAY_MS:
            detail = f"left {format_duration(now_ms - left_ms)} ago"
            world.events.record(now_ms, "placement-flapped", name, key, detail=detail)
    for name in before:
        if name not in clusters:
            hub.left_ms[key, name] = now_ms
    _follow_soon(world, key)


def _follow_soon(world: World, key: str) -> None:
    """The ApplicationSet asks at its next poll."""
    phase_ms = int(world.streams("argocd.poll", key).random() * POLL_MS)
    timer = (f"poll {key}", next_tick_ms(world.now_ms, POLL_MS, phase_ms))
    if timer not in world.hub.timers:
        world.hub.timers.add(timer)
        world.spawn(_at(world, timer, lambda: _follow(world, key)))


def _follow(world: World, key: str) -> None:
    hub, before, after = world.hub, world.followed[key], world.decisions[key]
    if not hub.is_up or before == after:
        return
    world.followed[key] = after
    detail = ", ".join(after) or "none"
    world.events.record(world.now_ms, "placement-followed", "", key, detail=detail)
    told = Followed(key, before, after, hub.decided_ms.get(key, 0))
    for follower in hub.followers:
        follower(told)
