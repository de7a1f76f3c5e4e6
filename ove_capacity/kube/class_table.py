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
from ove_capacity.kube.profile import (
    BALANCED,
    NODE_PREFERENCE,
    PLUGINS,
    SPREAD,
    Profile,
    ResourceWeight,
)
from ove_capacity.kube.static_table import StaticTable
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import HostPort, Pod, PodSpec
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY
from ove_capacity.model.selector import LabelSelector
from ove_capacity.state.arrays import ClassArrays, CounterArrays

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
    _spec_keys: dict[int, tuple[PodSpec, Hashable]] = field(default_factory=dict)
    """By the spec's identity: the spec, kept alive so that the identity stays its own; its key."""

    def __post_init__(self) -> None:
        """Look at what the cluster's own objects look at."""
        self.static = StaticTable(self.nodes, self.profile)
        for service in self.cluster.services:
            self.interest.add(service.selector)

    def with_pods(self, pods: Sequence[Pod]) -> tuple[ClassTable, bool]:
        """A table that knows the classes of these pods, and whether older classes lost their number.

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
        twin._spec_keys = dict(self._spec_keys)
        twin.enter(pods)
        return twin, news

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
        entry = self._spec_keys.get(id(pod.spec))
        if entry is None:
            entry = (pod.spec, freeze(pod.spec))
            self._spec_keys[id(pod.spec)] = entry
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
        table = CounterTable(self.nodes, self.cluster.namespaces, self.profile)
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
        held = [[ports.index(p) for p in _host_ports(c.pod.spec)] for c in self.classes]
        clashes = [
            [i for i, other in enumerate(ports) if any(clash(ports[p], other) for p in mine)]
            for mine in held
        ]
        feed_start, (feed_counter, feed_weight) = _slices([read.feeds for read in reads], 2)
        port_start, (port,) = _slices([[(p,) for p in mine] for mine in held], 1)
        clash_start, (clash_port,) = _slices([[(p,) for p in mine] for mine in clashes], 1)
        affinity_start, (affinity,) = _slices([[(k,) for k in r.affinity] for r in reads], 1)
        anti_start, (anti,) = _slices([[(k,) for k in r.anti + r.existing_anti] for r in reads], 1)
        pull_start, (pull_counter, pull_weight) = _slices([read.pull for read in reads], 2)
        hard_start, (hard_counter, *hard_limit) = _slices([read.hard for read in reads], 4)
        soft_start, (soft_counter, *soft_rule) = _slices([read.soft for read in reads], 4)
        rows = self.static.rows
        return ClassArrays(
            request=_matrix([[c.request.get(r, 0) for r in resources] for c in self.classes]),
            nonzero=_matrix([list(c.nonzero) for c in self.classes]),
            feed_start=feed_start,
            feed_counter=feed_counter,
            feed_weight=feed_weight,
            port_start=port_start,
            port=port,
            clash_start=clash_start,
            clash=clash_port,
            static_row=np.array(self.rows, np.int32),
            static_code=np.array([row.code for row in rows], np.int16),
            tolerates_cordon=np.array([row.tolerates_cordon for row in rows], np.uint8),
            taint_raw=np.array([row.taint_raw for row in rows], np.int32),
            affinity_raw=np.array([row.affinity_raw for row in rows], np.int32),
            image_raw=np.array([row.image_raw for row in rows], np.int64),
            uniform=np.array([row.uniform for row in rows], np.uint8),
            scored_request=_matrix(
                [_scored(c.scored, self.profile.resources) for c in self.classes]
            ),
            balanced_request=_matrix(
                [_scored(c.balanced, self.profile.balanced_resources) for c in self.classes]
            ),
            skips=np.array([self._skips(c) for c in self.classes], np.uint8),
            affinity_start=affinity_start,
            affinity_counter=affinity,
            self_match=np.array([read.self_match for read in reads], np.uint8),
            anti_start=anti_start,
            anti_counter=anti,
            anti_split=np.array(
                [start + len(r.anti) for start, r in zip(anti_start[:-1], reads, strict=True)],
                np.int64,
            ),
            pull_start=pull_start,
            pull_counter=pull_counter,
            pull_weight=pull_weight,
            hard_start=hard_start,
            hard_counter=hard_counter,
            hard_limit=np.stack(hard_limit, axis=1),
            soft_start=soft_start,
            soft_counter=soft_counter,
            soft_rule=np.stack(soft_rule, axis=1),
            needs_all_keys=np.array([c.needs_all_keys for c in self.classes], np.uint8),
        )

    def _skips(self, each: PodClass) -> list[bool]:
        """Which scores PreScore skips whatever the state.

        `InterPodAffinity` skips by the state, and so in the cycle.
        """
        skips = [False] * len(PLUGINS)
        wishes = each.pod.spec.affinity.node_preferred
        skips[NODE_PREFERENCE] = (
            wishes is None and self.profile.added_affinity.node_preferred is None
        )
        skips[SPREAD] = not each.soft
        balanced = (each.balanced.get(r.name, 0) for r in self.profile.balanced_resources)
        skips[BALANCED] = not any(balanced)
        return skips


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


def _slices(lists: Sequence[Sequence[tuple[int, ...]]], width: int) -> tuple[Array, list[Array]]:
    """Lists of like tuples as one start array and a column for each position of the tuples."""
    start = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(entries) for entries in lists], out=start[1:])
    flat = np.array([entry for entries in lists for entry in entries], np.int64)
    columns = flat.reshape(-1, width)
    return start, [np.ascontiguousarray(columns[:, i]) for i in range(width)]


def _counter_arrays(table: CounterTable) -> CounterArrays:
    counters = len(table.key)
    widest = max(table.domain_counts)
    key, mask = np.array(table.key, np.int32), np.array(table.mask, np.int32)
    members = np.zeros((counters, widest), np.int32)
    for k in range(counters):
        domain = table.domains[key[k]]
        there = domain[(domain >= 0) & (table.masks[mask[k]] != 0)]
        members[k] = np.bincount(there, minlength=widest)
    return CounterArrays(
        domain=np.array(table.domains, np.int32),
        domains=np.array(table.domain_counts, np.int32),
        eligible=np.array(table.masks, np.uint8),
        key=key,
        mask=mask,
        count=np.zeros((counters, widest), np.int64),
        entries=np.zeros(counters, np.int64),
        members=members,
    )
