"""Requests and limits of the compute container."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.model.virtualization import Gates, KubeVirt, NetworkAttachment, Quota
from tests.unit.kubevirt.build import MIB, RECORDED, compute, configured, rendered, texts, vmi

EVEN = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
PINNED = {"dedicatedCpuPlacement": True}
ISOLATED = {**PINNED, "isolateEmulatorThread": True}


def cpu_of(container):
    requests, limits = texts(container.requests), texts(container.limits)
    return requests.get("cpu"), limits.get("cpu")


@pytest.mark.parametrize(
    ("cpu", "ratio", "expected"),
    [
        ({"cores": 3}, 10, "300m"),
        ({"cores": 7}, 3, "2333333334n"),
        ({"cores": 1}, 3, "333333334n"),
        ({"cores": 20}, 10, "2"),
        ({"cores": 5, "sockets": 3}, 2, "7500m"),
        ({"threads": 2}, 1, "2"),
    ],
)
@pytest.mark.parametrize("rules", RECORDED)
def test_shared_cpus_are_divided_by_the_ratio_through_a_printed_float(cpu, ratio, expected, rules):
    kubevirt = configured(developerConfiguration={"cpuAllocationRatio": ratio})
    of = vmi({"cpu": cpu, "memory": {"guest": "1Gi"}})
    assert cpu_of(compute(of, rules, kubevirt)) == (expected, None)


@pytest.mark.parametrize(
    ("cpu", "resources", "early", "late"),
    [
        ({"cores": 4, **PINNED}, {}, ("4", "4"), ("4", "4")),
        ({"cores": 4, **ISOLATED}, {}, ("5", "5"), ("5", "5")),
        ({"cores": 4, **PINNED}, {"limits": {"cpu": "6"}}, ("6", "6"), ("4", "4")),
        ({"cores": 4, **PINNED}, {"requests": {"cpu": "3"}}, ("3", "4"), ("4", "4")),
        ({"cores": 4, **ISOLATED}, {"limits": {"cpu": "6"}}, ("7", "5"), ("5", "5")),
        ({**PINNED}, {"requests": {"cpu": "3"}}, ("3", "3"), ("3", "3")),
    ],
)
def test_dedicated_cpus(cpu, resources, early, late):
    of = vmi({"cpu": cpu, "memory": {"guest": "1Gi"}, "resources": resources})
    assert cpu_of(compute(of, "v1.1.0")) == early
    assert cpu_of(compute(of, "v1.8.4")) == late
    assert cpu_of(compute(of, "v1.9.0")) == late


@pytest.mark.parametrize(
    ("cores", "pool", "policy", "expected"),
    [
        (4, 0, "auto", "6"),
        (5, 0, "auto", "6"),
        (4, 3, "auto", "8"),
        (4, 3, "supplementalPool", "9"),
        (4, 2, "supplementalPool", "8"),
    ],
)
def test_an_emulator_thread_completes_to_an_even_count_as_upstream_counts(
    cores, pool, policy, expected
):
    domain = {
        "cpu": {"cores": cores, **ISOLATED},
        "memory": {"guest": "1Gi"},
        "ioThreadsPolicy": policy,
        "ioThreads": {"supplementalPoolThreadCount": pool},
    }
    gates = Gates(frozenset({"AlignCPUs"}))
    kubevirt = KubeVirt(annotations={EVEN: ""}, gates=gates)
    assert cpu_of(compute(vmi(domain), "v1.9.0", kubevirt)) == (expected, expected)
    written = vmi(domain, annotations={EVEN: ""})
    assert cpu_of(compute(written, "v1.9.0")) == (expected, expected)
    without_gate = KubeVirt(annotations={EVEN: ""})
    assert cpu_of(compute(vmi(domain), "v1.9.0", without_gate)) == (str(cores + pool + 1),) * 2


def test_pool_threads_are_cpus_since_v1_5():
    domain = {"cpu": {"cores": 4}, "ioThreads": {"supplementalPoolThreadCount": 4}}
    assert cpu_of(compute(vmi(domain), "v1.1.0")) == ("400m", None)
    assert cpu_of(compute(vmi(domain), "v1.5.0")) == ("800m", None)


NAMESPACE = {"default": {"limited": "yes", "alpha.kubevirt.io/auto-memory-limits-ratio": "1.5"}}


@pytest.mark.parametrize(
    ("kubevirt", "early", "late"),
    [
        (KubeVirt(quotas=(Quota("default", frozenset({"limits.cpu"})),)), None, "2"),
        (KubeVirt(quotas=(Quota("other", frozenset({"limits.cpu"})),)), None, None),
        (KubeVirt(quotas=(Quota("default", frozenset({"requests.cpu"})),)), None, None),
        (
            KubeVirt(
                namespaces=NAMESPACE,
                auto_cpu_limit_namespaces=LabelSelector((Requirement("limited", "Exists"),)),
            ),
            "2",
            "2",
        ),
        (KubeVirt(auto_cpu_limit_namespaces=LabelSelector()), None, None),
    ],
)
def test_a_cpu_limit_appears_where_a_quota_or_a_label_wants_one(kubevirt, early, late):
    assert cpu_of(compute(vmi(), "v1.1.0", kubevirt))[1] == early
    assert cpu_of(compute(vmi(), "v1.9.0", kubevirt))[1] == late


@pytest.mark.parametrize(
    ("labels", "ratio"),
    [
        ({}, 2.0),
        ({"alpha.kubevirt.io/auto-memory-limits-ratio": "1.5"}, 1.5),
        ({"alpha.kubevirt.io/auto-memory-limits-ratio": "0.5"}, 2.0),
        ({"alpha.kubevirt.io/auto-memory-limits-ratio": "inf"}, 2.0),
        ({"alpha.kubevirt.io/auto-memory-limits-ratio": "much"}, 2.0),
    ],
)
def test_a_memory_limit_is_a_multiple_of_the_request_with_its_overhead(labels, ratio):
    quota = Quota("default", frozenset({"limits.memory"}))
    container = compute(vmi(), kubevirt=KubeVirt(quotas=(quota,), namespaces={"default": labels}))
    assert container.limits["memory"].value == int(container.requests["memory"].value * ratio)
    of = vmi({"resources": {"limits": {"memory": "6Gi"}}})
    assert compute(of, kubevirt=KubeVirt(quotas=(quota,))).limits["memory"].value < 7 << 30


@pytest.mark.parametrize(
    ("memory", "resources", "pages", "request_mib", "limit_mib"),
    [
        ({"guest": "4Gi"}, {}, "4Gi", 0, None),
        ({"guest": "4Gi"}, {"requests": {"memory": "6Gi"}}, "4Gi", 2048, None),
        ({"guest": "4Gi"}, {"requests": {"memory": "2Gi"}}, "2Gi", 0, None),
        ({"guest": "4Gi"}, {"limits": {"memory": "5Gi"}}, "4Gi", 1024, 1024),
        ({"guest": "4Gi"}, {"limits": {"memory": "4Gi"}}, "4Gi", 0, 0),
    ],
)
def test_hugepages_hold_the_guest_and_normal_memory_the_rest(
    memory, resources, pages, request_mib, limit_mib
):
    of = vmi({"memory": {**memory, "hugepages": {"pageSize": "1Gi"}}, "resources": resources})
    container = compute(of)
    assert texts(container.requests)["hugepages-1Gi"] == pages
    overhead = container.requests["memory"].value - request_mib * MIB
    assert 0 < overhead < 400 * MIB
    limit = container.limits.get("memory")
    assert (limit and limit.value) == (None if limit_mib is None else limit_mib * MIB + overhead)
    assert rendered(of).spec.empty_dir_media == {"hugepages": "HugePages"}


@pytest.mark.parametrize("rules", RECORDED)
def test_overhead_may_be_left_to_overcommit_but_never_out_of_a_limit(rules):
    resources = {"requests": {"memory": "4Gi"}, "limits": {"memory": "5Gi"}}
    of = vmi({"resources": {**resources, "overcommitGuestOverhead": True}})
    container = compute(of, rules)
    assert texts(container.requests)["memory"] == "4Gi"
    assert container.limits["memory"].value > 5 << 30


def test_ephemeral_storage_and_other_resources_of_the_vm_are_kept():
    both = {"ephemeral-storage": "1G", "example.com/dongle": "2"}
    of = vmi({"resources": {"requests": both, "limits": both}})
    container = compute(of)
    for resources in (container.requests, container.limits):
        assert texts(resources)["ephemeral-storage"] == "1050M"
        assert texts(resources)["example.com/dongle"] == "2"


def devices_of(domain, rules="v1.9.0", kubevirt=None, **spec):
    requests = texts(compute(vmi(domain, **spec), rules, kubevirt).requests)
    return {
        name.removeprefix("devices.kubevirt.io/"): count
        for name, count in requests.items()
        if "/" in name
    }


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ({}, {"kvm", "tun", "vhost-net"}),
        ({"autoattachPodInterface": False}, {"kvm"}),
        ({"interfaces": [{"name": "n", "model": "e1000e"}]}, {"kvm", "tun"}),
        ({"interfaces": [{"name": "n", "model": "virtio"}]}, {"kvm", "tun", "vhost-net"}),
        ({"autoattachVSOCK": True}, {"kvm", "tun", "vhost-net", "vhost-vsock"}),
        (
            {"disks": [{"name": "d", "lun": {"reservation": True}}]},
            {"kvm", "tun", "vhost-net", "pr-helper"},
        ),
    ],
)
def test_devices_of_the_hypervisor(devices, expected):
    found = devices_of({"devices": devices})
    assert found == dict.fromkeys(expected, "1")


def test_emulation_needs_neither_kvm_nor_vhost_net():
    kubevirt = configured(developerConfiguration={"useEmulation": True})
    assert devices_of({}, kubevirt=kubevirt) == {"tun": "1"}


@pytest.mark.parametrize(
    ("kind", "early", "late"), [("sev", {"sev"}, {"sev"}), ("snp", set(), {"sev"})]
)
def test_memory_encryption_takes_a_device(kind, early, late):
    domain = {"launchSecurity": {kind: {}}, "devices": {"autoattachPodInterface": False}}
    assert devices_of(domain, "v1.1.0").keys() - {"kvm"} == early
    assert devices_of(domain, "v1.8.4").keys() - {"kvm"} == late


def test_tdx_takes_a_device_in_v1_9_only():
    domain = {"launchSecurity": {"tdx": {}}}
    assert "tdx" not in devices_of(domain, "v1.8.4")
    assert devices_of(domain, "v1.9.0")["tdx"] == "1"


def test_gpus_and_host_devices_are_counted_by_resource_name():
    devices = {
        "gpus": [{"name": "a", "deviceName": "x/gpu"}, {"name": "b", "deviceName": "x/gpu"}],
        "hostDevices": [{"name": "c", "deviceName": "x/nic"}, {"name": "d", "claimName": "r"}],
    }
    found = devices_of({"devices": devices})
    assert (found["x/gpu"], found["x/nic"]) == ("2", "1")


def test_a_device_that_is_not_permitted_is_an_error():
    devices = {"gpus": [{"name": "a", "deviceName": "x/gpu"}]}
    allowed = configured(permittedHostDevices={"pciHostDevices": [{"resourceName": "x/gpu"}]})
    assert devices_of({"devices": devices}, kubevirt=allowed)["x/gpu"] == "1"
    with pytest.raises(RenderError, match="GPU 'x/gpu' is not among"):
        rendered(vmi({"devices": devices}), kubevirt=configured(permittedHostDevices={}))


@pytest.mark.parametrize(
    ("name", "found"), [("net", True), ("default/net", True), ("x/net", False)]
)
def test_a_network_asks_for_the_device_of_its_attachment_definition(name, found):
    domain = {"devices": {"interfaces": [{"name": "n", "sriov": {}}]}}
    of = vmi(domain, networks=[{"name": "n", "multus": {"networkName": name}}])
    attachment = NetworkAttachment("net", "default", "x/vf")
    kubevirt = replace(KubeVirt(), network_attachments=(attachment,))
    assert "x/vf" not in compute(of, "v1.9.0", kubevirt).requests
    without = replace(kubevirt, gates=Gates(disabled=frozenset({"ExternalNetResourceInjection"})))
    if found:
        assert texts(compute(of, "v1.1.0", kubevirt).limits)["x/vf"] == "1"
        assert texts(compute(of, "v1.9.0", without).limits)["x/vf"] == "1"
        assert "x/vf" not in compute(of, "v1.1.0", KubeVirt()).limits
    else:
        with pytest.raises(RenderError, match="x/net"):
            rendered(of, "v1.1.0", kubevirt)
