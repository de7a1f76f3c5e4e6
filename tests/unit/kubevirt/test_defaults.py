"""What the webhook writes into a VMI."""

from __future__ import annotations

import pytest

from ove_capacity.kubevirt.defaults import with_defaults
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import CpuFeature
from tests.unit.kubevirt.build import RECORDED, configured, texts, vmi


def defaulted(of, rules="v1.9.0", kubevirt=None):
    return with_defaults(of, kubevirt or KubeVirt(), rules_of(rules)).spec


@pytest.mark.parametrize(
    ("arch", "machine", "model"),
    [
        ("", "q35", "host-model"),
        ("arm64", "virt", "host-passthrough"),
        ("s390x", "s390-ccw-virtio", "host-model"),
    ],
)
def test_machine_type_and_cpu_model_follow_the_architecture(arch, machine, model):
    spec = defaulted(vmi(architecture=arch))
    assert (spec.architecture, spec.domain.machine_type) == (arch or "amd64", machine)
    assert spec.domain.cpu.model == model


def test_s390x_has_its_own_machine_type_since_v1_3():
    assert defaulted(vmi(architecture="s390x"), "v1.1.0").domain.machine_type == "q35"


def test_the_cluster_may_choose_machine_type_and_model_and_eviction():
    kubevirt = configured(machineType="pc-q35-9", cpuModel="Skylake", evictionStrategy="External")
    spec = defaulted(vmi(), kubevirt=kubevirt)
    assert spec.domain.machine_type == "pc-q35-9"
    assert (spec.domain.cpu.model, spec.eviction_strategy) == ("Skylake", "External")


@pytest.mark.parametrize(
    ("resources", "cpu_request", "expected"),
    [
        ({}, "250m", {"cpu": "250m"}),
        ({}, "100m", {}),
        ({"limits": {"cpu": "3"}}, "250m", {"cpu": "3"}),
        ({"requests": {"cpu": "1"}}, "250m", {"cpu": "1"}),
    ],
)
def test_the_cluster_cpu_request_comes_last(resources, cpu_request, expected):
    of = vmi({"resources": resources, "memory": {"guest": "1Gi"}})
    spec = defaulted(of, kubevirt=configured(cpuRequest=cpu_request))
    assert texts(spec.domain.resources.requests) == expected


def test_the_cluster_cpu_request_spares_dedicated_cpus():
    of = vmi({"cpu": {"cores": 2, "dedicatedCpuPlacement": True}, "memory": {"guest": "1Gi"}})
    kubevirt = configured(cpuRequest="250m")
    assert "cpu" not in defaulted(of, kubevirt=kubevirt).domain.resources.requests


@pytest.mark.parametrize(
    ("resources", "sockets"),
    [({}, 1), ({"limits": {"cpu": "2500m"}}, 3), ({"requests": {"cpu": "1"}}, 1)],
)
def test_an_empty_topology_takes_sockets_from_the_resources(resources, sockets):
    cpu = defaulted(vmi({"resources": resources, "memory": {"guest": "1Gi"}})).domain.cpu
    assert (cpu.sockets, cpu.cores, cpu.threads) == (sockets, 1, 1)


def test_a_topology_that_is_set_in_part_stays_as_it_is():
    cpu = defaulted(vmi({"cpu": {"cores": 2}})).domain.cpu
    assert (cpu.sockets, cpu.cores, cpu.threads, cpu.vcpus) == (0, 2, 0, 2)


@pytest.mark.parametrize(
    ("domain", "early", "late"),
    [
        ({"memory": {"guest": "1Gi"}}, "1Gi", "1Gi"),
        ({"resources": {"requests": {"memory": "2Gi"}}}, None, "2Gi"),
        ({"resources": {"limits": {"memory": "3Gi"}}}, None, "3Gi"),
        ({"memory": {"hugepages": {"pageSize": "2Mi"}}}, None, "2Mi"),
        ({}, None, None),
    ],
)
def test_absent_guest_memory_is_filled_in_since_v1_3(domain, early, late):
    for rules, expected in (("v1.1.0", early), ("v1.9.0", late)):
        guest = defaulted(vmi(domain), rules).domain.memory.guest
        assert (guest and str(guest)) == expected


def test_memory_is_requested_in_the_vmi_itself_before_v1_6_only():
    kubevirt = configured(developerConfiguration={"memoryOvercommit": 200})
    of = vmi({"memory": {"guest": "8Gi"}})
    assert texts(defaulted(of, "v1.5.0", kubevirt).domain.resources.requests) == {"memory": "4Gi"}
    assert texts(defaulted(of, "v1.6.0", kubevirt).domain.resources.requests) == {}


