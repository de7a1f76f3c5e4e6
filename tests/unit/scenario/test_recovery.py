"""``recovery`` of workloads, and losses of regions and zones: what is read, what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.errors import ScenarioError
from ove_capacity.model.case import Case
from ove_capacity.model.plan import Duration, Recovery
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS

GIB, MIB = 1 << 30, 1 << 20
SCENARIO = """\
apiVersion: ove-capacity/v1
name: pair
assume: {virtualization: installed}
clusters:
  here:
    labels: {region: a}
    pools:
      worker: {count: 4, node: {cpu: 32, memory: 128Gi}, zones: [x, y]}
  hub: {labels: {region: a}, pools: {worker: {count: 1, node: {cpu: 8, memory: 32Gi}}}}
  there: {labels: {region: b}, pools: {worker: {count: 1, node: {cpu: 32, memory: 128Gi}}}}
workloads:
  - {name: db, cluster: here, cpu: 2, memory: 8Gi, disks: [20Gi, 40Gi], recovery: RECOVERY}
events: [EVENT]
"""


@pytest.fixture
def load(tmp_path: Path):
    def read(recovery: str = "{to: there}", event: str = "") -> Case:
        file = tmp_path / "pair.yaml"
        file.write_text(SCENARIO.replace("RECOVERY", recovery).replace("EVENT", event))
        return oc.load(file)

    return read


def test_what_is_left_out_is_assumed_and_said(load) -> None:
    case = load()
    (db,) = case.plan.workloads
    assert db.recovery == Recovery(
        source="backup",
        to="there",
        every_ms=DAY_MS,
        data_bytes=60 * GIB,
        bytes_per_s=50 * MIB,
        decide=Duration("constant", 30 * MINUTE_MS),
        boot=Duration("constant", MINUTE_MS),
    )
    names = {each.name for each in case.assumptions if each.applies_to == "db"}
    assert names == {
        "recovery.boot",
        "recovery.bytes_per_s",
        "recovery.decide",
        "recovery.streams",
    }


def test_what_is_said_counts(load) -> None:
    said = (
        "{from: replica, to: there, every: 15m, at: 1h, decide: {distribution: lognormal, mean: 1h,"
        " shape: 0.5}, boot: 2m, failBack: 8h}"
    )
    case = load(said)
    recovery = case.plan.workloads[0].recovery
    assert recovery is not None
    assert (recovery.source, recovery.every_ms, recovery.from_ms) == (
        "replica",
        15 * MINUTE_MS,
        HOUR_MS,
    )
    # The disks are there: nothing is restored.
    assert (recovery.data_bytes, recovery.bytes_per_s) == (0, 0)
    assert recovery.decide == Duration("lognormal", HOUR_MS, 0.5)
    assert recovery.fail_back == Duration("constant", 8 * HOUR_MS)
    assert not [each for each in case.assumptions if each.name.startswith("recovery")]


@pytest.mark.parametrize(
    ("recovery", "error"),
    [
        ("{to: ther}", "there is no cluster 'ther'"),
        ("{to: here}", "is the cluster that they are lost with"),
        ("{}", "'to' is missing: VMs of a lost cluster come back on another one"),
        ("{to: there, every: 0s}", "must be more than zero"),
        ("{to: there, from: tape}", "must be one of backup, replica, image"),
        ("{to: there, rate: 0}", "must be more than zero"),
        ("{to: there, streams: 0}", "at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(load, recovery: str, error: str) -> None:
    with pytest.raises(ScenarioError, match=error):
        load(recovery)


def test_show_tells_how_vms_come_back(load) -> None:
    shown = {table.title: table for table in load("{to: there, every: 6h, failBack: 4h}").tables}
    assert shown["Recovery on another cluster"].rows == (
        (
            "db",
            "there",
            "backup",
            "every 6h",
            "60Gi",
            "50Mi/s, one a worker",
            "in 30m",
            "in 1m",
            "4h",
        ),
    )
    shown = {table.title: table for table in load("{to: there, from: image}").tables}
    (row,) = shown["Recovery on another cluster"].rows
    assert row[2:4] == ("image", "-")


def test_a_backup_of_nothing_is_warned_of(load, tmp_path: Path) -> None:
    told = "its VMs have no disks that a backup would restore; say data"
    assert not any(told in each for each in load().warnings)
    assert not any(told in each for each in load("{to: there, from: image}").warnings)
    bare = tmp_path / "bare.yaml"
    text = (tmp_path / "pair.yaml").read_text().replace("from: image", "from: backup")
    bare.write_text(text.replace("disks: [20Gi, 40Gi], ", ""))
    assert any(told in each for each in oc.load(bare).warnings)


def test_a_region_is_all_clusters_with_that_label(load) -> None:
    case = load(event="{kind: region-loss, region: a, at: 1h, repair: 2h}")
    found = [(each.cluster, each.at_ms) for each in case.plan.cluster_losses]
    assert found == [("here", HOUR_MS), ("hub", HOUR_MS)]
    with pytest.raises(ScenarioError, match="there is no region 'c'; known: a, b"):
        load(event="{kind: region-loss, region: c, at: 1h}")


@pytest.mark.parametrize("kind", ["region-loss, region: a", "zone-loss, zone: x"])
def test_what_is_lost_now_and_then_goes_and_returns_together(load, kind: str) -> None:
    event = f"{{kind: {kind}, every: 10d, repair: {{distribution: exponential, mean: 1d}}}}"
    rows = oc.simulate(load(event=event), until="90d", seed=3).events.rows()
    what = "cluster" if "region" in kind else "node"
    for told in (f"{what}-lost", f"{what}-returned"):
        times = Counter(row["time_ms"] for row in rows if row["kind"] == told)
        assert len(times) > 2
        assert set(times.values()) == {2}, "both clusters, or both nodes"


@pytest.mark.parametrize("kind", ["region-loss, region: a", "zone-loss, zone: x"])
def test_such_a_loss_has_a_moment_or_a_rate(load, kind: str) -> None:
    with pytest.raises(ScenarioError, match="needs either at or every"):
        load(event=f"{{kind: {kind}}}")


def test_a_zone_is_all_nodes_with_that_label(load) -> None:
    case = load(event="{kind: zone-loss, zone: x, at: 1h, repair: 2h}")
    assert [each.node for each in case.plan.losses] == ["here-worker-0", "here-worker-2"]
    assert {each.at_ms for each in case.plan.losses} == {HOUR_MS}
    with pytest.raises(ScenarioError, match="there is no zone 'z'; known: x, y"):
        load(event="{kind: zone-loss, zone: z, at: 1h}")
    with pytest.raises(ScenarioError, match="there is no cluster 'her'"):
        load(event="{kind: zone-loss, zone: x, cluster: her, at: 1h}")
