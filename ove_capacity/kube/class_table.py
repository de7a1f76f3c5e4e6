"""Pods into classes, classes into arrays.

A table is never changed: new classes make a new table, so that copies of a state can share it. When
a selector comes along that looks at labels nobody looked at before, all pods are classed anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.counter_table import ClassReads, CounterTable
from ove_capacity.kube.filters.node_ports import clash
from ove_capacity.kube.pod_class import Interest, PodClass, derive, freeze
from ove_capacity.kube.profile import Profile, ResourceWeight
from ove_capacity.kube.static_table import StaticTable
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import HostPort, Pod, PodSpec
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY
from ove_capacity.model.selector import LabelSelector
from ove_capacity.state.arrays import (
    LINK_KINDS,
    LINK_WIDTH,
    STATIC_CODE,
    STATIC_IMAGE,
    STATIC_PREFERENCE,
    STATIC_TAINTS,
    ClassArrays,
    CounterArrays,
)

__all__ = ["ClassTable", "Compiled"]

_NEVER_LEFT_OUT = (CPU, MEMORY, EPHEMERAL_STORAGE)


def _selectors(spec: PodSpec) -> Iterable[LabelSelector | None]:
    affinity = spec.affinity
    for term in (*affinity.pod_required, *affinity.anti_required):
        yield term.selector
    for wish in (*affinity.pod_preferred, *affinity.anti_preferred):
        yield wish.term.selector
    for constraint in spec.spread:
        yield constraint.selector


@dataclass(frozen=True, slots=True)
class Compiled:
    """A table as arrays, for a given order of resources."""

    classes: ClassArrays
    counters: CounterArrays
    ports: int
    """Known host ports: columns of `NodeArrays.ports`."""


@dataclass(slots=True)
class ClassTable:
    """The classes of one cluster's pods under one scheduler profile."""

    cluster: Cluster
    nodes: list[Node]
    profile: Profile
    classes: list[PodClass] = field(default_factory=list)
    interest: Interest = field(default_factory=Interest)
    static: StaticTable = field(init=False)
    rows: list[int] = field(default_factory=list)
    """Static row of each class."""
    _index: dict[Hashable, int] = field(default_factory=dict)
    _specs: dict[int, tuple[PodSpec, int]] = field(default_factory=dict)
    """By the spec's identity: the spec (kept alive: the identity stays its own) and its number."""
    _numbers: dict[Hashable, int] = field(default_factory=dict)
    """Number of each distinct spec."""

    def __post_init__(self) -> None:
        """Look at what the cluster's own objects look at."""
        self.static = StaticTable(self.nodes, self.profile)
        for service in self.cluster.services:
            self.interest.add(service.selector)

    def with_pods(self, pods: Sequence[Pod]) -> tuple[ClassTable, bool]:
        """A table that knows these pods' classes, and whether older classes lost their number.

        Source: ours.
        """
        twin = ClassTable(self.cluster, self.nodes, self.profile, interest=self.interest.copy())
        news = False
        for spec in {id(pod.spec): pod.spec for pod in pods}.values():
            for selector in _selectors(spec):
                news |= twin.interest.add(selector)
            for constraint in spec.spread:
                for key in constraint.match_label_keys:
                    news |= twin.interest.add_key(key)
        if not news:
            twin.classes, twin.rows = list(self.classes), list(self.rows)
            twin.static, twin._index = self.static.copy(), dict(self._index)
        twin._specs, twin._numbers = dict(self._specs), dict(self._numbers)
        twin.enter(pods)
        return twin, news

    def with_nodes(self, nodes: list[Node]) -> ClassTable:
        """A table of the same classes for other nodes.

        Source: ours.
        """
        twin = ClassTable(self.cluster, nodes, self.profile, interest=self.interest.copy())
        twin.classes, twin._index = list(self.classes), dict(self._index)
        twin.rows = [twin.static.row(each.pod.spec) for each in twin.classes]
        twin._specs, twin._numbers = dict(self._specs), dict(self._numbers)
        return twin

    def enter(self, pods: Iterable[Pod]) -> None:
        """Know these pods' classes too; only for a table that nobody shares yet.

        Source: ours.
        """
        for pod in pods:
            key = self._key(pod)
            if key not in self._index:
                self._index[key] = len(self.classes)
                constraints = self.profile.default_constraints
                self.classes.append(derive(pod, self.cluster.services, constraints))
                self.rows.append(self.static.row(pod.spec))

    def find(self, pod: Pod) -> int:
        """Number of the pod's class, -1 when it is not known yet.

        Source: ours.
        """
        return self._index.get(self._key(pod), -1)

    def _key(self, pod: Pod) -> Hashable:
        entry = self._specs.get(id(pod.spec))
        if entry is None:
            number = self._numbers.setdefault(freeze(pod.spec), len(self._numbers))
            entry = self._specs[id(pod.spec)] = (pod.spec, number)
        return (
            entry[1],
            pod.namespace,
            pod.terminating,
            self.interest.reduce(pod.labels),
            pod.owner if self.cluster.services else None,
            freeze(pod.allocated) if pod.allocated else (),
        )

    # -- arrays --------------------------------------------------------------------------------

    def compile(self, resources: list[str]) -> Compiled:
        """Everything as arrays; counts are zero, members are counted.

        Source: ours.
        """
        table = CounterTable(self.nodes, self.cluster, self.profile)
        reads = [
            table.declare(each, self.static.rows[row])
            for each, row in zip(self.classes, self.rows, strict=True)
        ]
        for each, read in zip(self.classes, reads, strict=True):
            table.connect(each, read)
        ports = list(dict.fromkeys(p for each in self.classes for p in _host_ports(each.pod.spec)))
        return Compiled(
            self._class_arrays(reads, ports, resources), _counter_arrays(table), len(ports)
        )

    def _class_arrays(
        self, reads: list[ClassReads], ports: list[HostPort], resources: list[str]
    ) -> ClassArrays:
        starts, links = _links([self._links_of(c, r, ports) for c, r in self._pairs(reads)])
        rows = self.static.rows
        static = np.zeros((4, len(rows), len(self.nodes)), np.int32)
        for s, row in enumerate(rows):
            static[STATIC_CODE, s] = row.code
            static[STATIC_TAINTS, s] = row.taint_raw
            static[STATIC_PREFERENCE, s] = row.affinity_raw
            static[STATIC_IMAGE, s] = row.image_raw
        profile = self.profile
        return ClassArrays(
            request=_matrix([[c.request.get(r, 0) for r in resources] for c in self.classes]),
            nonzero=_matrix([list(c.nonzero) for c in self.classes]),
            starts=starts,
            links=links,
            facts=_matrix([self._facts(c, i, r) for i, (c, r) in enumerate(self._pairs(reads))]),
            static=static,
            scored_request=_matrix([_scored(c.scored, profile.resources) for c in self.classes]),
            balanced_request=_matrix(
                [_scored(c.balanced, profile.balanced_resources) for c in self.classes]
            ),
        )

    def _pairs(self, reads: list[ClassReads]) -> list[tuple[PodClass, ClassReads]]:
        return list(zip(self.classes, reads, strict=True))

    @staticmethod
    def _links_of(
        each: PodClass, reads: ClassReads, ports: list[HostPort]
    ) -> list[list[tuple[int, ...]]]:
        """Links of a class by kind, in the order of the kinds."""
        held = _host_ports(each.pod.spec)
        taken = [(i,) for i, other in enumerate(ports) if any(clash(p, other) for p in held)]
        return [
            list(reads.feeds),
            [(ports.index(port),) for port in held],
            list(taken),
            [(counter,) for counter in reads.affinity],
            [(counter,) for counter in reads.anti],
            [(counter,) for counter in reads.existing_anti],
            list(reads.pull),
            list(reads.hard),
            list(reads.soft),
        ]

    def _facts(self, each: PodClass, index: int, reads: ClassReads) -> list[int]:
        """The columns of `ClassArrays.facts`, in their order.

        InterPodAffinity is skipped by the state, and so in the cycle.
        """
        row = self.static.rows[self.rows[index]]
        wishes = each.pod.spec.affinity.node_preferred
        added = self.profile.added_affinity.node_preferred
        balanced = (each.balanced.get(r.name, 0) for r in self.profile.balanced_resources)
        return [
            self.rows[index],
            int(row.tolerates_cordon),
            int(row.uniform),
            int(reads.self_match),
            int(each.needs_all_keys),
            int(wishes is None and added is None),
            int(not each.soft),
            int(not any(balanced)),
        ]


