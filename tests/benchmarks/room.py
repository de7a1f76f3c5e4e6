"""Headroom of a large cluster, in CPU seconds once everything is warm."""

from __future__ import annotations

import time

import ove_capacity as oc
from ove_capacity.analysis.settle import settle
from tests.simulation.build import case, cluster, node, workload

WORKERS, VMS, SHAPES = 100, 2_500, 20


def hundred_workers() -> dict[str, float]:
    """20 shapes on 100 workers with 2,500 VMs, and the ladder of their mix."""
    sizes = [workload(f"w{i}", memory_gib=1 + i, count=VMS // SHAPES) for i in range(SHAPES)]
    machines = tuple(node(f"w{i}", cpu=64, memory_gib=512) for i in range(WORKERS))
    run = settle(case(*sizes, clusters=(cluster(nodes=machines),)))
    oc.headroom(run)
    oc.ladder(run)
    started = time.process_time()
    fits = oc.headroom(run).clusters["production"].fits
    asked = time.process_time()
    oc.ladder(run)
    return {
        "headroom_s": round(asked - started, 3),
        "ladder_s": round(time.process_time() - asked, 3),
        "fits": sum(fit.count for fit in fits),
    }
