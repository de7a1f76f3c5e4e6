"""Counters: how many pods of a kind stand in each domain, who feeds them and who reads them.

Upstream counts anew for every pod; we keep the counts and change them as pods come and go. A
counter either counts the pods that a `Matcher` means ("matching"), or those that carry a certain
term themselves ("carrying").
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.changes import opens_namespaces
from ove_capacity.kube.pod_class import PodClass
from ove_capacity.kube.profile import Profile
from ove_capacity.kube.static_table import StaticRow
from ove_capacity.kube.term import (
    Matcher,
    existing_term,
    incoming_term,
    spread_matcher,
)
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import HOSTNAME_LABEL, Node
from ove_capacity.model.pod import PodAffinityTerm, SpreadConstraint

__all__ = ["Carried", "ClassReads", "CounterTable"]

_SELF = ""
"""Topology key 0: every node is its own domain, whatever its labels say."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A term of pods that exist, as the scheduler weighs it for a pod that comes in."""

    kind: str
    """anti (required anti-affinity), need (required affinity), wish (preferred, either sign)."""
    matcher: Matcher
    topology_key: str


@dataclass(slots=True)
class ClassReads:
    """What one class feeds and reads: counter indices with their numbers."""

    feeds: list[tuple[int, int]] = field(default_factory=list)
    affinity: list[int] = field(default_factory=list)
    self_match: bool = False
    anti: list[int] = field(default_factory=list)
    existing_anti: list[int] = field(default_factory=list)
    pull: list[tuple[int, int]] = field(default_factory=list)
    hard: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(counter, maxSkew, 1 if it counts itself, minDomains)."""
    soft: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(counter, maxSkew, 1 for hostname, topology key)."""


