"""VirtualMachine objects -> workloads: what may be written short, and what names an object."""

from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.vms import ingest_vms
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.scenario import load
from tests.real import REAL, needs_real
from tests.unit.ingest.objects import node_text


def vm_text(
    name, *, domain="cpu: {cores: 4}, memory: {guest: 8Gi}", more="", spec="", run="Always"
):
    return (
        "---\napiVersion: kubevirt.io/v1\nkind: VirtualMachine\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec:\n  runStrategy: {run}\n{more}"
        "  template:\n"
        f"    metadata: {{labels: {{kubevirt.io/domain: {name}}}}}\n"
        f"    spec:\n      domain: {{{domain}}}\n{spec}"
    )


def made(tmp_path, *texts, **options):
    """(sketch, case of the scenario) of some objects."""
    (tmp_path / "vms.yaml").write_text("".join(texts))
    sketch = ingest_vms(tmp_path / "vms.yaml", base=tmp_path, **options)
    (tmp_path / "made.yaml").write_text(sketch.text)
    return sketch, load(tmp_path / "made.yaml")


def workloads(case):
    return {each.name: (each.count, each.run_strategy) for each in case.plan.workloads}


def rows(sketch):
    return [row for row in sketch.report.rows if row[0] != "file"]


def test_like_vms_are_one_workload_written_short(tmp_path):
    sketch, case = made(tmp_path, vm_text("a"), vm_text("b"), vm_text("c", run="Halted"))
    assert workloads(case) == {"vm-4cpu-8gi": (2, "Always"), "c": (1, "Halted")}
    assert "cpu: 4, memory: 8Gi, namespace: shop" in sketch.text
    assert "manifests" not in sketch.text


def test_halted_vms_run_when_that_is_wanted(tmp_path):
    _, case = made(tmp_path, vm_text("a", run="Halted"), run_strategy="Always")
    assert workloads(case) == {"a": (1, "Always")}


@pytest.mark.parametrize(
    "domain",
    [
        "cpu: {cores: 4}, memory: {guest: 8Gi}, resources: {requests: {memory: 4Gi}}",
        "cpu: {cores: 4}, memory: {guest: 8Gi}, "
        "devices: {gpus: [{name: g, deviceName: nvidia.com/A100}]}",
        "cpu: {cores: 4, dedicatedCpuPlacement: true, isolateEmulatorThread: true}, "
        "memory: {guest: 8Gi}",
    ],
    ids=["requests", "devices", "isolated"],
)
def test_what_a_size_does_not_say_names_the_object(domain, tmp_path):
    sketch, case = made(tmp_path, vm_text("a", domain=domain), vm_text("b", domain=domain))
    assert "template: shop/a" in sketch.text
    assert "- vms.yaml" in sketch.text
    (workload,) = case.plan.workloads
    assert workload.count == 2


@pytest.mark.parametrize(
    "domain",
    [
        "cpu: {cores: 4}, memory: {guest: 8Gi}",
        "cpu: {sockets: 2, threads: 2}, memory: {guest: 8Gi}",
        "cpu: {cores: 4, dedicatedCpuPlacement: true}, memory: {guest: 8Gi}",
        "cpu: {cores: 4}, memory: {guest: 8Gi, hugepages: {pageSize: 1Gi}}",
        "resources: {requests: {cpu: 4, memory: 8Gi}}",
        "cpu: {cores: 4}, memory: {guest: 8Gi}, resources: {requests: {cpu: 3}}",
    ],
)
def test_the_workload_asks_for_what_the_object_asked_for(domain, tmp_path):
    _, case = made(tmp_path, vm_text("a", domain=domain))
    (tmp_path / "direct.yaml").write_text(
        "apiVersion: ove-capacity/v1\nname: d\nclusters:\n  d:\n    platform: {openshift: '4.22'}\n"
        "    pools: {worker: {count: 3, node: {cpu: 32, memory: 256Gi}}}\n    vms: vms.yaml\n"
    )
    asked = []
    for each in (case, load(tmp_path / "direct.yaml")):
        (cluster,), (workload,) = each.fleet.clusters, each.plan.workloads
        pod = launcher_pod(workload.vmi, cluster.kubevirt, cluster.release.kubevirt_rules)
        asked.append({name: each.nano for name, each in pod_requests(pod.spec).items()})
    memory = [each.pop("memory") for each in asked]
    assert asked[0] == asked[1]
    assert memory[0] == pytest.approx(memory[1], rel=0.005)


INSTANCETYPE = (
    "---\napiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachineClusterInstancetype\n"
    "metadata: {name: own.small}\nspec: {cpu: {guest: 2}, memory: {guest: 3Gi}}\n"
)


@pytest.mark.parametrize("name", ["u1.medium", "own.small"])
def test_instancetypes_stay_references(name, tmp_path):
    more = f"  instancetype: {{name: {name}}}\n"
    vms = [vm_text(each, domain="devices: {}", more=more) for each in "ab"]
    sketch, case = made(tmp_path, INSTANCETYPE, *vms)
    assert f"instancetype: {name}" in sketch.text
    assert [each.count for each in case.plan.workloads] == [2]


