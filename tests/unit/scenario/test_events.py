"""What happens: from sections to the plan."""

import pytest

from ove_capacity.model.plan import ClusterLoss, Cordon, Duration, HubLoss, Partition
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS

_TEXT = """\
workloads: [{name: web, cluster: one, instancetype: u1.small}]
events: [{EVENT}]
"""


def _events(event):
    return _TEXT.replace("EVENT", event)


def test_a_cordon_closes_a_node_or_a_pool_for_a_while(scenario):
    text = "kind: cordon, cluster: one, node: one-worker-0, at: 1h, for: 3h}, "
    text += "{kind: cordon, cluster: one, pool: worker, at: 1d"
    assert scenario(_events(text)).plan.cordons == (
        Cordon("one", HOUR_MS, 3 * HOUR_MS, node="one-worker-0"),
        Cordon("one", DAY_MS, pool="worker"),
    )


def test_clusters_and_the_hub_are_lost_or_cut_off(scenario):
    text = "kind: site-loss, cluster: one, at: 3d, repair: 1d}, {kind: cluster-loss, every: 1d}, "
    text += "{kind: partition, at: 1d, for: 10m}, {kind: partition, cluster: one, at: 2d}, "
    text += "{kind: hub-loss, at: 1h, repair: 2h, fromBackup: true"
    plan = scenario(_events(text)).plan
    once, daily = Duration("constant", DAY_MS), Duration("exponential", DAY_MS)
    assert plan.cluster_losses == (
        ClusterLoss("one", once, at_ms=3 * DAY_MS),
        ClusterLoss("one", every=daily),
    )
    assert plan.partitions == (
        Partition("one", Duration("constant", 10 * MINUTE_MS), at_ms=DAY_MS),
        Partition("one", at_ms=2 * DAY_MS),
    )
    lasting = Duration("constant", 2 * HOUR_MS)
    assert plan.hub_losses == (HubLoss(lasting, at_ms=HOUR_MS, from_backup=True),)


@pytest.mark.parametrize(
    ("by", "vms", "basis_points"),
    [("5", 5, 0), ("5%", 0, 500), ("0.25%", 0, 25), ("200%", 0, 20_000)],
)
def test_a_workload_grows_by_a_number_or_a_share(scenario, by, vms, basis_points):
    plan = scenario(_events(f"kind: growth, workload: web, every: 30d, by: {by}")).plan
    step = plan.growths[0]
    assert (step.vms, step.basis_points, step.every_ms) == (vms, basis_points, 30 * DAY_MS)
    assert step.workload is plan.workloads[0]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("kind: cordon, cluster: one, node: one-worker-9, at: 1h", "did you mean 'one-worker-1'?"),
        ("kind: cordon, cluster: one, at: 1h", "[0] — needs either node or pool (got neither)"),
        ("kind: cordon, cluster: one, pool: worker, at: 1h, for: 0s", "for — must be more than"),
        ("kind: growth, workload: wev, every: 1d, by: 1", "did you mean 'web'?"),
        ("kind: growth, workload: web, every: 0s, by: 1", "every — must be more than zero"),
        ("kind: growth, workload: web, every: 1d, by: some", "by — must be a number like 10"),
        ("kind: growth, workload: web, every: 1d, by: 0", "by — must be at least 1 (got 0)"),
        ("kind: growth, workload: web, every: 1d, by: -5%", "by — must be a share like 30%"),
        ("kind: upgrade, at: 3d, maxUnavailable: 0", "maxUnavailable — must be at least 1 (got 0)"),
        ("kind: upgrade, at: 3d, to: 4.99", "to — OpenShift 4.99 is not modelled"),
        ("kind: upgrade, at: 3d, pool: gpu", "pool — there is no pool 'gpu'; known: worker"),
        ("kind: drain, cluster: one, at: 3d", "needs either node or pool"),
        ("kind: site-loss, cluster: two, at: 3d", "there is no cluster 'two'; known: one"),
        ("kind: cluster-loss, cluster: one", "needs either at or every (got neither)"),
        ("kind: partition, cluster: oen, every: 3d", "did you mean 'one'?"),
        ("kind: partition, every: 0s", "every — must be more than zero"),
        ("kind: hub-loss, at: 3d, every: 3d", "needs either at or every (got both)"),
        ("kind: scale-pool, cluster: one, pool: worker, at: 3d", "'count' is missing"),
        ("kind: add-cluster, cluster: one, at: 3d, profile: staging", "a cluster 'one' already"),
        ("kind: add-cluster, cluster: b, at: 3d, profile: stagin", "did you mean 'staging'?"),
    ],
)
def test_an_event_that_names_nothing_is_refused_at_its_place(problems, event, words):
    found = problems(_events(event))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "event",
    [
        "kind: upgrade, at: 3d, maxUnavailable: 10%",
        "kind: maintenance, cluster: one, node: one-worker-0, at: 1h, for: 2h",
        "kind: scale-pool, cluster: one, pool: worker, at: 3d, count: 4",
    ],
)
def test_an_event_of_later_is_checked_and_named(scenario, event):
    kind = event.split(",")[0].removeprefix("kind: ")
    warnings = scenario(_events(event)).warnings
    assert any(f"not modelled yet: events[0] ({kind})" in each for each in warnings)


def test_arrivals_have_no_number_that_grows(problems):
    text = "kind: arrivals, name: batch, cluster: one, instancetype: u1.small, every: 1h}, "
    text += "{kind: growth, workload: batch, every: 1d, by: 1"
    assert "'batch' are arrivals" in problems(_events(text))[0]


def test_the_show_of_a_case_lists_planned_changes(scenario):
    text = "kind: growth, workload: web, every: 30d, by: 5%}, "
    text += "{kind: cordon, cluster: one, pool: worker, at: 1d"
    table = next(each for each in scenario(_events(text)).tables if each.title == "Planned changes")
    assert [row[1:3] for row in table.rows] == [
        ("each node of worker", "cordoned"),
        ("web", "grows by 5%"),
    ]


def test_a_cluster_is_asked_for_with_what_its_manifests_say(scenario):
    template = """\
apiVersion: cluster.open-cluster-management.io/v1
kind: ManagedCluster
metadata: {name: "app-{{ .Values.region }}", labels: {region: "{{ .Values.region }}"}}
spec: {hubAcceptsClient: true, leaseDurationSeconds: 30}
"""
    text = "kind: add-cluster, cluster: b, at: 3d, profile: staging, manifests: [b.yaml], "
    text += "values: {region: north}, labels: {tier: two}, stages: {install: 90m, register: 4m"
    (found,) = scenario(_events(text + "}"), {"b.yaml": template}).joinings
    assert (found.cluster.name, found.at_ms, found.lease_seconds) == ("b", 3 * DAY_MS, 30)
    assert found.cluster.labels == {"region": "north", "tier": "two"}
    lengths = {name: length.mean_ms // MINUTE_MS for name, length in found.stages.items()}
    assert lengths == {"install": 90, "register": 4}
    assert len(found.cluster.workers) == 3


def test_no_two_clusters_of_one_name_are_asked_for(problems):
    event = "kind: add-cluster, cluster: b, at: 3d, profile: staging"
    assert "a cluster 'b' already" in problems(_events(f"{event}}}, {{{event}"))[0]