@pytest.mark.parametrize(
    ("cpu", "configuration", "expected"),
    [
        ({"sockets": 2}, {}, 8),
        ({"cores": 2}, {}, 0),
        ({"sockets": 2, "maxSockets": 3}, {}, 3),
        ({"sockets": 40, "cores": 4, "threads": 1}, {}, 128),
        ({"sockets": 200, "cores": 4, "threads": 1}, {}, 200),
        ({"sockets": 200}, {}, 800),
        ({"sockets": 2}, {"liveUpdateConfiguration": {"maxCpuSockets": 6}}, 6),
        ({"sockets": 8}, {"liveUpdateConfiguration": {"maxCpuSockets": 6}}, 8),
        ({"sockets": 2}, {"liveUpdateConfiguration": {"maxHotplugRatio": 2}}, 4),
        ({"sockets": 2}, {"vmRolloutStrategy": "Stage"}, 0),
    ],
)
def test_sockets_may_be_plugged_up_to_a_limit(cpu, configuration, expected):
    of = vmi({"cpu": cpu, "memory": {"guest": "4Gi"}})
    kubevirt = configured(**configuration)
    assert defaulted(of, kubevirt=kubevirt).domain.cpu.max_sockets == expected
    given = cpu.get("maxSockets", 0)
    assert defaulted(of, "v1.1.0", kubevirt).domain.cpu.max_sockets == given


@pytest.mark.parametrize(
    ("domain", "arch", "expected"),
    [
        ({"memory": {"guest": "4Gi"}}, "amd64", "16Gi"),
        ({"memory": {"guest": "4Gi", "maxGuest": "5Gi"}}, "amd64", "5Gi"),
        ({"memory": {"guest": "512Mi"}}, "amd64", None),
        ({"memory": {"guest": "2049Mi"}}, "amd64", None),
        ({"memory": {"guest": "2050Mi", "hugepages": {"pageSize": "1Gi"}}}, "amd64", None),
        ({"memory": {"guest": "4Gi"}}, "arm64", None),
        ({"memory": {"guest": "4Gi"}}, "s390x", None),
        ({"memory": {"guest": "4Gi"}, "launchSecurity": {"sev": {}}}, "amd64", None),
        ({"memory": {"guest": "4Gi"}, "cpu": {"realtime": {}}}, "amd64", None),
        (
            {"memory": {"guest": "4Gi"}, "cpu": {"numa": {"guestMappingPassthrough": {}}}},
            "amd64",
            None,
        ),
    ],
)
def test_memory_may_be_plugged_where_the_vm_allows_it(domain, arch, expected):
    most = defaulted(vmi(domain, architecture=arch)).domain.memory.max_guest
    assert (most and str(most)) == expected


@pytest.mark.parametrize(
    ("hyperv", "enabled"),
    [
        ({"synictimer": {}}, {"synictimer", "synic", "vpindex"}),
        ({"ipi": {}}, {"ipi", "vpindex"}),
        ({"ipi": {"enabled": False}}, set()),
        ({"relaxed": {}}, {"relaxed"}),
    ],
)
@pytest.mark.parametrize("rules", RECORDED)
def test_hyperv_features_enable_what_they_need(hyperv, enabled, rules):
    of = vmi({"features": {"hyperv": hyperv}})
    states = defaulted(of, rules).domain.hyperv
    assert {name for name, state in states.items() if state} == enabled


def test_evmcs_requires_vmx_unless_a_dependency_was_switched_off():
    vmx = CpuFeature("vmx", "require")
    avx = {"name": "avx", "policy": "optional"}
    plain = vmi({"features": {"hyperv": {"evmcs": {}}}, "cpu": {"cores": 1, "features": [avx]}})
    assert defaulted(plain).domain.cpu.features == (CpuFeature("avx", "optional"), vmx)
    own = {"cpu": {"features": [{"name": "vmx", "policy": "optional"}]}}
    written = vmi({"features": {"hyperv": {"evmcs": {}}}, **own})
    assert defaulted(written).domain.cpu.features == (vmx,)
    broken = vmi({"features": {"hyperv": {"evmcs": {}, "vapic": {"enabled": False}}}})
    assert defaulted(broken).domain.cpu.features == ()


@pytest.mark.parametrize(
    ("devices", "networks", "count"),
    [
        ({}, [], 1),
        ({"autoattachPodInterface": False}, [], 0),
        ({"interfaces": [{"name": "a", "bridge": {}}]}, [], 1),
        ({}, [{"name": "a", "pod": {}}], 0),
    ],
)
def test_the_pod_network_is_attached_when_nothing_is_said_of_networks(devices, networks, count):
    spec = defaulted(vmi({"devices": devices}, networks=networks))
    assert len(spec.domain.devices.interfaces) == count


@pytest.mark.parametrize("rules", ["v1.0.1", *RECORDED])
def test_setting_defaults_twice_changes_nothing(rules):
    once = with_defaults(vmi(), KubeVirt(), rules_of(rules))
    assert with_defaults(once, KubeVirt(), rules_of(rules)) == once
