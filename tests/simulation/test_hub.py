"""Clusters that are lost or cut off, and what the hub makes of it, as stories."""

from dataclasses import replace

import pytest

from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.plan import ApiOutage, ClusterLoss, Cordon, Duration, HubLoss, Partition
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm.health import UNREACHABLE
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulation.build import case, cluster, times, workload
from tests.simulation.scaling import scaled

SIZE = (PrioritizerWeight("ResourceAllocatableCPU"),)
ONE = Placement("one", "vms", 1, prioritizers=SIZE)
"""The architecture's: Balance and Steady beside it."""
STEADY = replace(ONE, prioritizers=(*SIZE, PrioritizerWeight("Steady", 3)))
PATIENT = replace(ONE, tolerations=(Toleration(UNREACHABLE, "Exists", seconds=3600),))
KEY = "vms/one"


def lasting(ms):
    return Duration("constant", ms)


def run(*plan, placement=ONE, until_ms=2 * DAY_MS, placements=None, **changes):
    clusters = [cluster("large", 3), cluster("small", 2)]
    plain = case(*plan, clusters=clusters, placements=placements or [placement])
    changed = {name: tuple(events) for name, events in changes.items()}
    plan = replace(plain.plan, **changed)
    return simulate(replace(plain, plan=plan), until_ms=until_ms, check=True)


def decided(found, kind="placement-decided"):
    rows = [row for row in found.events.rows() if row["kind"] == kind]
    return [(row["time_ms"], row["detail"].partition(";")[0]) for row in rows]


def only(moments):
    (moment,) = moments
    return moment


