from dataclasses import replace

from ove_capacity.model.plan import Arrivals, Duration, NodeLoss
from ove_capacity.model.policy import Policy
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster, workload

FAILURES = NodeLoss(
    "production", Duration("lognormal", HOUR_MS, 0.5), every=Duration("weibull", 5 * DAY_MS, 1.5)
)


def busy(workers=4, **fields):
    lifetime = Duration("exponential", 12 * HOUR_MS)
    stream = Arrivals(
        workload("vm", memory_gib=24, lifetime=lifetime, count=2), every_ms=3 * HOUR_MS
    )
    clusters = (cluster(workers=workers, remediation="nhc-snr"),)
    return case(FAILURES, arrivals=[stream], clusters=clusters, **fields)


def told(run):
    return (run.events.rows(), run.samples.rows(), run.counts)


def failures_of(run, node):
    rows = run.events.rows()
    return [row["time_ms"] for row in rows if row["kind"] == "node-lost" and row["node"] == node]


def test_the_same_seed_gives_the_same_run():
    plan = busy(policy=Policy(tie="random"))
    first = simulate(plan, until_ms=12 * DAY_MS, check=True)
    assert first.events.count("vm-started") > 100
    assert told(first) == told(simulate(plan, until_ms=12 * DAY_MS))


def test_another_seed_gives_another_run():
    runs = [simulate(busy(seed=seed), until_ms=10 * DAY_MS) for seed in (1, 2)]
    assert told(runs[0]) != told(runs[1])


def test_watching_a_run_does_not_change_it():
    seen = []
    watched = simulate(busy(), until_ms=10 * DAY_MS, progress=lambda *moment: seen.append(moment))
    assert seen[-1] == (10 * DAY_MS, 10 * DAY_MS)
    assert told(watched) == told(simulate(busy(), until_ms=10 * DAY_MS))


def test_adding_a_node_does_not_move_another_nodes_failures():
    small, large = (simulate(busy(workers), until_ms=40 * DAY_MS) for workers in (4, 5))
    for node in ("w1", "w2", "w3", "w4"):
        assert failures_of(small, node)
        assert failures_of(small, node) == failures_of(large, node)


def test_adding_a_workload_does_not_move_anothers_arrivals():
    plan = busy()
    other = Arrivals(workload("other", memory_gib=1), every_ms=HOUR_MS)
    more = replace(plan, plan=replace(plan.plan, arrivals=(other, *plan.plan.arrivals)))
    arrived = [
        [
            r["time_ms"]
            for r in simulate(each, until_ms=20 * DAY_MS).events.rows()
            if r["kind"] == "vm-created" and r["detail"] == "vm"
        ]
        for each in (plan, more)
    ]
    assert arrived[0] == arrived[1]


def test_arrivals_stop_when_they_are_told_to():
    stream = Arrivals(workload("vm", memory_gib=1), HOUR_MS, from_ms=DAY_MS, until_ms=2 * DAY_MS)
    run = simulate(case(arrivals=[stream]), until_ms=9 * DAY_MS, check=True)
    created = [row["time_ms"] for row in run.events.rows() if row["kind"] == "vm-created"]
    assert created
    assert DAY_MS < min(created) < max(created) < 2 * DAY_MS
