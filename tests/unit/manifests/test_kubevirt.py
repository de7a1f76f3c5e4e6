"""VM manifests -> nouns: what is read, what is named, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.files import read_documents
from ove_capacity.manifests.kubevirt import KINDS, virtual_machine_of
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Matcher
from tests.real import REAL, needs_real

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"domain": {"memory": {"guest": "1Gi"}}, "hostname": "h"},
}


def vm(**spec):
    return {
        "kind": "VirtualMachine",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "gold"}},
        "spec": {"template": TEMPLATE, **spec},
    }


def test_a_vm_lends_its_name_and_namespace_to_what_it_runs():
    found = virtual_machine_of(vm(running=True))
    assert (found.vmi.key, found.vmi.hostname) == ("shop/web", "h")
    assert (found.vmi.labels, found.labels) == ({"app": "web"}, {"tier": "gold"})
    assert str(found.vmi.spec.domain.memory.guest) == "1Gi"


@pytest.mark.parametrize(
    ("spec", "strategy"),
    [
        ({}, ""),
        ({"running": True}, "Always"),
        ({"running": False}, "Halted"),
        ({"runStrategy": "RerunOnFailure"}, "RerunOnFailure"),
    ],
)
def test_running_is_a_run_strategy(spec, strategy):
    assert virtual_machine_of(vm(**spec)).run_strategy == strategy


def test_references_are_read_but_not_merged():
    found = virtual_machine_of(
        vm(
            instancetype={"name": "u1.medium"},
            preference={"kind": "VirtualMachinePreference", "inferFromVolume": "root"},
        )
    )
    assert found.instancetype == Matcher("u1.medium")
    assert found.instancetype.is_cluster_wide
    assert found.preference == Matcher("", "VirtualMachinePreference", "root")
    assert not found.preference.is_cluster_wide


def test_pools_and_replica_sets_count_their_vms():
    pool = {
        "kind": "VirtualMachinePool",
        "metadata": {"name": "p"},
        "spec": {"replicas": 3, "virtualMachineTemplate": {"spec": vm(running=True)["spec"]}},
    }
    replica_set = {
        "kind": "VirtualMachineInstanceReplicaSet",
        "metadata": {"name": "r"},
        "spec": {"replicas": 2, "template": TEMPLATE},
    }
    for document, name, count in ((pool, "p", 3), (replica_set, "r", 2)):
        found = virtual_machine_of(document)
        assert (found.vmi.name, found.replicas, found.run_strategy) == (name, count, "Always")
        assert found.vmi.labels == {"app": "web"}


def vmi(domain=None, **spec):
    return {"metadata": {"name": "v"}, "spec": {"domain": domain or {}, **spec}}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (vmi({"cpu": {"cores": "4"}}), "spec.domain.cpu.cores", "must be a whole number"),
        (vmi({"cpu": {"cores": -1}}), "spec.domain.cpu.cores", "must be at least 0"),
        (vmi({"cpu": []}), "spec.domain.cpu", "must be a mapping"),
        (vmi({"memory": {"guest": "8GB"}}), "spec.domain.memory.guest", "not a quantity"),
        (vmi({"memory": {"guest": "-1"}}), "spec.domain.memory.guest", "zero or more"),
        (
            vmi({"resources": {"requests": {"cpu": True}}}),
            "spec.domain.resources.requests.cpu",
            "a quantity",
        ),
        (
            vmi({"devices": {"gpus": {"name": "g"}}}),
            "spec.domain.devices.gpus",
            "must be a list",
        ),
        (
            vmi({"devices": {"interfaces": [{"bridge": {}}]}}),
            "spec.domain.devices.interfaces[0]",
            "'name' is missing",
        ),
        (vmi(nodeSelector={"a": 1}), "spec.nodeSelector.a", "put it in quotes"),
        (vmi(volumes=["a"]), "spec.volumes[0]", "must be a mapping"),
        (vm(runStrategy="Sometimes"), "spec.runStrategy", "must be one of Always"),
        (vm(runStrategy="Always", running=True), "spec.running", "exclude each other"),
        ({"kind": "VirtualMachine", "metadata": {"name": "a"}}, "spec", "'template' is missing"),
        ({"metadata": {}, "spec": {}}, "metadata", "'name' is missing"),
        ({"kind": "Pod", "metadata": {"name": "a"}}, "kind", "must be one of VirtualMachine"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(document, path, message):
    problems = Problems()
    virtual_machine_of(document, problems)
    first = problems.errors[0]
    assert (first.path, message in first.message) == (path, True)
    with pytest.raises(ScenarioError):
        virtual_machine_of(document)


def test_what_is_not_modelled_is_named_and_what_changes_nothing_is_not():
    problems = Problems()
    domain = {"clock": {}, "wings": {}, "devices": {"rng": {}, "laser": {}}}
    virtual_machine_of(vmi(domain, dnsPolicy="None", resourceClaims=[]), problems)
    assert problems.errors == []
    assert problems.warnings == []
    assert dict(problems.unmodelled) == {
        ("VirtualMachineInstance", "spec.domain.devices.laser"): 1,
        ("VirtualMachineInstance", "spec.domain.wings"): 1,
        ("VirtualMachineInstance", "spec.resourceClaims"): 1,
    }


def test_what_matters_of_a_domain_is_read():
    domain = {
        "features": {"hyperv": {"vapic": {}, "ipi": {"enabled": False}}},
        "firmware": {"kernelBoot": {"container": {"image": "k"}}},
        "launchSecurity": {"sev": {"policy": {"encryptedState": True}}},
        "devices": {
            "interfaces": [
                {"name": "a", "binding": {"name": "p"}, "ports": [{"port": 80}]},
                {"name": "b", "masquerade": {}},
            ],
            "filesystems": [{"name": "f", "virtiofs": {}}],
        },
    }
    spec = virtual_machine_of(vmi(domain, livenessProbe={"exec": {"command": ["true"]}})).vmi.spec
    assert spec.domain.hyperv == {"vapic": True, "ipi": False}
    assert spec.domain.kernel_boot_container
    assert (spec.domain.launch_security.kind, spec.domain.launch_security.encrypted_state) == (
        "sev",
        True,
    )
    assert [each.binding for each in spec.domain.devices.interfaces] == ["plugin", "masquerade"]
    assert (spec.domain.devices.interfaces[0].ports, spec.exec_probes) == (1, 1)
    assert spec.domain.devices.virtiofs == ("f",)


def test_volumes_say_what_they_are():
    volumes = [
        {"name": "a", "containerDisk": {"image": "x"}},
        {"name": "b", "persistentVolumeClaim": {"claimName": "c", "hotpluggable": True}},
        {"dataVolume": {"name": "d"}, "name": "e"},
    ]
    found = virtual_machine_of(vmi(volumes=volumes)).vmi.spec.volumes
    assert [(v.name, v.kind, v.claim, v.hotpluggable) for v in found] == [
        ("a", "containerDisk", "", False),
        ("b", "persistentVolumeClaim", "c", True),
        ("e", "dataVolume", "d", False),
    ]


def test_vmis_can_be_shared_and_hashed():
    one, two = (virtual_machine_of(vmi()).vmi for _ in range(2))
    assert one == two
    assert len({one, two, one.spec, two.spec}) == 2


@needs_real
def test_every_vm_of_the_upstream_examples_is_read_and_rendered():
    seen = 0
    for path in sorted(Path(REAL, "vm", "kubevirt-examples").glob("*.yaml")):
        for document in read_documents(path):
            if document.value["kind"] in KINDS:
                found = virtual_machine_of(document)
                assert launcher_pod(found.vmi, KubeVirt(), "v1.1.0").spec.containers
                seen += 1
    assert seen >= 36
