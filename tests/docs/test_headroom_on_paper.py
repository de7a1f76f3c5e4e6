"""The clusters of docs/examples/headroom.yaml: what the page says is what is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
MIB = 1 << 20


@pytest.fixture(scope="module")
def room() -> oc.Headroom:
    return oc.headroom(oc.load(EXAMPLES / "headroom.yaml"))


@pytest.fixture(scope="module")
def page() -> str:
    return (EXAMPLES / "headroom.md").read_text(encoding="utf-8")


def in_mib(step: object) -> tuple[int, int]:
    return step.cpu_milli, step.memory_bytes // MIB


def test_three_disks_of_4_tib_are_used_up_by_fifty_vms_of_60_gib(room: oc.Headroom) -> None:
    usable_gib = 3 * 4 * 1024 * 75 // 100 // 3
    (web, *_) = room.clusters["storage-bound"].fits
    assert (web.shape, web.count, web.binding) == ("web", usable_gib // 60 - 1, "storage:odf")
    assert web.by_nodes == 3 * ((524_288 - 3_649) // 4_354) - 1
    assert "a VM asks for 60.0 GiB, and 3,012.0 GiB are left" in web.message


def test_the_ladder_is_the_table_of_the_page(page: str) -> None:
    ladder = oc.ladder(oc.load(EXAMPLES / "headroom.yaml"), cluster="storage-bound")
    found = {rung.constraint: rung.vms for rung in ladder.clusters["storage-bound"].rungs}
    section = page.partition("| what | arithmetic")[2].partition("\n\n")[0]
    told = [line.split("|")[-2].strip() for line in section.splitlines()[2:]]
    names = ["storage:odf", "memory", "pods", "cpu", "devices.kubevirt.io/kvm"]
    assert [f"{found[name]:,}" for name in names] == told
    assert list(found)[:4] == names[:4]


def test_the_steps_are_the_table_of_the_page(room: oc.Headroom, page: str) -> None:
    fall = room.clusters["paged"].waterfall
    for name in ("capacity", "platform_pods", "virtualization", "guest_requests", "free"):
        step = fall.capacity if name == "capacity" else fall.step(name)
        cpu, mib = in_mib(step)
        words = f"| {name.replace('_', ' ')} |"
        (line,) = (row for row in page.splitlines() if row.startswith(words))
        assert line.endswith(f"| {cpu:,} | {mib:,} |")
    assert in_mib(fall.step("launcher_overhead")) == (0, 3 * 382)
    assert fall.step("hugepages_idle").hugepages_bytes == 3 * 8 << 30


def test_the_verdict_flips_with_the_denominator(room: oc.Headroom, page: str) -> None:
    shares = room.clusters["paged"].shares
    assert [share.verdict for share in shares] == ["above", "below", "above"]
    for share in shares:
        assert f"| {share.cpu_percent} % | {share.memory_percent} % | {share.verdict} |" in page


def test_what_no_shape_can_use_is_stranded(room: oc.Headroom) -> None:
    fall = room.clusters["lopsided"].waterfall
    assert fall.stranded.cpu_milli == 8_000 - 1_021 - 400
    assert fall.stranded.memory_bytes // MIB in (1_150, 1_151)  # the overhead ends in an odd byte
    assert fall.step("free").cpu_milli == 6_579 + 6_979
