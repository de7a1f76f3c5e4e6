"""Random plans on random clusters, drawn from a seed: the books balance after every step."""

import pytest

from ove_capacity.analysis.failover import failover
from ove_capacity.model.plan import Arrivals, Duration, NodeLoss
from ove_capacity.model.policy import Policy
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from ove_capacity.streams import Streams
from tests.simulation.build import case, cluster, node, workload

KINDS = ("none", "nhc-snr", "nhc-far", "mhc")
STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Once", "Halted")
SHAPES = (("constant", 1.0), ("exponential", 1.0), ("lognormal", 0.7), ("weibull", 0.8))


def drawn_duration(rng, mean_ms):
    name, shape = SHAPES[rng.integers(len(SHAPES))]
    return Duration(name, int(mean_ms * rng.uniform(0.2, 2)), shape)


def drawn_workload(rng, name):
    return workload(
        name,
        memory_gib=int(rng.choice([1, 8, 30, 60, 100])),
        count=int(rng.integers(1, 8)),
        at=f"{rng.integers(0, 48)}h",
        lifetime=drawn_duration(rng, DAY_MS) if rng.random() < 0.5 else None,
        run_strategy=str(rng.choice(STRATEGIES)),
        priority=int(rng.choice([0, 0, 0, 5, 9])),
    )


def drawn_loss(rng, workers):
    repair = drawn_duration(rng, 6 * HOUR_MS) if rng.random() < 0.8 else None
    if rng.random() < 0.5:
        return NodeLoss("production", repair, every=drawn_duration(rng, 5 * DAY_MS))
    hit = f"w{rng.integers(1, workers + 1)}"
    return NodeLoss("production", repair, node=hit, at_ms=int(rng.integers(4 * DAY_MS)))


def drawn_case(seed):
    rng = Streams(seed)("plan")
    workers = int(rng.integers(1, 7))
    nodes = tuple(
        node(f"w{i + 1}", memory_gib=int(rng.choice([64, 128, 256]))) for i in range(workers)
    )
    plan = [drawn_workload(rng, f"a{i}") for i in range(rng.integers(1, 6))]
    plan += [drawn_loss(rng, workers) for _ in range(rng.integers(0, 4))]
    streams = [
        Arrivals(drawn_workload(rng, f"s{i}"), int(rng.integers(1, 24)) * HOUR_MS)
        for i in range(rng.integers(0, 2))
    ]
    here = cluster(nodes=nodes, remediation=str(rng.choice(KINDS)))
    policy = Policy(tie=str(rng.choice(["first", "random"])))
    return case(*plan, clusters=(here,), arrivals=streams, policy=policy, seed=seed)


@pytest.mark.parametrize("seed", range(40))
def test_every_vm_is_somewhere_and_every_request_is_counted_after_every_step(seed):
    plan = drawn_case(seed)
    run = simulate(plan, until_ms=10 * DAY_MS, check=True)
    assert sum(run.counts["production"].values()) == len(run.vms)
    assert run.events.count("vm-created") == len(run.vms)
    assert sorted(run.events.time_ms) == run.events.time_ms
    assert run.events.rows() == simulate(plan, until_ms=10 * DAY_MS).events.rows()


@pytest.mark.parametrize("seed", range(10))
def test_asking_leaves_the_run_as_it_was(seed):
    run = simulate(drawn_case(seed), until_ms=3 * DAY_MS)
    before = run.states["production"].requested.copy()
    assert failover(run, while_drained=1).to_dict() == failover(run, while_drained=1).to_dict()
    assert (run.states["production"].requested == before).all()
