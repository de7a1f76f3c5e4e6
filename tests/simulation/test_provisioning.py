"""A cluster that is asked for while time goes on, as stories."""

from dataclasses import replace

from ove_capacity.analysis.headroom import headroom
from ove_capacity.model.joining import Joining
from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.placement import Placement
from ove_capacity.model.plan import ClusterLoss, Duration, HubLoss
from ove_capacity.openshift.provisioning import STAGES
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulation.build import case, cluster, times, workload

EVERYWHERE = Placement("all", "vms")
ONE = Placement("one", "vms", 1)
MINUTES = {"sync": 2, "apply": 1, "install": 40, "register": 3, "report": 1}
STAGED = {name: Duration("constant", each * MINUTE_MS) for name, each in MINUTES.items()}
READY_MS = DAY_MS + 47 * MINUTE_MS


def run(*plan, joining=None, placement=EVERYWHERE, until_ms=3 * DAY_MS, seed=0, **changes):
    plain = case(*plan, clusters=[cluster("old", 3)], placements=[placement], seed=seed)
    joining = joining or Joining(cluster("new", 2), DAY_MS, STAGED)
    changed = replace(plain.plan, **{name: tuple(each) for name, each in changes.items()})
    return simulate(
        replace(plain, plan=changed, joinings=(joining,)), until_ms=until_ms, check=True
    )


def rows(found, kind):
    return [row for row in found.events.rows() if row["kind"] == kind]


def joined_ms(found):
    return [row["time_ms"] for row in rows(found, "cluster-joined")]


def test_its_stages_follow_each_other_and_then_it_may_be_chosen():
    found = run(workload("web", placement="all", count=2))
    stages = [
        (row["time_ms"] - DAY_MS, row["detail"]) for row in rows(found, "cluster-provisioning")
    ]
    assert [at // MINUTE_MS for at, detail in stages if ":" not in detail] == [0, 2, 3, 46, 47]
    assert [detail for _, detail in stages if ":" in detail][-1] == "install: operators"
    assert joined_ms(found) == [READY_MS]
    decided = rows(found, "placement-decided")[-1]
    assert (decided["time_ms"], decided["detail"]) == (READY_MS, "new, old; new has joined")


def test_applications_come_when_gitops_has_seen_it():
    found = run(workload("web", placement="all", count=2))
    (followed,) = rows(found, "placement-followed")
    assert 0 < followed["time_ms"] - READY_MS <= 3 * MINUTE_MS
    first = {vm.cluster: vm.started_ms for vm in reversed(found.vms)}
    assert first["old"] == 0
    assert first["new"] >= followed["time_ms"]


def test_who_is_chosen_once_moves_to_a_larger_cluster_only_if_scores_say_so():
    found = run(workload("web", placement="one"), placement=ONE)
    assert {vm.cluster for vm in found.vms if vm.status == "running"} == {"old"}


def test_at_the_end_it_is_one_of_the_fleet():
    found = run(workload("web", placement="all"))
    assert found.clusters() == ["old", "new"]
    assert headroom(found, shapes=()).clusters["new"].workers == 2


def test_one_that_is_not_ready_is_not_there():
    found = run(workload("web", placement="all"), until_ms=DAY_MS + HOUR_MS // 2)
    assert found.clusters() == ["old"]
    (row,) = found.tables[-1].rows
    assert row[-1] == "not yet"


def test_without_a_hub_an_install_goes_on_and_nothing_is_registered():
    gone = HubLoss(Duration("constant", 5 * HOUR_MS), at_ms=DAY_MS + 10 * MINUTE_MS)
    found = run(hub_losses=[gone])
    installed = [row for row in rows(found, "cluster-provisioning") if ":" in row["detail"]]
    assert installed[-1]["time_ms"] == DAY_MS + 43 * MINUTE_MS
    back_ms = gone.at_ms + 5 * HOUR_MS
    (at_ms,) = joined_ms(found)
    assert back_ms <= at_ms <= back_ms + 5 * MINUTE_MS


def test_it_takes_over_where_the_only_other_cluster_is_lost():
    found = run(
        workload("web", placement="one"),
        placement=ONE,
        cluster_losses=[ClusterLoss("old", at_ms=2 * DAY_MS)],
    )
    assert times(found, "cluster-unreachable")
    assert [vm.cluster for vm in found.vms if vm.status == "running"] == ["new"]


def test_its_lease_is_the_one_of_its_managed_cluster():
    known = ManagedCluster("new", lease_seconds=20)
    joining = Joining(cluster("new", 2), DAY_MS, STAGED, known)
    gone = HubLoss(Duration("constant", 4 * MINUTE_MS), at_ms=2 * DAY_MS)
    found = run(joining=joining, hub_losses=[gone], until_ms=2 * DAY_MS + HOUR_MS)
    # Within four minutes five leases of 20 s run out, and five of 60 s need not.
    assert "new" in {row["name"] for row in rows(found, "cluster-unreachable")}


def test_unless_they_are_said_stages_are_as_measured_and_differ_by_seed():
    plain = Joining(cluster("new", 2), DAY_MS)
    ends = [joined_ms(run(joining=plain, seed=seed))[0] - DAY_MS for seed in range(12)]
    assert len(set(ends)) == len(ends)
    assert all(20 * MINUTE_MS < each < 75 * MINUTE_MS for each in ends)
    assert [stage.name for stage in STAGES] == list(MINUTES)
