"""The pod as a whole: where it may go, how it is called, and that shapes share it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.node_labels import virtualization_devices, virtualization_labels
from ove_capacity.model.selector import Requirement
from ove_capacity.model.virtualization import KubeVirt
from tests.unit.kubevirt.build import RECORDED, configured, rendered, vmi

STRICT = {"developerConfiguration": {"featureGates": ["HypervStrictCheck"]}}
BASE = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
Q35 = {"machine-type.node.kubevirt.io/q35": "true"}


def selector(domain, rules, kubevirt=None, **spec):
    """Labels beside those of every VM."""
    found = dict(rendered(vmi(domain, **spec), rules, kubevirt).spec.node_selector)
    return {key: value for key, value in found.items() if key not in BASE | Q35}


@pytest.mark.parametrize(("rules", "expected"), [("v1.1.0", BASE), ("v1.8.4", BASE | Q35)])
def test_every_vm_goes_to_a_schedulable_node_of_its_architecture(rules, expected):
    assert rendered(vmi(), rules).spec.node_selector == expected


@pytest.mark.parametrize(
    ("domain", "early", "late"),
    [
        (
            {"cpu": {"dedicatedCpuPlacement": True}},
            {"cpumanager": "true"},
            {"kubevirt.io/cpumanager": "true"},
        ),
        ({"cpu": {"realtime": {}}}, {"kubevirt.io/realtime": ""}, {"kubevirt.io/realtime": "true"}),
        (
            {"launchSecurity": {"sev": {"policy": {"encryptedState": True}}}},
            {"kubevirt.io/sev": "", "kubevirt.io/sev-es": ""},
            {"kubevirt.io/sev": "true", "kubevirt.io/sev-es": "true"},
        ),
        (
            {"launchSecurity": {"snp": {}}},
            {},
            {"kubevirt.io/sev": "true", "kubevirt.io/sev-snp": "true"},
        ),
        ({"launchSecurity": {"tdx": {}}}, {}, {"kubevirt.io/tdx": "true"}),
        (
            {"cpu": {"model": "Penryn"}},
            {"cpu-model.node.kubevirt.io/Penryn": "true"},
            {"cpu-model.node.kubevirt.io/Penryn": "true"},
        ),
        ({"cpu": {"model": "host-passthrough"}}, {}, {}),
        (
            {"cpu": {"features": [{"name": "avx"}, {"name": "apic", "policy": "optional"}]}},
            {"cpu-feature.node.kubevirt.io/avx": "true"},
            {"cpu-feature.node.kubevirt.io/avx": "true"},
        ),
    ],
)
def test_labels_follow_from_the_vm(domain, early, late):
    assert selector(domain, "v1.1.0") == early
    assert selector(domain, "v1.8.4") == late
    assert selector(domain, "v1.9.0") == late


def test_secure_execution_needs_a_label_on_s390x():
    of = {"launchSecurity": {}}
    found = selector(of, "v1.9.0", architecture="s390x")
    assert found.pop("kubevirt.io/s390-pv") == "true"
    assert "kubevirt.io/s390-pv" not in selector(of, "v1.9.0")


@pytest.mark.parametrize("rules", RECORDED)
def test_hyperv_features_are_demanded_of_the_node_under_the_strict_check(rules):
    domain = {"features": {"hyperv": {"synictimer": {}, "relaxed": {}, "evmcs": {}}}}
    found = selector(domain, rules, configured(**STRICT))
    hyperv = {f"hyperv.node.kubevirt.io/{name}" for name in ("synic", "synictimer", "vpindex")}
    vmx = {"cpu-feature.node.kubevirt.io/vmx"}
    assert found.keys() == hyperv | vmx | {"cpu-vendor.node.kubevirt.io/Intel"}
    assert selector(domain, rules).keys() == vmx


@pytest.mark.parametrize(
    "domain",
    [
        {"cpu": {"features": [{"name": "invtsc", "policy": "require"}]}},
        {"features": {"hyperv": {"reenlightenment": {}}}},
    ],
)
def test_a_clock_that_depends_on_the_host_pins_its_frequency(domain):
    label = "scheduling.node.kubevirt.io/tsc-frequency-2500000000"
    kubevirt = KubeVirt(tsc_frequency_hz=2_500_000_000)
    assert selector(domain, "v1.9.0", kubevirt)[label] == "true"
    assert label not in selector(domain, "v1.9.0")
    assert label not in selector({}, "v1.9.0", kubevirt)


def test_what_follows_from_the_vm_beats_its_own_selector_and_that_the_clusters():
    kubevirt = configured(developerConfiguration={"nodeSelectors": {"zone": "c", "kvm": "yes"}})
    own = {"zone": "v", "kubevirt.io/cpumanager": "no", "kubernetes.io/arch": "arm64"}
    pinned = {"cpu": {"dedicatedCpuPlacement": True}}
    found = rendered(vmi(pinned, nodeSelector=own), "v1.9.0", kubevirt).spec.node_selector
    assert (found["zone"], found["kvm"], found["kubernetes.io/arch"]) == ("v", "yes", "arm64")
    assert found["kubevirt.io/cpumanager"] == "true"


OBSOLETE = Requirement("node-labeller.kubevirt.io/obsolete-host-model", "DoesNotExist")
NO_AVX = Requirement("cpu-feature.node.kubevirt.io/avx", "DoesNotExist")
FORBID = [{"name": "avx", "policy": "forbid"}]


@pytest.mark.parametrize(
    ("cpu", "arch", "expected"),
    [
        ({}, "", (OBSOLETE,)),
        ({"features": FORBID}, "", (OBSOLETE, NO_AVX)),
        ({"model": "Penryn", "features": FORBID}, "", (NO_AVX,)),
        ({"model": "Penryn"}, "", None),
        ({}, "arm64", None),
    ],
)
def test_obsolete_hosts_and_forbidden_features_are_avoided(cpu, arch, expected):
    terms = rendered(vmi({"cpu": cpu}, architecture=arch)).spec.affinity.node_required
    assert (terms and tuple(term.match_expressions for term in terms)) == (expected and (expected,))


def test_what_is_avoided_is_added_to_each_of_the_vms_terms():
    terms = [{"matchExpressions": [{"key": key, "operator": "Exists"}]} for key in "ab"]
    required = {"nodeSelectorTerms": terms}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    found = rendered(vmi(affinity=affinity)).spec.affinity.node_required
    assert [term.match_expressions[1:] for term in found] == [(OBSOLETE,), (OBSOLETE,)]


@pytest.mark.parametrize(("grace", "expected"), [(None, 60), (0, 30), (180, 210)])
def test_a_pod_outlives_the_grace_of_its_guest_by_30_seconds(grace, expected):
    spec = {} if grace is None else {"terminationGracePeriodSeconds": grace}
    assert rendered(vmi(**spec)).spec.termination_grace_period_seconds == expected


def test_labels_name_the_vm_for_anti_affinity():
    of = replace(vmi(), name="db.0", labels={"app": "db"})
    labels = rendered(of, "v1.1.0").labels
    assert (labels["app"], labels["kubevirt.io"]) == ("db", "virt-launcher")
    assert labels["vm.kubevirt.io/name"] == "db"
    assert rendered(replace(of, hostname="h"), "v1.1.0").labels["vm.kubevirt.io/name"] == "h"
    assert "vmi.kubevirt.io/id" not in labels


def test_a_name_too_long_for_a_label_is_cut_and_hashed():
    of = replace(vmi(), name="a" * 70)
    labels = rendered(of, "v1.9.0").labels
    assert labels["vmi.kubevirt.io/id"] == "a" * 54 + "-ed6c69d9"
    assert labels["vm.kubevirt.io/name"] == "a" * 63


def test_vms_of_one_shape_share_one_spec():
    kubevirt = KubeVirt()
    one, two = (launcher_pod(replace(vmi(), name=name), kubevirt, "v1.9.0") for name in "ab")
    assert one.spec is two.spec
    assert (one.name, one.key) == ("virt-launcher-a", "default/virt-launcher-a")
    other = launcher_pod(vmi(), replace(kubevirt, cpu_allocation_ratio=5), "v1.9.0")
    assert other.spec is not one.spec


def test_scheduling_fields_are_passed_on():
    pod = rendered(
        vmi(
            priorityClassName="high",
            schedulerName="mine",
            tolerations=[{"key": "k", "operator": "Exists"}],
        ),
        kubevirt=configured(defaultRuntimeClass="kata"),
    )
    spec = pod.spec
    assert (spec.priority_class_name, spec.scheduler_name) == ("high", "mine")
    assert (spec.runtime_class_name, spec.tolerations[0].key) == ("kata", "k")


def test_cross_architecture_vms_prefer_their_own_kind():
    gate = {"developerConfiguration": {"featureGates": ["CrossArchitectureVirtualization"]}}
    spec = rendered(vmi(architecture="arm64"), kubevirt=configured(**gate)).spec
    assert "kubernetes.io/arch" not in spec.node_selector
    assert spec.node_selector["kubevirt.io/vm-arch-arm64"] == "true"
    (preferred,) = spec.affinity.node_preferred
    assert preferred.term.match_expressions[0].values == ("arm64",)


@pytest.mark.parametrize("rules", ["v1.0.1", *RECORDED])
def test_a_node_with_our_labels_and_devices_takes_plain_and_windows_vms(rules):
    labels = virtualization_labels(rules, static_cpu_manager=True)
    windows = {
        "cpu": {"dedicatedCpuPlacement": True},
        "features": {"hyperv": {"synictimer": {}, "tlbflush": {}, "reenlightenment": {}}},
    }
    for domain in ({}, windows):
        spec = rendered(vmi(domain), rules, configured(**STRICT)).spec
        assert spec.node_selector.items() <= labels.items()
        wanted = {name for name in spec.containers[0].requests if name.startswith("devices.")}
        assert wanted <= virtualization_devices().keys()
