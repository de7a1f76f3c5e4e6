"""Losing clusters: is there room, for whom not, how long, and what would help."""

from __future__ import annotations

from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.analysis.fleet_failover_result import percentile
from ove_capacity.errors import AnswerError
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Service
from ove_capacity.model.network import Route
from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.plan import Duration, Recovery
from ove_capacity.simtime import MINUTE_MS
from ove_capacity.testing.build import selector
from tests.simulation.build import GIB, case, cluster, workload

ONE = Placement("one", "vms", 1, prioritizers=(PrioritizerWeight("ResourceAllocatableCPU"),))
BACKUP = Recovery(
    source="backup",
    to="small",
    every_ms=24 * 60 * MINUTE_MS,
    data_bytes=60 * GIB,
    bytes_per_s=60 << 20,
    decide=Duration("constant", 30 * MINUTE_MS),
    fail_back=Duration("constant", 60 * MINUTE_MS),
)
"""1,024 s for one VM, one at a time on each worker."""


def two_clusters(*plan: object, **labels: dict[str, str]) -> Case:
    large = cluster("large", 3, labels=labels.get("large", {}))
    small = cluster("small", 1, labels=labels.get("small", {}))
    return case(*plan, clusters=[large, small], placements=[ONE])


def test_all_come_back_where_there_is_room() -> None:
    found = oc.fleet_failover(
        two_clusters(workload("db", cluster="large", count=3, recovery=BACKUP)), seeds=2
    )
    (loss,) = found.losses
    assert (loss.vms, loss.returned, loss.machines, loss.is_survived) == (3, 3, {}, True)
    (db,) = loss.workloads
    # Known within 225 to 300 s; then 30 minutes to decide, and one restore after the other.
    for n, rto_ms in enumerate(sorted(db.rto_ms)[::2]):
        assert 225_000 <= rto_ms - 1_800_000 - (n + 1) * 1_024_000 <= 302_000
    assert [each.vms for each in loss.homeward] == [3]
    assert loss.homeward[0].rpo_ms == (0,) * 6


def test_who_finds_no_node_is_told_in_the_scheduler_s_words_with_what_would_help() -> None:
    found = oc.fleet_failover(
        two_clusters(workload("db", cluster="large", count=9, recovery=BACKUP)), seeds=2
    )
    (loss,) = found.losses
    (db,) = loss.workloads
    # Three of 32 GiB and their overhead on each worker of 128 GiB.
    assert (loss.returned, db.stuck, db.is_back) == (3, 6, False)
    assert db.reason == "0/1 nodes are available: 1 Insufficient memory."
    assert loss.machines == {"small": 2}
    assert loss.answers[-1] == "large: 2 more workers of small would take all who find no node."


def test_vms_that_nobody_brings_anywhere_are_counted_as_such() -> None:
    found = oc.fleet_failover(two_clusters(workload("app", cluster="large", count=2)), seeds=1)
    (loss,) = found.losses
    assert (loss.workloads[0].not_brought, loss.machines) == (2, {})
    assert not found.is_survived
    assert "nobody brings 2 VMs of app to another cluster" in str(found)


def test_machines_do_not_help_vms_that_no_machine_takes() -> None:
    away = replace(BACKUP, data_bytes=0)
    picky = workload("db", cluster="large", recovery=away)
    spec = replace(picky.vmi.spec, node_selector={"disk": "fast"})
    nodes = two_clusters().fleet.clusters[0].nodes
    fast = [replace(each, labels={**each.labels, "disk": "fast"}) for each in nodes]
    plain = two_clusters(replace(picky, vmi=replace(picky.vmi, spec=spec)))
    large, small = plain.fleet.clusters
    fleet = replace(plain.fleet, clusters=(replace(large, nodes=tuple(fast)), small))
    (loss,) = oc.fleet_failover(replace(plain, fleet=fleet), seeds=1).losses
    assert loss.machines is None
    assert "large: more machines of their kind would not take them." in loss.answers


def test_a_placement_takes_its_vms_along_and_back() -> None:
    found = oc.fleet_failover(two_clusters(workload("web", placement="one", count=2)), seeds=2)
    (loss,) = found.losses
    assert loss.placements == {"vms/one": (("large",), ("small",))}
    assert loss.is_survived
    assert [(each.home, each.target, each.vms) for each in loss.homeward] == [("small", "large", 2)]


def test_a_region_is_lost_with_all_its_clusters_and_the_hub_among_them() -> None:
    vms = workload("web", placement="one", count=2)
    here = two_clusters(vms, large={"region": "a"}, small={"region": "b"})
    hub = cluster("hub", 1, labels={"region": "a", "local-cluster": "true"}, profile="management")
    small_hub = replace(here.fleet, clusters=(*here.fleet.clusters, hub))
    placed = replace(ONE, number_of_clusters=1)
    fleet = replace(small_hub, placements=(placed,))
    found = oc.fleet_failover(replace(here, fleet=fleet), seeds=1)
    alone, region = found.losses
    assert (alone.name, alone.takes_hub, alone.returned) == ("large", False, 2)
    assert (region.name, region.clusters) == ("region a", ("large", "hub"))
    # With the hub nobody decides: the same VMs stay down.
    assert (region.takes_hub, region.returned) == (True, 0)


def test_more_important_vms_push_others_out_and_that_is_no_survival() -> None:
    urgent = replace(workload("db", cluster="large", count=3, recovery=BACKUP), priority=1000)
    found = oc.fleet_failover(
        two_clusters(urgent, workload("web", cluster="small", count=3)), seeds=1
    )
    loss = found.losses[0]
    assert (loss.returned, len(loss.pushed_out)) == (3, 3)
    assert not loss.is_survived
    assert loss.machines == {"small": 1}


def test_requests_are_followed_to_the_vms_that_answer() -> None:
    vms = workload("web", placement="one", count=2)
    plain = two_clusters(replace(vms, vmi=replace(vms.vmi, labels={"app": "web"})))
    ways = (Route("web.example.com", "", "vms/web"), Route("api", "uri.prefix=/x", "vms/api"))
    mesh = tuple(
        replace(each, services=(Service("web", "vms", selector(app="web")),), routes=ways)
        for each in plain.fleet.clusters
    )
    fleet = replace(plain.fleet, clusters=mesh)
    found = oc.fleet_failover(replace(plain, fleet=fleet), seeds=1)
    (loss,) = found.losses
    told = [(each.cluster, each.before, each.after, each.is_lost) for each in loss.routes]
    assert told == [
        ("large", 2, None, True),
        ("large", None, None, True),
        ("small", 0, 2, False),
        ("small", None, None, False),
    ]
    table = next(each for each in found.tables if each.title == "Where requests go")
    assert [row[1] for row in table.rows] == ["large", "small"]
    assert any("api go to vms/api, and large, small have no" in each for each in found.answers)


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile(range(1, 21), each) for each in (5, 50, 95, 100)] == [1, 10, 19, 20]
    assert percentile((), 50) is None


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(AnswerError, match="seeds must be at least 1"):
        oc.fleet_failover(two_clusters(), seeds=0)
    assert str(oc.fleet_failover(two_clusters(), seeds=1)) == "No cluster runs a VM."
