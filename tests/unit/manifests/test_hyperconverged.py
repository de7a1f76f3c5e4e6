"""HyperConverged, as the operator of a release hands it to KubeVirt."""

from __future__ import annotations

import pytest

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import fields_of
from ove_capacity.manifests.hyperconverged import hyperconverged_of, kubevirt_of_cluster
from ove_capacity.manifests.objects import objects_of
from ove_capacity.model.selector import LabelSelector
from ove_capacity.model.virtualization import BindingPlugin
from ove_capacity.openshift.virtualization import default_kubevirt
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release

_V1, _V1BETA1 = "hco.kubevirt.io/v1", "hco.kubevirt.io/v1beta1"
_EVEN_PARITY = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
DEVICES = {
    "pciHostDevices": [
        {"pciDeviceSelector": "10DE:1EB8", "resourceName": "a/gpu"},
        {"pciDeviceSelector": "10DE:1DB6", "resourceName": "a/off", "disabled": True},
    ],
    "mediatedDevices": [{"mdevNameSelector": "T4", "resourceName": "a/vgpu"}],
    "usbHostDevices": [{"resourceName": "a/usb"}],
}


def configured(spec, openshift="4.22", version=_V1BETA1, annotations=None):
    """What the operator makes of *spec*, and the problems with it."""
    problems = Problems()
    value = {"apiVersion": version, "kind": "HyperConverged", "spec": spec}
    value["metadata"] = {"name": "kubevirt-hyperconverged", "annotations": annotations}
    found = release(openshift)
    made = hyperconverged_of(fields_of(value, problems), found, default_kubevirt(found))
    return made, problems


def test_one_that_says_nothing_leaves_the_operators_defaults():
    made, problems = configured({})
    assert made.kubevirt == default_kubevirt(release("4.22"))
    assert not made.said
    assert not problems.warnings


@pytest.mark.parametrize(
    ("spec", "field", "expected"),
    [
        ({"resourceRequirements": {"vmiCPUAllocationRatio": 4}}, "cpu_allocation_ratio", 4),
        (
            {"resourceRequirements": {"autoCPULimitNamespaceLabelSelector": {}}},
            "auto_cpu_limit_namespaces",
            LabelSelector(),
        ),
        (
            {"higherWorkloadDensity": {"memoryOvercommitPercentage": 150}},
            "memory_overcommit",
            150,
        ),
        ({"evictionStrategy": "External"}, "eviction_strategy", "External"),
        (
            {"virtualMachineOptions": {"disableSerialConsoleLog": True}},
            "serial_console_log_disabled",
            True,
        ),
        ({"defaultCPUModel": "Haswell"}, "cpu_model", "Haswell"),
        ({"defaultRuntimeClass": "fast"}, "default_runtime_class", "fast"),
        (
            {"permittedHostDevices": DEVICES},
            "permitted_host_devices",
            frozenset({"a/gpu", "a/vgpu", "a/usb"}),
        ),
        ({"liveUpdateConfiguration": {"maxHotplugRatio": 2}}, "max_hotplug_ratio", 2),
        ({"liveUpdateConfiguration": {"maxGuest": "8Gi"}}, "max_guest", Quantity.parse("8Gi")),
        ({"networkBinding": {"passt": {}}}, "binding_plugins", {"passt": BindingPlugin()}),
        ({"featureGates": {"alignCPUs": True}}, "annotations", {_EVEN_PARITY: ""}),
        ({"featureGates": {"alignCPUs": False}}, "annotations", {}),
    ],
)
def test_a_field_becomes_kubevirts(spec, field, expected):
    made, problems = configured(spec)
    assert getattr(made.kubevirt, field) == expected
    assert not problems.errors
    assert not problems.warnings


@pytest.mark.parametrize(
    ("spec", "field", "expected"),
    [
        ({"virtualization": {"vmiCPUAllocationRatio": 4}}, "cpu_allocation_ratio", 4),
        (
            {"virtualization": {"virtualMachineOptions": {"defaultCPUModel": "Haswell"}}},
            "cpu_model",
            "Haswell",
        ),
        ({"networking": {"networkBinding": {"a": {}}}}, "binding_plugins", {"a": BindingPlugin()}),
        ({"featureGates": [{"name": "alignCPUs"}]}, "annotations", {_EVEN_PARITY: ""}),
        ({"featureGates": [{"name": "alignCPUs", "state": "Disabled"}]}, "annotations", {}),
    ],
)
def test_v1_has_the_fields_elsewhere(spec, field, expected):
    made, problems = configured(spec, version=_V1)
    assert getattr(made.kubevirt, field) == expected
    assert not problems.unmodelled


@pytest.mark.parametrize(
    ("openshift", "options", "is_off"),
    [
        ("4.15", {"disableSerialConsoleLog": False}, False),
        ("4.15", {"disableFreePageReporting": False}, True),
        ("4.18", {}, True),
        ("4.19", {}, False),
        ("4.19", {"disableSerialConsoleLog": True}, True),
    ],
)
def test_the_console_log_is_the_releases_unless_said(openshift, options, is_off):
    made, problems = configured({"virtualMachineOptions": options}, openshift)
    assert made.kubevirt.serial_console_log_disabled is is_off
    assert ("virtualization.guest_console_log" in made.said) is bool(
        "disableSerialConsoleLog" in options
    )
    assert not problems.unmodelled


