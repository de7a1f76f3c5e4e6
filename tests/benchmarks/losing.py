"""Pairs of workers lost: on one state that is rewound, against a fresh copy each."""

from __future__ import annotations

import os
import time
from itertools import combinations

from ove_capacity.analysis.failover import failover
from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.analysis.settle import settle
from ove_capacity.model.case import Case
from ove_capacity.place import place
from ove_capacity.sim.run import Run
from ove_capacity.state import claim
from tests.simulation.build import case, cluster, node, workload

WORKERS, VMS, SHAPES = 100, 2_500, 20
COPIED = 200
"""Pairs that are tried both ways."""


def _fleet() -> Case:
    """2,500 VMs of 20 shapes, 2 to 8 GiB, that fill 100 workers to three quarters."""
    sizes = [2 + 7 * i % 20 // 3 for i in range(SHAPES)]
    plan = [workload(f"s{i}", memory_gib=size, count=VMS // SHAPES) for i, size in enumerate(sizes)]
    nodes = tuple(node(f"w{i:03}", memory_gib=150) for i in range(WORKERS))
    return case(*plan, clusters=(cluster(nodes=nodes, remediation="nhc-snr"),))


def all_pairs() -> dict[str, float]:
    """CPU seconds for every pair of 100 workers, and for all that `failover` answers."""
    run = settle(_fleet())
    failover(run, budget=0, extras=False)
    seconds = []
    for extras in (False, True):
        started = time.process_time()
        found = failover(run, extras=extras).clusters["production"]
        seconds.append(round(time.process_time() - started, 2))
    assert found.pairs is not None
    return {"pairs": found.pairs.tried.tried, "pairs_s": seconds[0], "everything_s": seconds[1]}


def rewound_against_copied() -> dict[str, float]:
    """The same pairs both ways, compiled."""
    before = os.environ.get("OVE_CAPACITY_KERNELS", "")
    os.environ["OVE_CAPACITY_KERNELS"] = "compiled"
    try:
        run = settle(_fleet())
        stage = Rehearsal(run.states["production"], run.vms_of("production"), run.case)
        groups = list(combinations(stage.workers, 2))[:: 4_950 // COPIED]
        _rewound(stage, groups[:1])
        started = time.process_time()
        fast = _rewound(stage, groups)
        middle = time.process_time()
        slow = _copied(run, groups)
        ended = time.process_time()
    finally:
        os.environ["OVE_CAPACITY_KERNELS"] = before
    assert fast == slow, "the two ways disagree"
    return {
        "rewound_ms": round(1e3 * (middle - started) / len(groups), 2),
        "copied_ms": round(1e3 * (ended - middle) / len(groups), 2),
        "ratio": round((ended - middle) / (middle - started), 1),
    }


def _rewound(stage: Rehearsal, groups: list[tuple[int, ...]]) -> list[int]:
    missing = []
    for group in groups:
        missing.append(len(stage.lose(group, explain=False).not_returned))
        stage.rewind()
    return missing


def _copied(run: Run, groups: list[tuple[int, ...]]) -> list[int]:
    state = run.states["production"]
    order = {vm.pod.key: i for i, vm in enumerate(run.vms_of("production"))}
    vms = run.vms_of("production")
    missing = []
    for group in groups:
        copy = state.copy()
        keys = [copy.pod(row).key for n in group for row in claim.lose_node(copy, n)]
        pods = [vms[i].pod for i in sorted(order[key] for key in keys)]
        missing.append(len(place(copy, pods, run.case.policy).refused))
    return missing
