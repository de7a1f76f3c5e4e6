"""What the autoscaler keeps from loop to loop changes none of them, on random plans."""

from copy import deepcopy

import numpy as np
import pytest

from ove_capacity.model.plan import Duration, NodeLoss
from ove_capacity.model.pod import Affinity, PodAffinityTerm
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.openshift.autoscaler.compiling import Compiler
from ove_capacity.openshift.autoscaler.loop import run_once
from ove_capacity.sim.processes import autoscaling
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from ove_capacity.streams import Streams
from tests.simulation.build import case, workload
from tests.simulation.scaling import scaled


def apart_from(name):
    there = LabelSelector((Requirement("app", "In", (name,)),))
    return Affinity(anti_required=(PodAffinityTerm("kubernetes.io/hostname", there),))


def drawn_workload(rng, name):
    labels = {"app": name if rng.random() < 0.7 else "a0"}
    apart = apart_from(str(rng.choice([name, "a0"]))) if rng.random() < 0.5 else None
    return workload(
        name,
        memory_gib=int(rng.choice([8, 30, 60, 100])),
        count=int(rng.integers(1, 8)),
        at=f"{rng.integers(0, 36)}h",
        lifetime=Duration("exponential", int(rng.integers(2, 30)) * HOUR_MS, 1.0),
        labels=labels,
        vmi_fields={"affinity": apart},
        priority=int(rng.choice([0, 0, 5, -20])),
    )


def drawn_case(seed):
    rng = Streams(seed)("plan")
    workers = int(rng.integers(2, 5))
    plan = [drawn_workload(rng, f"a{i}") for i in range(rng.integers(2, 6))]
    repair = Duration("constant", 3 * HOUR_MS, 1.0)
    plan += [NodeLoss("production", repair, node="w1", at_ms=20 * HOUR_MS)] * (seed % 2)
    return case(*plan, clusters=(scaled(workers, most=9),), seed=seed)


class Watched(Compiler):
    """Compiles all anew beside what it does, and compares."""

    kept = 0

    def compiled(self, cluster, pods, daemons):
        last = self._last
        found = super().compiled(cluster, pods, daemons)
        anew = Compiler().compiled(cluster, pods, daemons)
        assert found.classes == anew.classes
        assert found.state.resources == anew.state.resources
        for name in ("arrays", "counters", "classes"):
            compared = zip(getattr(found.state, name), getattr(anew.state, name), strict=True)
            assert all(np.array_equal(*each) for each in compared), name
        Watched.kept += last is not None and last.state is found.state
        return found


@pytest.mark.parametrize("seed", range(8))
def test_a_loop_decides_the_same_whatever_loops_came_before(seed, monkeypatch):
    watched, loops = Watched(), []

    def compared(moment, memory, options, rng, _):
        anew = run_once(moment, memory, options, deepcopy(rng))
        loops.append(run_once(moment, memory, options, rng, watched))
        assert loops[-1] == anew
        return anew

    before = Watched.kept
    monkeypatch.setattr(autoscaling, "run_once", compared)
    simulate(drawn_case(seed), until_ms=2 * DAY_MS)
    assert 0 < Watched.kept - before < len(loops)
