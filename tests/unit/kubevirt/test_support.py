"""The containers beside compute."""

from __future__ import annotations

import pytest

from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.virtualization import BindingPlugin, KubeVirt
from tests.unit.kubevirt.build import configured, rendered, texts, vmi

DISK = [{"name": "a", "containerDisk": {"image": "x"}}]
TWO_DISKS = [*DISK, {"name": "p", "persistentVolumeClaim": {"claimName": "c"}}]
KERNEL = {"firmware": {"kernelBoot": {"container": {"image": "k"}}}}
HOOKS = {"hooks.kubevirt.io/hookSidecars": '[{"image": "a"}, {"image": "b"}]'}


def names(of, rules, kubevirt=None):
    spec = rendered(of, rules, kubevirt).spec
    return [c.name for c in spec.containers], [c.name for c in spec.init_containers]


def test_containers_stand_in_upstreams_order():
    of = vmi(
        {**KERNEL, "devices": {"filesystems": [{"name": "f", "virtiofs": {}}]}},
        volumes=[*TWO_DISKS, {"name": "f", "configMap": {"name": "m"}}],
        annotations=HOOKS,
    )
    last = ["virtiofs-f", "hook-sidecar-0", "hook-sidecar-1"]
    disks = ["volumea", "volumekernel-boot-volume"]
    pulled = ["container-disk-binary", "volumea-init", "volumekernel-boot-volume-init"]
    assert names(of, "v1.1.0") == (
        ["compute", *disks, "virtiofs-f", "guest-console-log", *last[1:]],
        pulled,
    )
    assert names(of, "v1.8.4") == (["compute", *disks, *last], ["guest-console-log", *pulled])
    assert names(of, "v1.9.0") == (["compute", *last], ["guest-console-log", *disks])


def test_image_volumes_go_by_their_gate():
    of = vmi(volumes=DISK)
    on = configured(developerConfiguration={"featureGates": ["ImageVolume"]})
    off = configured(developerConfiguration={"disabledFeatureGates": ["ImageVolume"]})
    assert names(of, "v1.8.4", on) == names(of, "v1.9.0")
    assert names(of, "v1.9.0", off) == names(of, "v1.8.4")


@pytest.mark.parametrize(
    ("devices", "configuration", "logs"),
    [
        ({}, {}, True),
        ({}, {"virtualMachineOptions": {"disableSerialConsoleLog": {}}}, False),
        ({"autoattachSerialConsole": False, "logSerialConsole": True}, {}, False),
        ({"logSerialConsole": False}, {}, False),
        (
            {"logSerialConsole": True},
            {"virtualMachineOptions": {"disableSerialConsoleLog": {}}},
            True,
        ),
    ],
)
@pytest.mark.parametrize("rules", ["v1.1.0", "v1.9.0"])
def test_the_console_is_logged_unless_someone_says_no(devices, configuration, logs, rules):
    found = names(vmi({"devices": devices}), rules, configured(**configuration))
    assert ("guest-console-log" in found[0] + found[1]) is logs


def resources_of(of, name, kubevirt=None, rules="v1.8.4"):
    spec = rendered(of, rules, kubevirt).spec
    found = {c.name: c for c in (*spec.containers, *spec.init_containers)}[name]
    return texts(found.requests), texts(found.limits)


FULL = {"cpu": {"cores": 1, "dedicatedCpuPlacement": True}, "memory": {"guest": "1Gi"}}
CONTAINERS = [
    # container, type, shared requests and limits, Guaranteed requests and limits
    ("guest-console-log", "guest-console-log", ("5m", "35M", "15m", "60M"), ("15m", "60M")),
    ("volumea", "container-disk", ("1m", "1M", "10m", "40M"), ("10m", "40M")),
    ("volumea-init", "container-disk", ("1m", "1M", "10m", "40M"), ("10m", "40M")),
    ("container-disk-binary", "container-disk", ("10m", "1M", "100m", "40M"), ("10m", "40M")),
    ("virtiofs-f", "virtiofs", ("10m", "1M", "100m", "80M"), ("100m", "80M")),
    ("hook-sidecar-0", "sidecar", (None, None, None, None), ("200m", "64M")),
]


def with_all(domain):
    devices = {"filesystems": [{"name": "f", "virtiofs": {}}]}
    volumes = [*DISK, {"name": "f", "configMap": {"name": "m"}}]
    return vmi({**domain, "devices": devices}, volumes=volumes, annotations=HOOKS)


@pytest.mark.parametrize(("name", "kind", "shared", "guaranteed"), CONTAINERS)
def test_each_container_has_its_amounts(name, kind, shared, guaranteed):
    requests, limits = resources_of(with_all({"memory": {"guest": "1Gi"}}), name)
    found = [resources.get(key) for resources in (requests, limits) for key in ("cpu", "memory")]
    assert tuple(found) == shared
    requests, limits = resources_of(with_all(FULL), name)
    assert (requests["cpu"], requests["memory"]) == guaranteed
    assert (limits["cpu"], limits["memory"]) == guaranteed


@pytest.mark.parametrize(("name", "kind", "shared", "guaranteed"), CONTAINERS)
def test_the_cluster_overrides_what_it_names(name, kind, shared, guaranteed):
    given = {"requests": {"cpu": "7m"}, "limits": {"memory": "99M", "cpu": "0"}}
    kubevirt = configured(supportContainerResources=[{"type": kind, "resources": given}])
    requests, limits = resources_of(with_all({"memory": {"guest": "1Gi"}}), name, kubevirt)
    assert (requests["cpu"], limits["memory"], limits.get("cpu")) == ("7m", "99M", shared[2])
    requests, limits = resources_of(with_all(FULL), name, kubevirt)
    assert (requests["cpu"], requests["memory"]) == (guaranteed[0], "99M")


def test_a_binding_plugin_with_an_image_brings_one_sidecar():
    interfaces = [{"name": name, "binding": {"name": "p"}} for name in "ab"]
    of = vmi({"devices": {"interfaces": interfaces}}, annotations=HOOKS)
    kubevirt = KubeVirt(binding_plugins={"p": BindingPlugin("image")})
    assert names(of, "v1.9.0", kubevirt)[0][1:] == [f"hook-sidecar-{index}" for index in range(3)]
    plain = KubeVirt(binding_plugins={"p": BindingPlugin()})
    assert len(names(of, "v1.9.0", plain)[0]) == 3
    with pytest.raises(RenderError, match="'p' is not configured"):
        rendered(of)


@pytest.mark.parametrize("text", ["", "{", '{"image": "a"}'])
def test_hooks_that_are_no_json_list_are_an_error(text):
    with pytest.raises(RenderError, match="hookSidecars"):
        rendered(vmi(annotations={"hooks.kubevirt.io/hookSidecars": text}))