def test_a_lost_cluster_is_noticed_late_and_the_decision_moves_and_moves_back():
    loss = ClusterLoss("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    found = run(cluster_losses=[loss])
    gone, back = only(times(found, "cluster-unreachable")), only(times(found, "cluster-available"))
    assert 225 <= gone - 3600 <= 300
    assert 0 <= back - 7200 <= 75
    assert [where for _, where in decided(found)] == ["large", "small", "large"]
    assert [at / 1000 for at, _ in decided(found)] == [0, gone, back]
    assert times(found, "placement-flapped") == [back]


def test_gitops_follows_at_its_next_poll():
    loss = ClusterLoss("large", at_ms=HOUR_MS)
    found = run(workload("late", placement="one", at="3h"), cluster_losses=[loss])
    (seen_ms, where) = only(decided(found, "placement-followed"))
    assert where == "small"
    assert 0 < seen_ms - decided(found)[1][0] <= 3 * MINUTE_MS
    assert [vm.cluster for vm in found.vms] == ["small"]


def test_who_comes_before_gitops_has_noticed_goes_where_nobody_is():
    loss = ClusterLoss("large", at_ms=HOUR_MS)
    found = run(workload("early", placement="one", at="1h1m"), cluster_losses=[loss])
    assert times(found, "vm-started") == times(found, "vm-recovered")
    vms = [(vm.cluster, str(vm.status)) for vm in found.vms]
    assert vms == [("large", "ended"), ("small", "running")]


def test_enough_weight_on_staying_stays_after_the_return():
    loss = ClusterLoss("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    found = run(placement=STEADY, cluster_losses=[loss])
    assert [where for _, where in decided(found)] == ["large", "small"]


def test_a_toleration_sits_a_short_partition_out():
    cut = Partition("large", lasting(HOUR_MS // 2), at_ms=HOUR_MS)
    assert [where for _, where in decided(run(partitions=[cut]))] == ["large", "small", "large"]
    found = run(placement=PATIENT, partitions=[cut])
    assert len(times(found, "cluster-unreachable")) == 1
    assert len(decided(found)) == 1


def test_a_toleration_that_expires_moves_at_that_very_moment():
    found = run(placement=PATIENT, partitions=[Partition("large", at_ms=HOUR_MS)])
    gone = only(times(found, "cluster-unreachable"))
    assert decided(found)[1] == (gone * 1000 + HOUR_MS, "small")


def test_a_cluster_that_is_cut_off_goes_on_running():
    vms = workload("vm", placement="one", count=2)
    found = run(vms, partitions=[Partition("large", at_ms=HOUR_MS)])
    vms = {(vm.cluster, str(vm.status)) for vm in found.vms}
    assert vms == {("large", "running"), ("small", "running")}
    assert any("ran twice" in warning for warning in found.warnings)
    assert found.events.count("vm-lost") == 0


def test_a_partition_shorter_than_the_lease_is_never_noticed():
    cut = Partition("large", lasting(2 * MINUTE_MS), at_ms=HOUR_MS)
    found = run(partitions=[cut])
    assert times(found, "cluster-unreachable") == []
    assert len(decided(found)) == 1


def test_vms_of_a_lost_cluster_start_again_when_it_is_back():
    loss = ClusterLoss("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    found = run(workload("vm", cluster="large", count=2), cluster_losses=[loss])
    assert times(found, "vm-lost") == [3600] * 2
    assert times(found, "vm-started")[2:] == [7200] * 2


def test_cordons_move_a_decision_although_nothing_is_wrong():
    closed = [Cordon("large", HOUR_MS, HOUR_MS, node=name) for name in ("w1", "w2")]
    found = run(cordons=closed)
    assert decided(found) == [(0, "large"), (HOUR_MS, "small"), (2 * HOUR_MS, "large")]
    assert len(decided(run(cordons=closed[:1]))) == 1


def test_machines_that_join_move_a_decision_too():
    clusters = [scaled(), cluster("other", 4)]
    web = workload("web", count=15)
    found = simulate(case(web, clusters=clusters, placements=[ONE]), until_ms=DAY_MS, check=True)
    assert decided(found) == [(0, "other"), (250_000, "production")]
    assert times(found, "node-joined") == [250, 250]


def test_without_a_hub_nothing_is_decided_and_all_clusters_run_on():
    loss = ClusterLoss("large", at_ms=2 * HOUR_MS)
    found = run(
        workload("vm", placement="one", count=2, at="3h"),
        cluster_losses=[loss],
        hub_losses=[HubLoss(at_ms=HOUR_MS)],
    )
    assert times(found, "hub-lost") == [3600]
    assert decided(found) == [(0, "large")]
    assert {str(vm.status) for vm in found.vms} == {"pending"}


def test_a_hub_that_was_away_for_long_gives_up_whom_it_has_not_heard_yet():
    found = run(hub_losses=[HubLoss(lasting(HOUR_MS), at_ms=HOUR_MS)])
    assert set(times(found, "cluster-unreachable")) == {7200}
    assert decided(found)[-1][1] == "large"
    patient = run(placement=PATIENT, hub_losses=[HubLoss(lasting(HOUR_MS), at_ms=HOUR_MS)])
    assert len(decided(patient)) == 1


def test_a_hub_learns_of_a_loss_during_its_own_when_it_is_back():
    loss = ClusterLoss("large", at_ms=90 * MINUTE_MS)
    found = run(cluster_losses=[loss], hub_losses=[HubLoss(lasting(HOUR_MS), at_ms=HOUR_MS)])
    assert decided(found)[-1][1] == "small"
    assert 7200 in times(found, "cluster-unreachable", "large")


@pytest.mark.parametrize(
    ("from_backup", "told"), [(False, ["large"]), (True, ["large", "none", "large"])]
)
def test_a_hub_from_its_backup_has_forgotten_where_everything_is(from_backup, told):
    away = HubLoss(lasting(MINUTE_MS), at_ms=DAY_MS, from_backup=from_backup)
    found = run(partitions=[Partition("small", at_ms=DAY_MS)], hub_losses=[away])
    assert [where for _, where in decided(found)] == told


def test_a_hub_goes_with_the_cluster_it_runs_on():
    clusters = [cluster("hub", 1, labels={"local-cluster": "true"}), cluster("large", 3)]
    plain = case(clusters=clusters, placements=[ONE])
    plan = replace(plain.plan, cluster_losses=(ClusterLoss("hub", at_ms=HOUR_MS),))
    found = simulate(replace(plain, plan=plan), until_ms=DAY_MS, check=True)
    assert times(found, "hub-lost") == [3600]


def test_a_placement_hears_at_the_resync_what_another_one_chose():
    shy = replace(ONE, name="a", prioritizers=(PrioritizerWeight("Balance", 3),))
    found = run(placements=[shy, replace(ONE, name="b", mode="Exact")])
    assert decided(found) == [(0, "large"), (0, "large"), (10 * MINUTE_MS, "small")]


def test_a_negative_weight_on_staying_never_comes_to_rest():
    restless = replace(ONE, prioritizers=(PrioritizerWeight("Steady", -9),))
    found = run(placement=restless, cordons=[Cordon("small", HOUR_MS, node="w1")])
    assert any("vms/one never comes to rest" in each for each in found.warnings)


def test_losses_of_a_rate_come_again_and_again():
    often = Partition("large", lasting(HOUR_MS), every=Duration("exponential", 6 * HOUR_MS))
    found = run(partitions=[often], until_ms=20 * DAY_MS)
    assert 40 < found.events.count("partition-began") < 100
    assert found.events.count("cluster-unreachable") == found.events.count("cluster-available")


def _troubled(seed):
    """Two clusters and their hub, of which each is away every few hours."""
    often = Duration("exponential", 5 * HOUR_MS)
    short = Duration("exponential", HOUR_MS // 2)
    trouble = {
        "cluster_losses": tuple(ClusterLoss(name, short, often) for name in ("large", "small")),
        "partitions": tuple(Partition(name, short, often) for name in ("large", "small")),
        "hub_losses": (
            HubLoss(short, often, from_backup=False),
            HubLoss(short, often, from_backup=True),
        ),
    }
    vms = workload("vm", placement="one", count=3)
    plain = case(vms, clusters=[cluster("large", 3), cluster("small", 2)], placements=[PATIENT])
    return replace(plain, seed=seed, plan=replace(plain.plan, **trouble))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_hub_s_story_is_consistent(seed):
    found = simulate(_troubled(seed), until_ms=10 * DAY_MS, check=True)
    hub_down, given_up, decision = False, set(), {"large"}
    for row in found.events.rows():
        kind, name = row["kind"], row.get("name", "")
        if kind in ("hub-lost", "hub-returned"):
            assert hub_down == (kind == "hub-returned")
            hub_down = kind == "hub-lost"
            if "backup" in row.get("detail", ""):
                given_up = {"large", "small"}
        elif kind == "cluster-unreachable":
            assert not hub_down
            assert name not in given_up
            given_up.add(name)
        elif kind == "cluster-available":
            assert not hub_down
            given_up.remove(name)
        elif kind == "placement-decided":
            assert not hub_down
            chosen = set(row["detail"].partition(";")[0].split(", ")) - {"none"}
            assert chosen != decision or row["time_ms"] == 0
            decision = chosen
        elif kind == "placement-followed":
            assert not hub_down
            assert set(row["detail"].split(", ")) - {"none"} == decision
    assert found.events.count("cluster-unreachable") > 20


def test_the_same_trouble_is_the_same_story():
    first, again = (simulate(_troubled(3), until_ms=5 * DAY_MS) for _ in range(2))
    assert first.events.rows() == again.events.rows()


def test_an_agent_tells_that_its_api_does_not_answer_long_before_a_lease_runs_out():
    outage = ApiOutage("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    found = run(workload("vm", placement="one"), api_outages=[outage])
    told, back = only(times(found, "cluster-unavailable")), only(times(found, "cluster-available"))
    assert 20 <= told - 3600 < 80
    assert 0 <= back - 7200 < 60
    assert [where for _, where in decided(found)] == ["large", "small", "large"]
    assert not times(found, "cluster-unreachable")


def test_a_toleration_of_unreachable_clusters_is_none_of_unavailable_ones():
    outage = ApiOutage("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    assert len(decided(run(placement=PATIENT, api_outages=[outage]))) == 3


def test_an_outage_that_is_over_before_it_is_told_changes_nothing():
    outage = ApiOutage("large", lasting(19_000), at_ms=HOUR_MS)
    assert len(decided(run(api_outages=[outage]))) == 1


def test_nothing_is_bound_while_the_api_does_not_answer_and_what_runs_goes_on():
    outage = ApiOutage("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    here = (workload("early", cluster="large"), workload("late", cluster="large", at="90m"))
    found = run(*here, api_outages=[outage])
    assert times(found, "vm-started") == [0, 7200]
    assert times(found, "vm-created") == [0, 5400]


def test_a_cluster_that_is_cut_off_with_a_mute_api_is_unreachable_when_its_lease_is_over():
    outage = ApiOutage("large", lasting(HOUR_MS), at_ms=HOUR_MS)
    cut = Partition("large", lasting(HOUR_MS), at_ms=HOUR_MS + 10 * MINUTE_MS)
    found = run(api_outages=[outage], partitions=[cut])
    assert only(times(found, "cluster-unavailable")) < only(times(found, "cluster-unreachable"))
    assert only(times(found, "cluster-available")) >= 2 * 3600 + 600
