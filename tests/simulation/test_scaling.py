"""An autoscaler adds machines and gives them back."""

from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS
from tests.simulation.build import case, times, workload
from tests.simulation.scaling import scaled, takes


def played(*plan, until_ms=DAY_MS, seed=7, **fields):
    clusters = (scaled(**fields),)
    return simulate(case(*plan, clusters=clusters, seed=seed), until_ms=until_ms, check=True)


def details(run, kind):
    return [row.get("detail", "") for row in run.events.rows() if row["kind"] == kind]


def test_a_cluster_grows_to_its_limit_and_the_rest_waits():
    run = played(workload("web", count=30))  # three to a worker
    assert details(run, "scale-up") == ["3 -> 5"]
    assert times(run, "scale-up") == [10]
    assert times(run, "node-joined") == [250, 250]
    assert run.counts["production"]["running"] == 15
    assert run.counts["production"]["pending"] == 15


def test_machines_without_vms_are_given_back_down_to_the_least():
    run = played(workload("web", count=12, lifetime="1h"))
    assert times(run, "node-joined") == [250]
    left = times(run, "node-left")
    assert len(left) == 3
    assert min(left) > 3600 + 600


def test_slow_machines_join_late_and_their_vms_wait_so_long():
    run = played(workload("web", count=12), times=takes("14m"))
    assert max(times(run, "vm-started")) == 10 + 14 * 60