def test_an_instancetype_that_does_not_exist_leaves_the_vm_out_with_its_place(tmp_path):
    more = "  instancetype: {name: no.such}\n"
    sketch, _ = made(tmp_path, vm_text("ok"), vm_text("a", domain="devices: {}", more=more))
    assert ("VirtualMachine", 2, 1, 1, "the cluster would refuse it") in rows(sketch)
    (note,) = sketch.report.notes
    assert "VM shop/a is left out" in note
    line = int(note.split("vms.yaml:")[1].split(":")[0])
    assert (
        (tmp_path / "vms.yaml").read_text().splitlines()[line + 1].endswith("a, namespace: shop}")
    )


_CLAIM = (
    "  dataVolumeTemplates:\n  - metadata: {name: d}\n"
    "    spec: {pvc: {resources: {requests: {storage: '30'}}}}\n"
)


@pytest.mark.parametrize(
    ("domain", "more", "why"),
    [
        ("cpu: {cores: 4}, memory: {guest: '2'}", "", "its memory is 2 bytes"),
        ("resources: {requests: {cpu: 4, memory: 8}}", "", "its memory is 8 bytes"),
        ("cpu: {cores: 4}, memory: {guest: 8Gi}", _CLAIM, "a disk of it is 30 bytes"),
    ],
)
def test_a_vm_whose_unit_was_forgotten_is_set_aside(domain, more, why, tmp_path):
    sketch, case = made(tmp_path, vm_text("ok"), vm_text("a", domain=domain, more=more))
    assert ("VirtualMachine", 2, 1, 1, "says bytes where MiB are meant") in rows(sketch)
    assert sum(each.count for each in case.plan.workloads) == 1
    (note,) = sketch.report.notes
    assert note.endswith(f"VM shop/a is left out: {why}")


def test_replicas_count_and_what_they_own_does_not_count_again(tmp_path):
    pool = (
        "---\napiVersion: pool.kubevirt.io/v1beta1\nkind: VirtualMachinePool\n"
        "metadata: {name: p, namespace: shop}\nspec:\n  replicas: 3\n"
        "  virtualMachineTemplate:\n    spec:\n      runStrategy: Always\n      template:\n"
        "        spec: {domain: {cpu: {cores: 1}, memory: {guest: 1Gi}}}\n"
    )
    owner = "ownerReferences: [{kind: VirtualMachinePool, name: p, controller: true}], "
    owned = vm_text("p-0").replace("metadata: {name", "metadata: {" + owner + "name", 1)
    sketch, case = made(tmp_path, pool, owned)
    assert workloads(case) == {"p": (3, "Always")}
    why = "counted with the object that owns it"
    assert ("VirtualMachine", 1, 0, 1, why) in rows(sketch)


def test_a_running_vm_counts_once_beside_its_vmi(tmp_path):
    vmi = (
        "---\napiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
        "metadata: {name: a, namespace: shop}\n"
        "spec: {domain: {cpu: {cores: 4}, memory: {guest: 8Gi}}}\n"
    )
    sketch, case = made(tmp_path, vmi, vm_text("a"))
    assert workloads(case) == {"a": (1, "Always")}
    assert ("VirtualMachineInstance", 1, 0, 1, "listed a second time") in rows(sketch)


NETWORK = (
    "      networks: [{name: n, multus: {networkName: lan}}]\n",
    "cpu: {cores: 4}, memory: {guest: 8Gi}, devices: {interfaces: [{name: n, bridge: {}}]}",
)


def test_a_network_that_was_not_dumped_costs_no_vm(tmp_path):
    spec, domain = NETWORK
    sketch, case = made(tmp_path, vm_text("a", spec=spec, domain=domain))
    assert workloads(case) == {"a": (1, "Always")}
    assert ("network of a VM", 1, 0, 1, "shop/lan is not among the objects") in rows(sketch)


def test_labels_are_kept_where_some_vm_selects_by_them(tmp_path):
    term = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}"
    spec = (
        "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ["
        f"{term}]}}}}\n"
    )
    web = vm_text("web").replace("kubevirt.io/domain: web", "kubevirt.io/domain: web, app: db")
    sketch, _ = made(tmp_path, web, vm_text("db", spec=spec))
    assert "labels: {app: db}" in sketch.text
    assert "template: shop/db" in sketch.text


def test_vms_run_on_the_nodes_that_are_handed_in(tmp_path):
    nodes = tmp_path / "nodes.yaml"
    nodes.write_text(node_text("w0"))
    _, case = made(tmp_path, vm_text("a"), nodes=nodes, name="Lab 1")
    (cluster,) = case.fleet.clusters
    assert (cluster.name, [node.capacity["cpu"] for node in cluster.nodes]) == ("lab-1", [16_000])


def test_without_nodes_the_placeholder_says_that_it_is_one(tmp_path):
    sketch, _ = made(tmp_path, vm_text("a"))
    assert "# PLACEHOLDER" in sketch.text
    assert any("placeholder" in decision for decision in sketch.decisions)