def _host_ports(spec: PodSpec) -> list[HostPort]:
    # Upstream reads containers, and of the init containers the sidecars.
    sidecars = tuple(c for c in spec.init_containers if c.restart_always)
    return [port for container in (*spec.containers, *sidecars) for port in container.host_ports]


def _scored(asked: Mapping[str, int], resources: tuple[ResourceWeight, ...]) -> list[int]:
    """Amounts in the profile's order; -1 for an extended resource that the pod does not ask for."""
    return [
        asked.get(each.name, 0) or (0 if each.name in _NEVER_LEFT_OUT else -1) for each in resources
    ]


def _matrix(rows: list[list[int]]) -> Array:
    width = len(rows[0]) if rows else 0
    return np.array(rows, np.int64).reshape(len(rows), width)


def _links(classes: Sequence[Sequence[Sequence[tuple[int, ...]]]]) -> tuple[Array, Array]:
    """Links by class and kind as start offsets (kinds, C + 1) and one table (…, LINK_WIDTH)."""
    starts = np.zeros((LINK_KINDS, len(classes) + 1), np.int64)
    flat: list[tuple[int, ...]] = []
    for kind in range(LINK_KINDS):
        for c, links in enumerate(classes):
            starts[kind, c] = len(flat)
            flat.extend((*link, *(0,) * (LINK_WIDTH - len(link))) for link in links[kind])
        starts[kind, len(classes)] = len(flat)
    return starts, np.array(flat, np.int64).reshape(-1, LINK_WIDTH)


def _counter_arrays(table: CounterTable) -> CounterArrays:
    counters = len(table.key)
    widest = max(table.domain_counts)
    scope = np.array([table.key, table.mask], np.int64).reshape(2, counters).T.copy()
    members = np.zeros((counters, widest), np.int64)
    for k in range(counters):
        domain = table.domains[table.key[k]]
        there = domain[(domain >= 0) & (table.masks[table.mask[k]] != 0)]
        members[k] = np.bincount(there, minlength=widest)
    return CounterArrays(
        domain=np.array(table.domains, np.int64),
        domains=np.array(table.domain_counts, np.int64),
        eligible=np.array(table.masks, np.uint8),
        scope=scope,
        held=np.zeros((counters, widest), np.int64),
        entries=np.zeros(counters, np.int64),
        members=members,
    )
