"""The arrays of a cluster's state, as kernels take them: structure of arrays, named.

N nodes, R resources, C pod classes, S static rows, T topology keys, D domains, K counters, M masks.
Amounts are int64: CPU in milli-cores, memory in bytes, the rest in pieces.
"""

from __future__ import annotations

from typing import NamedTuple

from ove_capacity.kernels.compile import Array

__all__ = [
    "AFFINITY_LINKS",
    "ANTI_LINKS",
    "CLASH_LINKS",
    "EXISTING_LINKS",
    "FACTS",
    "FEED_LINKS",
    "GONE",
    "HARD_LINKS",
    "LINK_KINDS",
    "LINK_WIDTH",
    "NEEDS_ALL_KEYS",
    "PORT_LINKS",
    "PULL_LINKS",
    "READY",
    "SELF_MATCH",
    "SKIPS_BALANCED",
    "SKIPS_PREFERENCE",
    "SKIPS_SPREAD",
    "SOFT_LINKS",
    "STATIC_CODE",
    "STATIC_IMAGE",
    "STATIC_PREFERENCE",
    "STATIC_ROW",
    "STATIC_TAINTS",
    "TOLERATES_CORDON",
    "UNIFORM",
    "UNREACHABLE",
    "ClassArrays",
    "CounterArrays",
    "NodeArrays",
]

GONE, READY, UNREACHABLE = 0, 1, 2
"""What `NodeArrays.presence` says: no such node (any more), in service, lost but still listed."""

(
    FEED_LINKS,
    PORT_LINKS,
    CLASH_LINKS,
    AFFINITY_LINKS,
    ANTI_LINKS,
    EXISTING_LINKS,
    PULL_LINKS,
    HARD_LINKS,
    SOFT_LINKS,
) = range(9)
"""Kinds of links of a class, and what the columns of `ClassArrays.links` hold for each:

- FEED: counter that a bound pod of the class raises, by how much.
- PORT: host port it holds. CLASH: host port that must be free for it.
- AFFINITY, ANTI: counters of its own required terms. EXISTING: of others' required anti-affinity.
- PULL: counter of a preferred term, either side's; what each unit adds to the score.
- HARD: counter, maxSkew, 1 if the pod counts itself, minDomains.
- SOFT: counter, maxSkew, 1 for hostname constraints, topology key whose values are counted.
"""
LINK_KINDS, LINK_WIDTH = 9, 4

FACTS = 8
(
    STATIC_ROW,
    TOLERATES_CORDON,
    UNIFORM,
    SELF_MATCH,
    NEEDS_ALL_KEYS,
    SKIPS_PREFERENCE,
    SKIPS_SPREAD,
    SKIPS_BALANCED,
) = range(FACTS)
"""Columns of `ClassArrays.facts`: the class's row of the static table, and then 0 or 1:

- UNIFORM: soft taints and preferred node terms do not tell the admitted nodes apart.
- SELF_MATCH: the pod matches all its own required affinity terms.
- NEEDS_ALL_KEYS: a node that lacks a soft key is ignored by the spread score.
- SKIPS_…: scores that PreScore skips for the class whatever the state is.
"""

STATIC_CODE, STATIC_TAINTS, STATIC_PREFERENCE, STATIC_IMAGE = range(4)
"""Planes of `ClassArrays.static`: first static filter that rejects (0: none); PreferNoSchedule
taints not tolerated; weights of preferred node terms that match; ImageLocality's score."""


class NodeArrays(NamedTuple):
    """Who holds what now."""

    presence: Array
    """(N,) uint8: GONE, READY or UNREACHABLE."""
    cordoned: Array
    """(N,) uint8."""
    allocatable: Array
    """(N, R) int64."""
    requested: Array
    """(N, R) int64: sum over the pods bound."""
    nonzero: Array
    """(N, 2) int64: CPU and memory with upstream's defaults for pods that ask for none."""
    ports: Array
    """(N, ports) int64: pods that hold each known host port."""
    changes: Array
    """(ring,) int64: the nodes that changed, the latest ring's length of them."""
    cursor: Array
    """(2,) int64: changes ever made; node at which the next sampled search starts."""


class CounterArrays(NamedTuple):
    """How many pods that a selector matches stand in each domain of a topology key."""

    domain: Array
    """(T, N) int64: domain of a node by key, -1 without the label. Key 0 is the node itself."""
    domains: Array
    """(T,) int64: number of domains of a key."""
    eligible: Array
    """(M, N) uint8: nodes that a counter looks at. Mask 0 is every node."""
    scope: Array
    """(K, 2) int64: topology key and mask of a counter."""
    held: Array
    """(K, D) int64: sum of feed weights by domain."""
    entries: Array
    """(K,) int64: pods that a counter holds, in any domain."""
    members: Array
    """(K, D) int64: eligible nodes by domain."""


class ClassArrays(NamedTuple):
    """What pods of a class take, feed and read."""

    request: Array
    """(C, R) int64."""
    nonzero: Array
    """(C, 2) int64: what they add to `NodeArrays.nonzero`."""
    starts: Array
    """(LINK_KINDS, C + 1) int64: links of kind k, class c are starts[k, c] to starts[k, c + 1]."""
    links: Array
    """(…, LINK_WIDTH) int64."""
    facts: Array
    """(C, FACTS) int64."""
    static: Array
    """(4, S, N) int32: what never changes between a demand and a node."""
    scored_request: Array
    """(C, score resources) int64: what NodeResourcesFit scores; -1: resource left out."""
    balanced_request: Array
    """(C, balanced resources) int64; -1: resource left out."""
