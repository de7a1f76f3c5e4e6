"""One year of a fleet as it happens, and as its hub learns of it: the same for every policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.study.hazards import Hazard, Hazards
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.node import HOSTNAME_LABEL
from ove_capacity.ocm import (
    Availability,
    Inventory,
    expiry_ms,
    heard_again,
    managed_cluster,
    renewal_age_ms,
    reported,
    with_availability,
)
from ove_capacity.sim.draw import draw_ms
from ove_capacity.simtime import DAY_MS, SECOND_MS
from ove_capacity.streams import Streams

__all__ = ["YEAR_MS", "Happening", "Sizes", "Year", "join_name", "year_of"]

YEAR_MS = 365 * DAY_MS
_RESIZING = ("machine", "upgrade", "upgraded")


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens, or that the hub learns."""

    time_ms: int
    kind: str
    """Of the world: down, up, silent, heard, growth; of the hub: unreachable, available; of both:
    size, joined."""
    cluster: str = ""
    inventory: Inventory | None = None
    """What the hub knows from now on, when that has changed."""
    sizes: int = 0
    """Stands for the names and totals in the inventory."""
    size: tuple[int, bool] = (0, False)
    """Of the cluster: machines that it got, and whether one worker is closed."""


@dataclass(frozen=True, slots=True)
class Year:
    """In the order of time."""

    happenings: tuple[Happening, ...]
    inventory: Inventory
    """At its start."""
    sizes: int


@dataclass(slots=True)
class Sizes:
    """Clusters as their agents report them at each size, and numbers for all sizes together."""

    clusters: dict[str, Cluster]
    """The case's, and the one that may join."""
    known: dict[str, ManagedCluster]
    """As the hub knows them at the start, the one that may join too."""
    epoch_ms: int = 0
    """The start of a year, since 1970."""
    _numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    _seen: dict[tuple[str, int, bool], ManagedCluster] = field(default_factory=dict)

    def cluster(self, name: str, machines: int, is_upgrading: bool) -> ManagedCluster:
        """The cluster with so many more machines, and one worker closed while it is upgraded."""
        key = (name, machines, is_upgrading)
        if key not in self._seen:
            cluster = self.clusters[name]
            workers = [node for node in cluster.nodes if node.is_worker] or list(cluster.nodes)
            more = [
                replace(
                    workers[-1],
                    name=f"{name}-more-{i}",
                    labels={**workers[-1].labels, HOSTNAME_LABEL: f"{name}-more-{i}"},
                )
                for i in range(machines if workers else 0)
            ]
            nodes = [*cluster.nodes, *more]
            if is_upgrading and workers:
                at = nodes.index(workers[0])
                nodes[at] = replace(workers[0], unschedulable=True)
            known = self.known[name]
            seen = managed_cluster(replace(cluster, nodes=tuple(nodes)))
            self._seen[key] = reported(known, replace(seen, labels=known.labels))
        return self._seen[key]

    def number(self, sizes: dict[str, tuple[int, bool]]) -> int:
        """Stands for these clusters at these sizes."""
        key = tuple(sizes.items())
        return self._numbers.setdefault(key, len(self._numbers))


def join_name(names: Sequence[str], like: str) -> str:
    """A name for one more cluster like that one."""
    name = f"{like}-more"
    while name in names:
        name += "x"
    return name


@dataclass(slots=True)
class _Silence:
    """A time in which the hub does not hear a cluster."""

    begins_ms: int
    ends_ms: int


def year_of(
    sizes: Sizes,
    names: Sequence[str],
    joining: str,
    hazards: Hazards,
    streams: Streams,
    number: int,
) -> Year:
    """What happens in that year of the study; each cluster has streams of its own."""
    raw: list[tuple[int, str, str]] = []
    for name in names:
        raw += _of_cluster(sizes, name, hazards, streams, number)
    steps = range(hazards.growth_every_ms, YEAR_MS, hazards.growth_every_ms)
    raw += [(at, "growth", "") for at in steps]
    if joining:
        at = draw_ms(hazards.cluster_every, streams("study.joined", number))
        raw += [(at, "joined", joining)] if at < YEAR_MS else []
    return _told(sizes, names, sorted(raw, key=lambda each: each[0]))


def _of_cluster(
    sizes: Sizes, name: str, hazards: Hazards, streams: Streams, number: int
) -> list[tuple[int, str, str]]:
    found = []
    silences = []
    for kind, every in (("loss", hazards.losses), ("partition", hazards.partitions)):
        for i, hazard in enumerate(every.get(name, ())):
            for span in _spans(hazard, streams, f"study.{kind}", name, i, number):
                silences.append(span)
                if kind == "loss":
                    found += [(span.begins_ms, "down", name), (span.ends_ms, "up", name)]
    lease_ms = sizes.known[name].lease_seconds * SECOND_MS
    rng = streams("study.lease", name, number)
    found += [(at, kind, name) for at, kind in _heard(_merged(silences), lease_ms, rng.random)]
    rng = streams("study.upgrade", name, number)
    workers = sum(node.is_worker for node in sizes.clusters[name].nodes)
    lasting_ms = workers * hazards.drain_ms
    first_ms = int(rng.random() * hazards.upgrade_every_ms)
    for at in range(first_ms, YEAR_MS, hazards.upgrade_every_ms):
        found += [(at, "upgrade", name), (at + lasting_ms, "upgraded", name)]
    rng = streams("study.machine", name, number)
    at = 0
    for _ in range(hazards.machines_most):
        at += draw_ms(hazards.machine_every, rng)
        found.append((at, "machine", name))
    return [each for each in found if each[0] < YEAR_MS]