@pytest.mark.parametrize(
    ("openshift", "spec"),
    [
        ("4.14", {"virtualMachineOptions": {"disableSerialConsoleLog": False}}),
        ("4.15", {"higherWorkloadDensity": {"memoryOvercommitPercentage": 150}}),
        ("4.19", {"liveUpdateConfiguration": {"maxGuest": "8Gi"}}),
        ("4.14", {"networkBinding": {"a": {"sidecarImage": "b"}}}),
        ("4.14", {"featureGates": {"alignCPUs": True}}),
        ("4.19", {"featureGates": {"autoResourceLimits": True}}),
    ],
)
def test_what_the_operator_of_the_release_does_not_know_is_told(openshift, spec):
    made, problems = configured(spec, openshift)
    assert made.kubevirt == default_kubevirt(release(openshift))
    (warning,) = problems.warnings
    assert f"the operator of OpenShift {openshift} does not know" in str(warning)


def test_usb_devices_are_permitted_from_4_17_on():
    made, problems = configured({"permittedHostDevices": DEVICES}, "4.16")
    assert made.kubevirt.permitted_host_devices == {"a/gpu", "a/vgpu"}
    assert ("HyperConverged", "spec.permittedHostDevices.usbHostDevices") in problems.unmodelled


def test_automatic_limits_are_a_gate_until_kubevirt_has_them_always():
    made, _ = configured({"featureGates": {"autoResourceLimits": True}}, "4.15")
    assert "AutoResourceLimitsGate" in made.kubevirt.gates.enabled
    assert "HypervStrictCheck" in made.kubevirt.gates.enabled


@pytest.mark.parametrize(
    ("spec", "counted"),
    [
        ({"configuration": {"virtualMachineOptions": {}}}, "spec.configuration"),
        ({"workloads": {"nodePlacement": {}}}, "spec.workloads"),
        ({"resourceRequirements": {"storageWorkloads": {}}}, "storageWorkloads"),
        ({"featureGates": {"downwardMetrics": True}}, "spec.featureGates.downwardMetrics"),
        ({"certConfig": {}, "logVerbosityConfig": {}}, ""),
    ],
)
def test_what_it_says_beyond_the_model_is_counted(spec, counted):
    _, problems = configured(spec)
    fields = [field for _, field in problems.unmodelled]
    assert [field.endswith(counted) for field in fields] == ([True] if counted else [])


def test_a_patch_of_the_operators_result_is_told():
    _, problems = configured({}, annotations={"kubevirt.kubevirt.io/jsonpatch": "[]"})
    assert "is not applied" in str(problems.warnings[0])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{resourceRequirements: {vmiCPUAllocationRatio: 0}}", "at least 1 (got 0)"),
        ("{resourceRequirements: {vmiCPUAllocationRatio: a}}", "a whole number (got 'a')"),
        ("{higherWorkloadDensity: {memoryOvercommitPercentage: 5}}", "at least 10 (got 5)"),
        ("{evictionStrategy: LiveMigrat}", "(got 'LiveMigrat')"),
        ("{virtualMachineOptions: {disableSerialConsoleLog: 'no'}}", "true or false (got 'no')"),
        ("{permittedHostDevices: {pciHostDevices: [a]}}", "a mapping (got 'a')"),
        ("{liveUpdateConfiguration: {maxGuest: lots}}", "lots"),
    ],
)
def test_a_wrong_value_is_an_error_at_its_place(documents, problems, spec, message):
    head = f"apiVersion: {_V1BETA1}\nkind: HyperConverged\nmetadata: {{name: h}}\n"
    found = objects_of(documents(f"{head}spec: {spec}\n"), problems)
    kubevirt_of_cluster(found, release("4.22"), problems)
    (error,) = problems.errors
    assert message in error.message
    assert error.line == 4
    assert error.column > len("spec: {")


_HYPERCONVERGED = (
    f"apiVersion: {_V1BETA1}\nkind: HyperConverged\nmetadata: {{name: h}}\n"
    "spec: {resourceRequirements: {vmiCPUAllocationRatio: 4}}\n"
)
_KUBEVIRT = (
    "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: k}\n"
    "spec: {configuration: {developerConfiguration: {cpuAllocationRatio: 3}}}\n"
)


@pytest.mark.parametrize(
    ("texts", "ratio", "is_complete", "told"),
    [
        ([], 10, False, []),
        ([_KUBEVIRT], 3, True, []),
        ([_HYPERCONVERGED], 4, False, []),
        ([_KUBEVIRT, _HYPERCONVERGED], 4, False, ["writes it anew"]),
        ([_HYPERCONVERGED, _HYPERCONVERGED.replace("4}", "5}")], 5, False, ["the last one counts"]),
    ],
)
def test_the_hyperconverged_wins_over_the_kubevirt(
    documents, problems, texts, ratio, is_complete, told
):
    found = objects_of(documents("---\n".join(texts)), problems)
    made = kubevirt_of_cluster(found, release("4.22"), problems)
    assert (made.kubevirt.cpu_allocation_ratio, made.is_complete) == (ratio, is_complete)
    assert len(problems.warnings) == len(told)
    assert all(each in str(said) for each, said in zip(told, problems.warnings, strict=True))
