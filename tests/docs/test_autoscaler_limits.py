"""Limits of the architecture's autoscaler, and what each variant of the example shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
REFUSED = ("memory.min: '64Gi'", "memory.max: '4000Gi'", "no kind MachineAutoscaler")


def limits_of(variant):
    return oc.limits(oc.load(SCENARIOS / "autoscaler.yaml", variant=variant)).clusters["production"]


def scaled(variant):
    return oc.simulate(oc.load(SCENARIOS / "autoscaler.yaml", variant=variant)).scaling[
        "production"
    ]


@pytest.mark.parametrize(("variant", "refused"), [(None, REFUSED), ("intended", ())])
def test_in_the_architecture_max_replicas_binds_first(variant, refused) -> None:
    found = oc.limits(oc.load(SCENARIOS / "rh-ove.yaml", variant=variant)).clusters
    assert [name for name, each in found.items() if each.rooms] == [
        "production-primary",
        "production-secondary",
    ]
    for each in (found["production-primary"], found["production-secondary"]):
        assert {room.group: dict(room.rooms) for room in each.rooms} == {
            "worker": {"maxReplicas": 11, "maxNodesTotal": 35, "cores": 20, "memory": 20}
        }
        assert each.rooms[0].binding == ("maxReplicas",)
        assert each.applies == (not refused)
        assert len(each.refused) == len(refused)
        assert all(words in why for words, why in zip(refused, each.refused, strict=True))


@pytest.mark.parametrize(
    ("variant", "room", "binding"),
    [(None, 6, ("memory",)), ("roomier", 7, ("maxNodesTotal", "cores"))],
)
def test_the_wave_ends_at_the_limit_that_binds(variant, room, binding) -> None:
    pool = limits_of(variant).rooms[0]
    assert (pool.room, pool.binding) == (room, binding)
    run = scaled(variant)
    assert run.groups[0].nodes_most == pool.machines + room
    assert run.waits.max_ms > run.waits.p50_ms > 0
    assert run.waits.still == 0


def test_vms_that_may_be_moved_let_machines_go() -> None:
    kept, moved = scaled(None), scaled("safe-to-evict")
    assert "BlockedByPod (NotReplicated)" in kept.not_scaled_down
    assert "BlockedByPod (NotReplicated)" not in moved.not_scaled_down
    assert moved.groups[0].node_ms < 0.9 * kept.groups[0].node_ms


@pytest.mark.parametrize(
    ("variant", "added", "why"),
    [
        ("from-zero", {}, ["node(s) didn't match Pod's node affinity/selector"]),
        (
            "from-zero-labelled",
            {},
            ["Insufficient devices.kubevirt.io/kvm", "Insufficient hugepages-1Gi"],
        ),
        ("from-one", {"database": 2}, []),
    ],
)
def test_a_pool_without_machines_gets_none(variant, added, why) -> None:
    waiting = limits_of(variant).waiting
    assert dict(waiting.added) == added
    told = " ".join(each.autoscaler_message for each in waiting.pending)
    assert bool(told) == bool(why)
    assert all(words in told for words in why)
    grown = {each.name: each.joined for each in scaled(variant).groups}
    assert bool(grown["database"]) == bool(added)


@pytest.mark.parametrize(
    ("variant", "grown"),
    [
        ("random", None),
        ("least-waste", {"worker": 3, "large": 0}),
        ("priority", {"worker": 0, "large": 1}),
        ("most-pods", None),
        ("least-nodes", {"worker": 0, "large": 1}),
    ],
)
def test_the_expander_chooses_the_pool(variant, grown) -> None:
    """Both pools take all that waits, so that most-pods leaves it to chance as random does."""
    either = ({"worker": 3, "large": 0}, {"worker": 0, "large": 1})
    run = scaled(variant)
    assert {each.name: each.joined for each in run.groups} in ((grown,) if grown else either)
    assert run.waits.still == 0


def test_every_variant_is_shown_by_a_test() -> None:
    """Names below ``variants`` of the example, beside those above."""
    text = (SCENARIOS / "autoscaler.yaml").read_text(encoding="utf-8").partition("\nvariants:")[2]
    named = {
        line.strip().split(":")[0]
        for line in text.splitlines()
        if line.startswith("  ") and line[2].isalpha()
    }
    own = Path(__file__).read_text(encoding="utf-8")
    assert named == {name for name in named if f'"{name}"' in own}
    assert len(named) == 10