def _spans(hazard: Hazard, streams: Streams, *path: str | int) -> Iterator[_Silence]:
    beginning, ending = streams(*path, "begin"), streams(*path, "end")
    at = draw_ms(hazard.every, beginning)
    while at < YEAR_MS:
        lasting_ms = draw_ms(hazard.lasting, ending) if hazard.lasting else YEAR_MS
        yield _Silence(at, at + lasting_ms)
        at += lasting_ms + draw_ms(hazard.every, beginning)


def _merged(silences: list[_Silence]) -> list[_Silence]:
    merged: list[_Silence] = []
    for each in sorted(silences, key=lambda each: each.begins_ms):
        if merged and each.begins_ms <= merged[-1].ends_ms:
            merged[-1].ends_ms = max(merged[-1].ends_ms, each.ends_ms)
        else:
            merged.append(_Silence(each.begins_ms, each.ends_ms))
    return merged


def _heard(
    silences: list[_Silence], lease_ms: int, draw: Callable[[], float]
) -> Iterator[tuple[int, str]]:
    """Silences and their ends; and when the hub gives the cluster up and takes it back."""
    heard_ms, available_ms, is_known = 0, 0, True
    for each in silences:
        age_ms = renewal_age_ms(lease_ms, draw())
        expires_ms = expiry_ms(max(heard_ms, each.begins_ms - age_ms), lease_ms)
        if not is_known and available_ms <= each.begins_ms:
            yield available_ms, "available"
            is_known = True
        yield each.begins_ms, "silent"
        if is_known and expires_ms < each.ends_ms:
            yield expires_ms, "unreachable"
            is_known = False
        yield each.ends_ms, "heard"
        heard = heard_again(each.ends_ms, expires_ms, lease_ms, draw, was_known=is_known)
        heard_ms, available_ms = heard.renewed_ms, heard.available_ms
        if heard.unknown_ms is not None:
            yield heard.unknown_ms, "unreachable"
            is_known = False
    if not is_known:
        yield available_ms, "available"


def _told(sizes: Sizes, names: Sequence[str], raw: list[tuple[int, str, str]]) -> Year:
    """Each happening with what the hub knows after it."""
    hub = _Listening(sizes, names)
    start, number = hub.inventory, hub.number
    happenings = []
    for time_ms, kind, name in raw:
        known = hub.inventory
        hub.hear(time_ms, kind, name)
        changed = None if hub.inventory is known else hub.inventory
        size = hub.size.get(name, (0, False))
        told = "size" if kind in _RESIZING else kind
        happenings.append(Happening(time_ms, told, name, changed, hub.number, size))
    return Year(tuple(happenings), start, number)


class _Listening:
    """The hub as the year goes on: what it knows, and what it has not been told."""

    def __init__(self, sizes: Sizes, names: Sequence[str]) -> None:
        self.sizes = sizes
        self.size = dict.fromkeys(names, (0, False))
        """As it is; *told*: as the hub knows it."""
        self.told = dict(self.size)
        self.inventory = Inventory(sizes.cluster(name, 0, False) for name in names)
        self.number = sizes.number(self.told)
        self.silent: Counter[str] = Counter()
        self.given_up: dict[str, int] = {}

    def hear(self, time_ms: int, kind: str, name: str) -> None:
        """Take it in, as far as the hub can hear of it."""
        if kind in _RESIZING:
            machines, is_upgrading = self.size[name]
            if kind == "machine":
                self.size[name] = (machines + 1, is_upgrading)
            else:
                self.size[name] = (machines, kind == "upgrade")
            self._tell(name)
        elif kind == "joined":
            self.size[name] = self.told[name] = (0, False)
            joined = self.sizes.cluster(name, 0, False)
            self.inventory = Inventory((*self.inventory.clusters, joined))
            self.number = self.sizes.number(self.told)
        elif kind in ("silent", "heard"):
            self.silent[name] += 1 if kind == "silent" else -1
            self._tell(name)
        elif kind == "unreachable":
            self.given_up[name] = self.sizes.epoch_ms + time_ms
            self._replace(name)
        elif kind == "available":
            del self.given_up[name]
            self._replace(name)

    def _tell(self, name: str) -> None:
        if not self.silent[name] and self.told[name] != self.size[name]:
            self.told[name] = self.size[name]
            self._replace(name)
            self.number = self.sizes.number(self.told)

    def _replace(self, name: str) -> None:
        cluster = self.sizes.cluster(name, *self.told[name])
        if name in self.given_up:
            since_ms = self.given_up[name]
            cluster = with_availability(cluster, Availability.UNKNOWN, since_ms)
        self.inventory = self.inventory.replaced(cluster)
