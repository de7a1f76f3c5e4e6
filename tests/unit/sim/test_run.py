from ove_capacity.sim.run import simulate
from tests.simulation.build import case, workload


def test_every_status_is_counted_also_at_zero():
    run = simulate(case(workload("vm", count=2)), until_ms=1)
    assert run.counts["production"] == {
        "pending": 0,
        "running": 2,
        "lost": 0,
        "stopped": 0,
        "halted": 0,
        "ended": 0,
        "refused": 0,
    }