class CounterTable:
    """Counters, topology keys and masks of one cluster, gathered from its classes."""

    def __init__(self, nodes: list[Node], cluster: Cluster, profile: Profile) -> None:
        self._nodes = nodes
        self._namespaces = cluster.namespaces
        self._opens = opens_namespaces(cluster.release.kubernetes)
        self._profile = profile
        self.domains: list[Array] = [np.arange(len(nodes), dtype=np.int64)]
        self.domain_counts: list[int] = [len(nodes)]
        self.masks: list[Array] = [np.ones(len(nodes), np.uint8)]
        self.key: list[int] = []
        self.mask: list[int] = []
        self._keys: dict[str, int] = {_SELF: 0}
        self._mask_index: dict[bytes, int] = {self.masks[0].tobytes(): 0}
        self._index: dict[Hashable, int] = {}
        self._matching: list[tuple[int, tuple[Matcher, ...]]] = []
        self._carrying: list[tuple[int, Carried]] = []

    # -- topology keys, masks, counters --------------------------------------------------------

    def topology(self, key: str) -> int:
        """Index of a topology key; its domains are numbered as nodes show them first."""
        if key not in self._keys:
            numbers: dict[str, int] = {}
            domain = np.full(len(self._nodes), -1, np.int64)
            for n, node in enumerate(self._nodes):
                if key in node.labels:
                    domain[n] = numbers.setdefault(node.labels[key], len(numbers))
            self._keys[key] = len(self.domains)
            self.domains.append(domain)
            self.domain_counts.append(len(numbers))
        return self._keys[key]

    def _mask(self, wanted: Array) -> int:
        mask = wanted.astype(np.uint8)
        index = self._mask_index.setdefault(mask.tobytes(), len(self.masks))
        if index == len(self.masks):
            self.masks.append(mask)
        return index

    def _counter(self, identity: Hashable, key: int, mask: int) -> tuple[int, bool]:
        index = self._index.setdefault((identity, key, mask), len(self.key))
        is_new = index == len(self.key)
        if is_new:
            self.key.append(key)
            self.mask.append(mask)
        return index, is_new

    def _matching_counter(self, matchers: tuple[Matcher, ...], key: int, mask: int = 0) -> int:
        """Counts the pods that all matchers mean."""
        index, is_new = self._counter(matchers, key, mask)
        if is_new:
            self._matching.append((index, matchers))
        return index

    def _carrying_counter(self, carried: Carried) -> int:
        """Counts the pods that carry the term (weighted, for preferred terms)."""
        index, is_new = self._counter(carried, self.topology(carried.topology_key), 0)
        if is_new:
            self._carrying.append((index, carried))
        return index

    # -- classes -------------------------------------------------------------------------------

    def declare(self, each: PodClass, row: StaticRow) -> ClassReads:
        """Counters that a class needs for its own terms; the rest follows in `connect`."""
        reads = ClassReads()
        self._declare_own_terms(each, reads)
        self._declare_carried(each, reads)
        self._declare_spread(each, row, reads)
        return reads

    def _incoming(self, each: PodClass, term: PodAffinityTerm) -> Matcher:
        return incoming_term(term, each.pod.namespace, self._namespaces, opens=self._opens)

    def _declare_own_terms(self, each: PodClass, reads: ClassReads) -> None:
        affinity = each.pod.spec.affinity
        needs = tuple(self._incoming(each, term) for term in affinity.pod_required)
        for term in affinity.pod_required:
            reads.affinity.append(self._matching_counter(needs, self.topology(term.topology_key)))
        reads.self_match = all(m.matches(each.pod, self._namespaces) for m in needs)
        for term in affinity.anti_required:
            matcher = self._incoming(each, term)
            key = self.topology(term.topology_key)
            reads.anti.append(self._matching_counter((matcher,), key))
        for sign, preferred in ((1, affinity.pod_preferred), (-1, affinity.anti_preferred)):
            for wish in preferred:
                matcher = self._incoming(each, wish.term)
                counter = self._matching_counter((matcher,), self.topology(wish.term.topology_key))
                reads.pull.append((counter, sign * wish.weight))

    def _declare_carried(self, each: PodClass, reads: ClassReads) -> None:
        affinity, own = each.pod.spec.affinity, each.pod.namespace

        def feed(kind: str, term: PodAffinityTerm, weight: int) -> None:
            carried = Carried(kind, existing_term(term, own), term.topology_key)
            reads.feeds.append((self._carrying_counter(carried), weight))

        for term in affinity.anti_required:
            feed("anti", term, 1)
        for term in affinity.pod_required:
            feed("need", term, 1)
        for wish in affinity.pod_preferred:
            feed("wish", wish.term, wish.weight)
        for wish in affinity.anti_preferred:
            feed("wish", wish.term, -wish.weight)

    def _eligible(self, constraint: SpreadConstraint, row: StaticRow, keys: list[int]) -> Array:
        wanted = np.ones(len(self._nodes), np.bool_)
        for key in keys:
            wanted &= self.domains[key] >= 0
        if constraint.honor_node_affinity:
            wanted &= row.affinity_ok
        if constraint.honor_node_taints:
            wanted &= row.taint_ok
        return wanted

    def _declare_spread(self, each: PodClass, row: StaticRow, reads: ClassReads) -> None:
        hard_keys = [self.topology(c.topology_key) for c in each.hard]
        for constraint, key in zip(each.hard, hard_keys, strict=True):
            matcher, itself = spread_matcher(constraint, each.pod)
            mask = self._mask(self._eligible(constraint, row, hard_keys))
            counter = self._matching_counter((matcher,), key, mask)
            least = 1 if constraint.min_domains is None else constraint.min_domains
            reads.hard.append((counter, constraint.max_skew, int(itself), least))
        soft_keys = [self.topology(c.topology_key) for c in each.soft]
        for constraint, key in zip(each.soft, soft_keys, strict=True):
            matcher, _ = spread_matcher(constraint, each.pod)
            by_host = constraint.topology_key == HOSTNAME_LABEL
            if by_host:
                # The pods on the node itself, whatever the policies say.
                counter = self._matching_counter((matcher,), 0)
            else:
                keys = soft_keys if each.needs_all_keys else []
                mask = self._mask(self._eligible(constraint, row, keys))
                counter = self._matching_counter((matcher,), key, mask)
            reads.soft.append((counter, constraint.max_skew, int(by_host), key))

    def connect(self, each: PodClass, reads: ClassReads) -> None:
        """What the class feeds by being meant, and reads by being meant; all are declared now."""
        pod, namespaces, profile = each.pod, self._namespaces, self._profile
        for index, matchers in self._matching:
            if all(matcher.matches(pod, namespaces) for matcher in matchers):
                reads.feeds.append((index, 1))
        affinity = pod.spec.affinity
        has_wishes = bool(affinity.pod_preferred or affinity.anti_preferred)
        heeds = has_wishes or not profile.ignore_preferred_terms_of_existing_pods
        if not heeds:
            reads.pull.clear()
        for index, carried in self._carrying:
            if not carried.matcher.matches(pod, namespaces):
                continue
            if carried.kind == "anti":
                reads.existing_anti.append(index)
            elif heeds and carried.kind == "wish":
                reads.pull.append((index, 1))
            elif heeds and profile.hard_pod_affinity_weight:
                reads.pull.append((index, profile.hard_pod_affinity_weight))
