"""Instancetypes size, preferences fill in, conflicts are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.manifests.instancetypes import (
    common_instancetype,
    common_preference,
    preference_of,
)
from ove_capacity.model.instancetype import Preference
from ove_capacity.quantity import Quantity
from tests.unit.kubevirt.build import MIB, compute, rendered, texts, vmi

U1 = common_instancetype("u1.medium")
EIGHT = replace(U1, cpu_guest=8)


def topology(instancetype, preference, rules):
    cpu = apply(vmi({}), instancetype, preference, rules).spec.domain.cpu
    return cpu.sockets, cpu.cores, cpu.threads


@pytest.mark.parametrize(
    ("preference", "early", "late"),
    [
        (Preference(), (8, 1, 1), (8, 1, 1)),
        (Preference("preferCores"), (1, 8, 1), (1, 8, 1)),
        (Preference("cores"), (1, 1, 1), (1, 8, 1)),
        (Preference("preferThreads"), (1, 1, 8), (1, 1, 8)),
        (Preference("any"), (1, 1, 1), (8, 1, 1)),
        (Preference("preferSpread"), (4, 2, 1), (4, 2, 1)),
        (Preference("spread"), (1, 1, 1), (4, 2, 1)),
        (Preference("preferSpread", spread_socket_to_core_ratio=4), (2, 4, 1), (2, 4, 1)),
        (Preference("preferSpread", spread_ratio=4), (4, 2, 1), (2, 4, 1)),
        (Preference("spread", "CoresThreads"), (1, 1, 1), (1, 4, 2)),
        (Preference("spread", "SocketsCoresThreads"), (1, 1, 1), (2, 2, 2)),
        (Preference("spread", "SocketsCoresThreads", 4), (1, 1, 1), (1, 4, 2)),
    ],
)
def test_a_preference_shapes_the_topology(preference, early, late):
    assert topology(EIGHT, preference, "v1.1.0") == early
    assert topology(EIGHT, preference, "v1.8.4") == late
    assert topology(EIGHT, preference, "v1.9.0") == late


def test_one_vcpu_needs_no_topology_in_later_releases():
    assert topology(U1, Preference("preferSpread"), "v1.9.0") == (1, 1, 1)
    assert topology(U1, Preference("preferSpread"), "v1.1.0") == (0, 2, 1)


@pytest.mark.parametrize(
    ("percent", "expected"), [(15, 6388764160), (50, 3758096384), (90, 751619456)]
)
def test_overcommit_is_computed_in_32_bit_floats(percent, expected):
    seven = replace(U1, memory_guest=Quantity.parse("7Gi"), overcommit_percent=percent)
    domain = apply(vmi({}), seven, None, "v1.9.0").spec.domain
    assert domain.resources.requests["memory"].value == expected


@pytest.mark.parametrize(
    ("domain", "field"),
    [
        ({"cpu": {"cores": 2}}, "domain.cpu.cores"),
        ({"memory": {"guest": "1Gi"}}, "domain.memory.guest"),
        ({"resources": {"requests": {"cpu": 1}}}, "domain.resources.requests.cpu"),
        ({"resources": {"limits": {"memory": "1Gi"}}}, "domain.resources.limits.memory"),
        ({"ioThreadsPolicy": "auto"}, "domain.ioThreadsPolicy"),
        ({"cpu": {"dedicatedCpuPlacement": True}}, "domain.cpu.dedicatedCPUPlacement"),
        ({"memory": {"hugepages": {"pageSize": "2Mi"}}}, "domain.memory.hugepages"),
    ],
)
def test_a_field_set_on_both_sides_is_a_conflict(domain, field):
    with pytest.raises(RenderError, match=field):
        apply(vmi(domain), common_instancetype("cx1.medium"), None, "v1.9.0")


def test_an_instancetype_left_no_room_for_other_memory_fields_before_v1_7():
    pages = vmi({"memory": {"hugepages": {"pageSize": "2Mi"}}})
    assert apply(pages, U1, None, "v1.8.4").spec.domain.memory.hugepages_page_size == "2Mi"
    with pytest.raises(RenderError, match=r"domain\.memory"):
        apply(pages, U1, None, "v1.1.0")


def test_a_field_that_a_release_does_not_know_is_no_conflict():
    pooled = vmi({"ioThreads": {"supplementalPoolThreadCount": 4}})
    wanted = replace(U1, supplemental_pool_thread_count=2)
    assert apply(pooled, wanted, None, "v1.1.0").spec.domain.supplemental_pool_thread_count == 4
    with pytest.raises(RenderError, match="supplementalPoolThreadCount"):
        apply(pooled, wanted, None, "v1.9.0")


def test_annotations_conflict_only_when_they_differ():
    n1 = common_instancetype("n1.medium")
    (key, value), *_ = n1.annotations.items()
    assert apply(vmi({}, annotations={key: value}), n1, None, "v1.9.0").annotations[key] == value
    with pytest.raises(RenderError, match="annotations"):
        apply(vmi({}, annotations={key: "other"}), n1, None, "v1.9.0")


def test_windows_has_a_tpm_no_virtio_network_and_an_hour_of_grace():
    windows = common_preference("windows.2k22.virtio")
    plain = common_preference("windows.2k22")
    merged = apply(vmi({}), U1, plain, "v1.9.0")
    assert rendered(merged).spec.termination_grace_period_seconds == 3630
    assert "devices.kubevirt.io/vhost-net" not in compute(merged).requests
    assert (
        "devices.kubevirt.io/vhost-net" in compute(apply(vmi({}), U1, windows, "v1.9.0")).requests
    )
    without = apply(vmi({"devices": {"tpm": {"enabled": False}}}), U1, plain, "v1.9.0")
    difference = (
        compute(merged).requests["memory"].value - compute(without).requests["memory"].value
    )
    assert difference == 53 * MIB


@pytest.mark.parametrize(
    ("name", "cpu", "memory"),
    [
        ("u1.medium", "100m", 262144001 + (4 << 30)),
        ("u1.8xlarge", "3200m", 782237697 + (128 << 30)),
    ],
)
def test_common_instancetypes_render_as_measured_on_v1_1(name, cpu, memory):
    container = compute(apply(vmi({}), common_instancetype(name), None, "v1.1.0"), "v1.1.0")
    assert texts(container.requests)["cpu"] == cpu
    assert container.requests["memory"].value == memory


@pytest.mark.parametrize(
    ("name", "overhead"), [("u1.medium", 281018368), ("u1.8xlarge", 541065216)]
)
def test_common_instancetypes_render_as_measured_on_v1_9(name, overhead):
    instancetype = common_instancetype(name)
    container = compute(apply(vmi({}), instancetype, None, "v1.9.0"))
    assert container.requests["memory"].value == overhead + instancetype.memory_guest.value


def test_the_vm_beats_its_preference():
    preference = preference_of(
        {
            "spec": {
                "devices": {
                    "preferredInterfaceModel": "e1000e",
                    "preferredAutoattachGraphicsDevice": False,
                    "preferredAutoattachPodInterface": False,
                },
                "cpu": {"preferredCPUFeatures": [{"name": "avx", "policy": "forbid"}]},
                "machine": {"preferredMachineType": "pc"},
                "preferredArchitecture": "arm64",
                "preferredTerminationGracePeriodSeconds": 5,
            }
        }
    )
    own = {
        "devices": {
            "autoattachGraphicsDevice": True,
            "interfaces": [{"name": "n", "model": "virtio"}, {"name": "m"}],
        },
        "cpu": {"features": [{"name": "avx", "policy": "require"}]},
        "machine": {"type": "q35"},
    }
    spec = apply(vmi(own, terminationGracePeriodSeconds=1), None, preference, "v1.9.0").spec
    domain = spec.domain
    assert domain.devices.autoattach_graphics_device is True
    assert [each.model for each in domain.devices.interfaces] == ["virtio", "e1000e"]
    assert [each.policy for each in domain.cpu.features] == ["require"]
    assert (domain.machine_type, spec.termination_grace_period_seconds) == ("q35", 1)
    assert spec.architecture == "arm64"
    silent = apply(vmi({}), None, preference, "v1.1.0").spec
    assert silent.domain.devices.interfaces == ()
    assert (silent.architecture, silent.domain.machine_type) == ("", "pc")
