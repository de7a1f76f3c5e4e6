"""The arrays of a cluster's state, as kernels take them: structure of arrays, named.

N nodes, R resources, C pod classes, S static rows, T topology keys, D domains, K counters, M masks.
Amounts are int64: CPU in milli-cores, memory in bytes, the rest in pieces.
"""

from __future__ import annotations

from typing import NamedTuple

from ove_capacity.kernels.compile import Array

__all__ = ["GONE", "READY", "UNREACHABLE", "ClassArrays", "CounterArrays", "NodeArrays"]

GONE, READY, UNREACHABLE = 0, 1, 2
"""What `NodeArrays.presence` says: no such node (any more), in service, lost but still listed."""


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
    """(N, ports) int32: pods that hold each known host port."""
    changes: Array
    """(ring,) int32: the nodes that changed, the latest ring's length of them."""
    cursor: Array
    """(2,) int64: changes ever made; node at which the next sampled search starts."""


class CounterArrays(NamedTuple):
    """How many pods that a selector matches stand in each domain of a topology key."""

    domain: Array
    """(T, N) int32: domain of a node under a key, -1 without the label. Key 0 is the node itself."""
    domains: Array
    """(T,) int32: number of domains of a key."""
    eligible: Array
    """(M, N) uint8: nodes that a counter looks at. Mask 0 is every node."""
    key: Array
    """(K,) int32: topology key of a counter."""
    mask: Array
    """(K,) int32: mask of a counter."""
    count: Array
    """(K, D) int64: sum of feed weights by domain."""
    entries: Array
    """(K,) int64: pods that a counter holds, in any domain."""
    members: Array
    """(K, D) int32: eligible nodes by domain."""


class ClassArrays(NamedTuple):
    """What pods of a class take, feed and read. ``x_start[c]:x_start[c + 1]`` slices ``x_…``."""

    request: Array
    """(C, R) int64."""
    nonzero: Array
    """(C, 2) int64: what they add to `NodeArrays.nonzero`."""
    feed_start: Array
    feed_counter: Array
    feed_weight: Array
    """Counters that a bound pod of the class raises, and by how much."""
    port_start: Array
    port: Array
    """Host ports they hold."""
    clash_start: Array
    clash: Array
    """Host ports that must be free for them."""
    static_row: Array
    """(C,) int32: row of the static tables."""
    static_code: Array
    """(S, N) int16: first static filter that rejects, 0 for none."""
    tolerates_cordon: Array
    """(S,) uint8."""
    taint_raw: Array
    """(S, N) int32: PreferNoSchedule taints not tolerated."""
    affinity_raw: Array
    """(S, N) int32: weights of preferred node terms that match."""
    image_raw: Array
    """(S, N) int64: ImageLocality's score."""
    uniform: Array
    """(S,) uint8: taint_raw and affinity_raw do not tell the admitted nodes apart."""
    scored_request: Array
    """(C, score resources) int64: what NodeResourcesFit scores; -1: resource left out."""
    balanced_request: Array
    """(C, balanced resources) int64; -1: resource left out."""
    skips: Array
    """(C, plugins) uint8: scores that PreScore skips for the class whatever the state is."""
    affinity_start: Array
    affinity_counter: Array
    """Required pod affinity."""
    self_match: Array
    """(C,) uint8: the pod matches all its own required affinity terms."""
    anti_start: Array
    anti_counter: Array
    """Required pod anti-affinity of the pod itself, then (from anti_split) of pods that exist."""
    anti_split: Array
    pull_start: Array
    pull_counter: Array
    pull_weight: Array
    """Preferred pod affinity in both directions: counters and what each unit adds to the score."""
    hard_start: Array
    hard_counter: Array
    hard_limit: Array
    """(…, 3) int64: maxSkew, 1 if the pod counts itself, minDomains."""
    soft_start: Array
    soft_counter: Array
    soft_rule: Array
    """(…, 3) int64: maxSkew, 1 for hostname constraints, topology key whose values are counted."""
    needs_all_keys: Array
    """(C,) uint8: a node that lacks a soft key is ignored by the spread score."""