_LATER = (
    ("{apiVersion: config.openshift.io/v1, kind: Network, spec: true}", "must be a mapping"),
    (
        "{apiVersion: config.openshift.io/v1, kind: Network, "
        "spec: {clusterNetwork: [{cidr: 10.0.0.0/40}]}}",
        "10.0.0.0/40",
    ),
    ("{apiVersion: v1, kind: ResourceQuota, spec: {hard: 3}}", "must be a mapping"),
    (
        "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: p}, spec: v}",
        "must be a mapping",
    ),
    ("{apiVersion: kubevirt.io/v1, kind: KubeVirt, spec: [1]}", "must be a mapping"),
)
"""Objects that VMs do not need, in a file that the scenario must name, and what is wrong there."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (node_text("w0"), r"holds no VM \(found: Node"),
        (vm_text("a", domain="cpu: {cores: many}"), "must be a whole number"),
        (vm_text("a", run="Sometimes"), "must be one of"),
        (
            "---\n".join([vm_text("a"), node_text("w0"), node_text("w0")]),
            "has two nodes named 'w0'",
        ),
        (vm_text("a" * 254), r"must have at most 253 characters \(has 254\)"),
        *((vm_text("a") + f"---\n{text}", said) for text, said in _LATER),
    ],
)
def test_bad_input_is_refused_with_its_place(text, said, tmp_path):
    (tmp_path / "vms.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=said) as error:
        ingest_vms(tmp_path / "vms.yaml")
    assert all(problem.line for problem in error.value.problems)


def test_of_a_folder_what_cannot_be_read_is_set_aside(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.yaml").write_text(vm_text("a"))
    (tmp_path / "in/b.yaml").write_text("x: [1")
    (tmp_path / "in/c.yaml").write_text(vm_text("c", run="Sometimes"))
    sketch = ingest_vms(tmp_path / "in", base=tmp_path)
    assert [row[3] for row in sketch.report.rows if row[0] == "file"] == [1]
    assert [note.split(":")[1].rsplit("/", 1)[1] for note in sketch.report.notes] == [
        "b.yaml",
        "c.yaml",
    ]


@needs_real
@pytest.mark.parametrize(
    ("folder", "vms", "used"),
    [("kubevirt-examples", 30, 26), ("openshift-examples", 8, 8), ("oadp", 8, 8)],
)
def test_real_vms_load_and_are_all_accounted_for(folder, vms, used, tmp_path):
    sketch = ingest_vms(Path(REAL, "vm", folder), nodes=Path(REAL, "nodes/nto"), base=tmp_path)
    (tmp_path / "made.yaml").write_text(sketch.text)
    case = load(tmp_path / "made.yaml", allow_outside=True)
    assert sum(each.count for each in case.plan.workloads) == vms
    taken = [row for row in sketch.report.rows if str(row[0]).startswith("VirtualMachine")]
    kinds = ("VirtualMachine", "VirtualMachineInstance", "VirtualMachinePool")
    replica = "VirtualMachineInstanceReplicaSet"
    assert sum(int(row[2] or 0) for row in taken if row[0] in (*kinds, replica)) == used


_CLAIM = (
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: NAME, namespace: shop}\n"
    "spec: {storageClassName: fast, resources: {requests: {storage: 40Gi}}}\n"
)
_VOLUME = "      volumes: [{name: root, persistentVolumeClaim: {claimName: NAME}}]\n"


def test_disks_come_from_claims_in_other_files_and_those_of_unknown_size_are_named(tmp_path):
    folder = tmp_path / "dump"
    folder.mkdir()
    for name in ("a", "b", "lost"):
        vm = vm_text(name, spec=_VOLUME.replace("NAME", name))
        (folder / f"{name}.yaml").write_text(vm)
    for name in ("a", "b"):
        (folder / f"claim-{name}.yaml").write_text(_CLAIM.replace("NAME", name))
    sketch = ingest_vms(folder, base=tmp_path)
    assert "count: 2, cpu: 4, memory: 8Gi, namespace: shop, disks: [{size: 40Gi, " in sketch.text
    assert ("PersistentVolumeClaim", 2, 2, 0, "") in sketch.report.rows
    assert "volumes of unknown size: shop/lost" in sketch.report.notes


def test_a_workload_that_names_an_object_says_the_disks_of_its_claims(tmp_path):
    devices = "cpu: {cores: 4}, memory: {guest: 8Gi}, devices: {gpus: [{deviceName: x, name: g}]}"
    vm = vm_text("a", domain=devices, spec=_VOLUME.replace("NAME", "a"))
    sketch, case = made(tmp_path, vm, _CLAIM.replace("NAME", "a"))
    assert "template: " in sketch.text
    (workload,) = case.plan.workloads
    assert [disk.size_bytes >> 30 for disk in workload.disks] == [40]


def test_a_file_with_a_wrong_object_counts_once(tmp_path):
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "a.yaml").write_text(vm_text("a"))
    (folder / "b.yaml").write_text(vm_text("b", run="Sometimes"))
    files = [row for row in ingest_vms(folder).report.rows if row[0] == "file"]
    assert files == [("file", 2, 1, 1, "an object in it is wrong")]
