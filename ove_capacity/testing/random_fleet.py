"""Random clusters and pods from a seed: the seed draws the sizes and the features, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from numpy.random import Generator, default_rng

from ove_capacity.model.cluster import Cluster, Service
from ove_capacity.model.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Taint
from ove_capacity.model.pod import (
    Affinity,
    Pod,
    PodAffinityTerm,
    PreferredNodeTerm,
    PreferredPodTerm,
    SpreadConstraint,
    Toleration,
)
from ove_capacity.model.selector import NodeSelectorTerm, Requirement
from ove_capacity.testing.build import cluster, node, pod, selector, term

__all__ = ["random_cluster", "random_pods"]

_T = TypeVar("_T")
_APPS = ("db", "web", "cache")
_KEYS = (HOSTNAME_LABEL, ZONE_LABEL, "rack")
_GPU = "nvidia.com/gpu"
_SOFT = Taint("noisy", effect="PreferNoSchedule")
_HARD = Taint("dedicated", "gpu")


def _pick(rng: Generator, choices: Sequence[_T]) -> _T:
    return choices[int(rng.integers(len(choices)))]


def random_cluster(seed: int, nodes: int | None = None) -> Cluster:
    """A cluster with zones, racks, taints, cordons and a few extended resources."""
    rng = default_rng([seed, 1])
    count = nodes or int(rng.integers(1, 25))
    zones = int(rng.integers(1, 5))

    def one(i: int) -> Node:
        taints = [taint for taint in (_SOFT, _HARD) if rng.random() < 0.15]
        return node(
            f"w{i:03}",
            _pick(rng, ("4", "8", "16", "31500m")),
            _pick(rng, ("16Gi", "32Gi", "63Gi")),
            pods=_pick(rng, (4, 10, 250)),
            zone=f"z{i % zones}" if rng.random() < 0.9 else "",
            labels={"rack": f"r{i % 3}"} if rng.random() < 0.7 else {},
            extra={_GPU: 2} if rng.random() < 0.3 else {},
            taints=tuple(taints),
            unschedulable=bool(rng.random() < 0.05),
        )

    service = Service("db", "default", selector(app="db"))
    services = (service,) if rng.random() < 0.3 else ()
    return cluster([one(i) for i in range(count)], services=services)


def _affinity(rng: Generator) -> Affinity:
    def some(make: Callable[[], _T], chance: float) -> tuple[_T, ...]:
        return tuple(make() for _ in range(2) if rng.random() < chance)

    def any_term() -> PodAffinityTerm:
        return term(_pick(rng, _KEYS), app=_pick(rng, _APPS))

    def wish() -> PreferredPodTerm:
        return PreferredPodTerm(int(rng.integers(1, 101)), any_term())

    rack = NodeSelectorTerm((Requirement("rack", "In", ("r0",)),))
    return Affinity(
        node_required=(rack,) if rng.random() < 0.05 else None,
        node_preferred=(PreferredNodeTerm(7, rack),) if rng.random() < 0.2 else None,
        pod_required=some(any_term, 0.05),
        pod_preferred=some(wish, 0.15),
        anti_required=some(any_term, 0.1),
        anti_preferred=some(wish, 0.2),
    )


def _spread(rng: Generator) -> tuple[SpreadConstraint, ...]:
    if rng.random() > 0.3:
        return ()
    chosen = selector(app=_pick(rng, _APPS))
    hard = bool(rng.random() < 0.4)
    taints = bool(rng.random() < 0.5)
    return (
        SpreadConstraint(
            int(rng.integers(1, 4)),
            _pick(rng, _KEYS),
            hard,
            chosen,
            min_domains=2 if hard and rng.random() < 0.3 else None,
            honor_node_taints=taints,
        ),
    )


def random_pods(seed: int, count: int, *, plain: bool = False, shapes: int = 12) -> list[Pod]:
    """Pods of some shapes; *plain*: requests only, no affinity, spread or priority."""
    rng = default_rng([seed, 2])
    made = []
    for i in range(shapes):
        fields: dict[str, Any] = (
            {} if plain else {"affinity": _affinity(rng), "spread": _spread(rng)}
        )
        if not plain and rng.random() < 0.3:
            fields |= {"tolerations": (Toleration("dedicated", "Exists"),)}
        if not plain:
            fields |= {"priority": int(_pick(rng, (0, 0, 0, 10, 100)))}
        cpu = _pick(rng, (None, "100m", "500m", "1", "2"))
        memory = _pick(rng, (None, "300M", "1Gi", "4Gi"))
        gpu = {_GPU: 1} if rng.random() < 0.1 else {}
        labels = {"app": _pick(rng, _APPS)}
        made.append(pod(f"shape{i}", cpu, memory, labels=labels, extra=gpu, **fields))
    chosen = rng.integers(shapes, size=count)
    return [
        replace(made[s], name=f"p{i}", labels={**made[s].labels, "name": f"p{i}"}, start_ms=i)
        for i, s in enumerate(chosen.tolist())
    ]
