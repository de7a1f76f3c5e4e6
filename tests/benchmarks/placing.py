"""Placements a second, and what the compiler buys."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.quantity import Quantity
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.testing.build import cluster, node

SHAPES = 20


def _fleet(nodes: int, pods: int) -> tuple[ClusterState, list[Pod]]:
    rng = np.random.default_rng(1)
    machines = [node(f"w{i:04}", 64, "256Gi") for i in range(nodes)]
    specs = [
        PodSpec(
            (
                Container(
                    "compute",
                    {
                        "cpu": Quantity.parse(f"{int(rng.integers(1, 17)) * 100}m"),
                        "memory": Quantity.parse(f"{int(rng.integers(1, 17))}Gi"),
                    },
                ),
            )
        )
        for _ in range(SHAPES)
    ]
    chosen = rng.integers(SHAPES, size=pods).tolist()
    vms = [
        Pod(f"vm-{i}", specs[s], labels={"vm.kubevirt.io/name": f"vm-{i}"})
        for i, s in enumerate(chosen)
    ]
    return initial_state(cluster(machines), vms[:200]), vms


@contextmanager
def _kernels(form: str) -> Iterator[None]:
    before = os.environ.get("OVE_CAPACITY_KERNELS", "")
    os.environ["OVE_CAPACITY_KERNELS"] = form
    try:
        yield
    finally:
        os.environ["OVE_CAPACITY_KERNELS"] = before


def _rate(state: ClusterState, pods: list[Pod], form: str) -> tuple[float, list[str]]:
    """Placements a second of the second of two runs, and where the pods went."""
    with _kernels(form):
        place(state.copy(), pods[:1], Policy())
        trial = state.copy()
        started = time.perf_counter()
        outcome = place(trial, pods, Policy())
        seconds = time.perf_counter() - started
    return len(outcome.bound) / seconds, [placed.node for placed in outcome.bound]


def hundred_thousand_on_five_thousand() -> dict[str, float]:
    state, pods = _fleet(5_000, 100_000)
    rate, bound = _rate(state, pods, "compiled")
    return {"placements_per_s": round(rate), "bound": len(bound)}


def compiled_against_plain() -> dict[str, float]:
    """The same kernel source, compiled and plain, on 20,000 VMs and 1,000 nodes."""
    state, pods = _fleet(1_000, 20_000)
    fast, nodes = _rate(state, pods, "compiled")
    slow, same = _rate(state, pods, "plain")
    assert nodes == same, "the two forms disagree"
    return {
        "compiled_per_s": round(fast),
        "plain_per_s": round(slow),
        "ratio": round(fast / slow, 1),
    }
