"""The KubeVirt CR and the objects beside it."""

from __future__ import annotations

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.kubevirt_config import kubevirt_of, network_attachment_of, quota_of
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.model.virtualization import KubeVirt, NetworkAttachment, Quota


def read(**configuration):
    return kubevirt_of({"spec": {"configuration": configuration}})


def test_an_empty_cr_is_kubevirts_own_configuration():
    assert kubevirt_of({}) == KubeVirt()
    assert (
        read(developerConfiguration={"cpuAllocationRatio": 0, "memoryOvercommit": 0}) == KubeVirt()
    )


@pytest.mark.parametrize(
    ("configuration", "field", "expected"),
    [
        ({"developerConfiguration": {"cpuAllocationRatio": 4}}, "cpu_allocation_ratio", 4),
        ({"developerConfiguration": {"useEmulation": True}}, "use_emulation", True),
        ({"evictionStrategy": "LiveMigrate"}, "eviction_strategy", "LiveMigrate"),
        (
            {"virtualMachineOptions": {"disableSerialConsoleLog": {}}},
            "serial_console_log_disabled",
            True,
        ),
        (
            {"virtualMachineOptions": {"disableFreePageReporting": {}}},
            "serial_console_log_disabled",
            False,
        ),
        ({"permittedHostDevices": {}}, "permitted_host_devices", frozenset()),
        (
            {"permittedHostDevices": {"usb": [{"resourceName": "a/b"}]}},
            "permitted_host_devices",
            frozenset({"a/b"}),
        ),
        ({"machineType": "pc"}, "machine_types", {"": "pc"}),
        (
            {"architectureConfiguration": {"arm64": {"machineType": "virt-9"}}},
            "machine_types",
            {"arm64": "virt-9"},
        ),
        ({"architectureConfiguration": {"defaultArchitecture": "arm64"}}, "arch", "arm64"),
        (
            {"autoCPULimitNamespaceLabelSelector": {"matchLabels": {"a": "b"}}},
            "auto_cpu_limit_namespaces",
            LabelSelector((Requirement("a", "In", ("b",)),)),
        ),
        ({"autoCPULimitNamespaceLabelSelector": {}}, "auto_cpu_limit_namespaces", LabelSelector()),
        ({"liveUpdateConfiguration": {"maxCpuSockets": 9}}, "max_cpu_sockets", 9),
    ],
)
def test_each_field_is_read(configuration, field, expected):
    assert getattr(read(**configuration), field) == expected


def test_gates_plugins_and_support_containers_are_read():
    kubevirt = read(
        developerConfiguration={"featureGates": ["A"], "disabledFeatureGates": ["B"]},
        network={
            "binding": {
                "p": {
                    "sidecarImage": "i",
                    "computeResourceOverhead": {"requests": {"memory": "5Mi"}},
                }
            }
        },
        supportContainerResources=[{"type": "sidecar", "resources": {"limits": {"cpu": "1"}}}],
    )
    assert kubevirt.gates.enabled == {"A"}
    assert kubevirt.gates.disabled == {"B"}
    plugin = kubevirt.binding_plugins["p"]
    assert (plugin.sidecar_image, str(plugin.memory_overhead)) == ("i", "5Mi")
    assert str(kubevirt.support_resources[0].limits["cpu"]) == "1"


def test_what_is_wrong_is_refused_and_what_is_not_modelled_is_named():
    with pytest.raises(ScenarioError, match="cpuRequest"):
        read(cpuRequest="much")
    problems = Problems()
    kubevirt_of({"spec": {"configuration": {"ksmConfiguration": {}, "smbios": {}}}}, problems)
    assert dict(problems.unmodelled) == {("", "spec.configuration.ksmConfiguration"): 1}


def test_attachments_and_quotas_are_read():
    attachment = {
        "metadata": {
            "name": "n",
            "namespace": "s",
            "annotations": {"k8s.v1.cni.cncf.io/resourceName": "x/vf"},
        }
    }
    assert network_attachment_of(attachment) == NetworkAttachment("n", "s", "x/vf")
    quota = {"metadata": {"namespace": "s"}, "spec": {"hard": {"limits.cpu": "4", "pods": 10}}}
    assert quota_of(quota) == Quota("s", frozenset({"limits.cpu", "pods"}))


@pytest.mark.parametrize("key", ["cpuAllocationRatio", "memoryOvercommit"])
def test_ratios_that_leave_nothing_to_ask_for_are_refused(key):
    with pytest.raises(ScenarioError, match="must be at most 1,000,000"):
        read(developerConfiguration={key: 10**40})
