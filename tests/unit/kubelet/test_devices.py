"""The device manager."""

from __future__ import annotations

import pytest

from ove_capacity.kubelet.admit import release
from ove_capacity.kubelet.devices import TakenDevices, allocate_devices, device_hints
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.model.pod import Container
from ove_capacity.quantity import Quantity
from tests.unit.kubelet.build import container, kubelet, let_in, machine, pod, text_of

GPU = "nvidia.com/gpu"


def hinted(total, free, count: int, reusable=None):
    found = device_hints({"gpu": total}, {"gpu": free}, {"gpu": reusable or {}}, (("gpu", count),))
    return None if found["gpu"] is None else [text_of(hint) for hint in found["gpu"]]


@pytest.mark.parametrize(
    ("total", "free", "count", "found"),
    [
        ({0: 2, 1: 2}, {0: 2, 1: 2}, 2, ["0*", "1*", "0,1"]),
        ({0: 2, 1: 2}, {0: 1, 1: 1}, 2, ["0,1"]),  # those in use count for how few would do
        ({0: 2, 1: 2}, {0: 2, 1: 1}, 3, ["0,1*"]),
        ({0: 2, 1: 2}, {0: 0, 1: 1}, 2, []),
        ({0: 1, 2: 1}, {0: 1, 2: 1}, 1, ["0*", "2*", "0,2"]),  # cells without devices are left out
        ({-1: 5}, {-1: 0}, 1, None),  # devices of no cell: no preference, even when too few
    ],
)
def test_hints_cover_the_cells_that_have_such_devices(total, free, count, found):
    assert hinted(total, free, count) == found


def test_devices_that_init_containers_left_must_lie_inside():
    assert hinted({0: 2, 1: 2}, {0: 1, 1: 2}, 2, {0: 1}) == ["0*", "0,1"]


@pytest.mark.parametrize(
    ("reusable", "count", "cells", "reused", "fresh"),
    [
        ({}, 2, None, {}, {0: 2}),
        ({}, 2, 0b10, {}, {1: 2}),
        ({}, 3, 0b10, {}, {1: 2, 0: 1}),
        ({1: 1}, 2, 0b01, {1: 1}, {0: 1}),
        ({0: 2}, 1, None, {0: 1}, {}),
        ({}, 0, None, {}, {}),
    ],
)
def test_left_ones_first_then_those_of_the_cells_then_others(reusable, count, cells, reused, fresh):
    all_free = {0: 2, 1: 2}
    taken = allocate_devices(GPU, all_free, all_free, reusable, count, cells)
    assert taken == TakenDevices(reused, fresh)


@pytest.mark.parametrize("count", [0, 1])
def test_a_plugin_that_offers_nothing_lets_no_pod_name_its_resource(count):
    on = kubelet("restricted", machine(devices={GPU: {0: 0}}))
    assert let_in(on, pod(container(gpu=count))).refusal.message == (
        "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices "
        f"{GPU}, which is unexpected"
    )


def test_too_few_fail_under_every_policy_that_lets_them_try():
    on = kubelet("best-effort", machine(devices={GPU: {0: 1, 1: 1}}))
    verdict = let_in(on, pod(container(gpu=2)), pod(container(gpu=1)))
    assert verdict.refusal.reason == "UnexpectedAdmissionError"
    assert (
        f"requested number of devices unavailable for {GPU}. Requested: 1, Available: 0"
        in verdict.refusal.message
    )
    strict = kubelet("restricted", machine(devices={GPU: {0: 1, 1: 1}}))
    assert let_in(strict, pod(container(gpu=3))).refusal.reason == "TopologyAffinityError"


def test_an_app_container_takes_over_what_its_init_container_had():
    on = kubelet("best-effort", machine(devices={GPU: {0: 1}}))
    verdict = let_in(on, pod(container(gpu=1), init=(container("i", gpu=1),)))
    assert verdict.refusal is None
    assert [each.devices for each in verdict.containers] == [{GPU: {0: 1}}, {GPU: {0: 1}}]
    assert release(on, verdict.state, "p0").devices == {GPU: {0: 1}}


def test_a_sidecar_keeps_its_devices():
    on = kubelet("best-effort", machine(devices={GPU: {0: 1}}))
    verdict = let_in(on, pod(container(gpu=1), init=(container("s", gpu=1, sidecar=True),)))
    assert verdict.refusal is not None
    assert verdict.state.devices == {GPU: {0: 1}}


def test_what_no_plugin_offers_is_not_the_managers_business():
    assert let_in(kubelet("restricted"), pod(container(gpu=1))).refusal is None


def test_devices_of_any_pod_are_aligned_by_their_limits():
    on = kubelet("restricted", machine(devices={GPU: {1: 1}}))
    burstable = Container("b", limits={GPU: Quantity.of(1)})
    got = let_in(on, pod(burstable)).containers[0]
    assert text_of(got.hint) == "1*"


def test_one_device_on_one_cell_keeps_the_whole_pod_there():
    on = kubelet("single-numa-node", machine(devices={GPU: {1: 1}}))
    got = let_in(on, pod(container(cpu=2, gpu=1))).containers[0]
    assert (text_of(got.hint), got.cpus.bit_count()) == ("1*", 2)


@pytest.mark.parametrize(("kubernetes", "found"), [("1.34", ["1*", "0,1"]), ("1.35", ["1*"])])
def test_up_to_1_34_cells_without_devices_were_named_too(kubernetes, found):
    on = kubelet("best-effort", machine(devices={GPU: {1: 1}}), rules=kubelet_rules(kubernetes))
    asked = let_in(on, pod(container(gpu=1))).asked[0]
    assert [text_of(hint) for hint in asked.hints[GPU]] == found
