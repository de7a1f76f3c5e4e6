"""Must-gathers, as folders and as archives: what is measured, and what is refused."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.must_gather import dump_of_must_gather, ingest_must_gather
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.scenario import load
from tests.real import REAL, needs_real
from tests.unit.ingest.objects import archive, node_text, pod_text, pods_text

NODES = "image-1/cluster-scoped-resources/core/nodes"
PODS = "image-1/namespaces/openshift-dns/core/pods.yaml"


def files(pods=()):
    found = {f"{NODES}/w{i}.yaml": node_text(f"w{i}") for i in range(3)}
    found[PODS] = pods_text(*pods)
    found["image-1/namespaces/openshift-dns/pods/a/a/logs/current.log"] = "x: [" * 9
    return found


def written(folder: Path, content: dict[str, str]) -> Path:
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def report(sketch):
    return {row[0]: row[1:4] for row in sketch.report.rows if row[0]}


PODS_OF_W0 = (
    pod_text("a", "w0"),
    pod_text("b", "w0", cpu="1m", memory="2Gi"),
    pod_text("done", "w0", phase="Succeeded"),
    pod_text("vm", "w0", cpu="4", labels="{kubevirt.io: virt-launcher}"),
    pod_text("lost", "w9"),
)


@pytest.mark.parametrize("shape", ["folder", "mg.tar", "mg.tar.gz"])
def test_folder_and_archives_say_the_same(shape, tmp_path):
    content = files(PODS_OF_W0)
    if shape == "folder":
        source = written(tmp_path / "mg", content)
    else:
        source = archive(tmp_path / shape, content)
    share = dump_of_must_gather(source).pods.shares["w0"]
    # CPU: the containers' 100m, and the init container's 10m; memory: its 1Gi, and 2Gi
    assert (share.cpu.milli, share.memory.value, share.pods) == (110, 3 << 30, 2)


def test_the_report_counts_what_was_read_used_and_set_aside(tmp_path):
    sketch = ingest_must_gather(written(tmp_path, files(PODS_OF_W0)))
    rows = report(sketch)
    assert (rows["Node"], rows["Pod"], rows["file"]) == ((3, 3, 0), (5, 2, 1), (5, 4, 1))


def test_the_scenario_simulates_with_the_measured_share(tmp_path):
    sketch = ingest_must_gather(written(tmp_path / "mg", files(PODS_OF_W0)), name="lab")
    file = tmp_path / "lab.yaml"
    file.write_text(sketch.text)
    nodes = load(file).fleet.clusters[0].nodes
    assert [node.platform[CPU] for node in nodes] == [120] * 3  # 10m: virtualization's
    assert nodes[0].allocatable[CPU] == 15_500
    assert not any(each.name == "platform.worker" for each in load(file).assumptions)


def test_machines_without_pods_have_the_share_of_their_pool_or_the_assumed_one(tmp_path):
    content = files(PODS_OF_W0) | {f"{NODES}/m0.yaml": node_text("m0", role="master")}
    sketch = ingest_must_gather(written(tmp_path / "mg", content))
    assert sketch.text.count("platform:  ") == 1
    assert "pods: 0" not in sketch.text
    assert any("No running pod of m0, w1, w2 was handed in" in each for each in sketch.decisions)


def test_two_clusters_in_one_folder_are_told(tmp_path):
    where = "cluster-scoped-resources/config.openshift.io/infrastructures/cluster.yaml"
    text = "apiVersion: config.openshift.io/v1\nkind: Infrastructure\nmetadata: {name: cluster}\n"
    content = files() | {
        f"{cluster}/{where}": f"{text}status: {{infrastructureName: {cluster}}}\n"
        for cluster in ("north", "south")
    }
    sketch = ingest_must_gather(written(tmp_path / "mg", content))
    said = "Objects of 2 clusters are here (north, south); hand in one at a time."
    assert sketch.decisions[0] == said


def test_kinds_of_files_that_were_not_read_are_named(tmp_path):
    content = files() | {
        "a/namespaces/x/core/configmaps.yaml": "",
        "a/namespaces/y/core/configmaps.yaml": "",
        "a/cluster-scoped-resources/rbac.authorization.k8s.io/clusterroles/r.yaml": "",
        "a/version": "",
    }
    notes = ingest_must_gather(written(tmp_path / "mg", content)).report.notes
    assert notes == (
        "files that were not read: core/configmaps (2), logs (1), others (1), "
        "rbac.authorization.k8s.io/clusterroles (1)",
    )


def test_places_in_a_long_list_are_those_of_the_file(tmp_path):
    content = files((pod_text("a", "w0"), pod_text("b", "w0", cpu="many")))
    with pytest.raises(ScenarioError) as error:
        dump_of_must_gather(written(tmp_path, content))
    (problem,) = error.value.problems
    line = content[PODS].split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith("many")


def test_a_damaged_file_is_set_aside_with_its_place(tmp_path):
    content = {**files(), f"{NODES}/w3.yaml": "a: [1, 2"}
    sketch = ingest_must_gather(written(tmp_path, content))
    assert any("w3.yaml:" in note for note in sketch.report.notes)


@pytest.mark.parametrize("name", ["../evil.yaml", "/etc/evil.yaml", "a/../../evil.yaml"])
def test_an_archive_that_leads_outside_is_refused(name, tmp_path):
    source = archive(tmp_path / "mg.tar", {**files(), name: "x"})
    with pytest.raises(ScenarioError, match="outside of it; refused"):
        dump_of_must_gather(source)
    assert [each.name for each in tmp_path.iterdir()] == ["mg.tar"]


@pytest.mark.parametrize("type_", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_not_followed(type_, tmp_path):
    source = tmp_path / "mg.tar"
    archive(source, files())
    with tarfile.open(source, "a") as tar:
        member = tarfile.TarInfo(f"{NODES}/linked.yaml")
        member.type, member.linkname = type_, "/etc/passwd"
        tar.addfile(member)
    sketch = ingest_must_gather(source)
    assert (None, None, 1) in [row[1:4] for row in sketch.report.rows] or any(
        "links" in str(row[4]) for row in sketch.report.rows
    )


def test_a_link_in_a_folder_is_not_followed(tmp_path):
    folder = written(tmp_path / "mg", files())
    outside = tmp_path / "outside.yaml"
    outside.write_text(node_text("outside"))
    (folder / NODES / "linked.yaml").symlink_to(outside)
    assert "outside" not in dump_of_must_gather(folder).nodes


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    source = tmp_path / "bomb.tgz"
    member = tarfile.TarInfo("image-1/huge.log")
    member.size = 1 << 40
    with gzip.open(source, "wb") as stream:
        stream.write(member.tobuf() + bytes(1 << 20))
    with pytest.raises(ScenarioError, match="unpacks to more"):
        dump_of_must_gather(source)


def test_an_endless_header_is_refused(tmp_path):
    source = tmp_path / "bomb.tgz"
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 1 << 34
    with gzip.open(source, "wb") as stream:
        stream.write(member.tobuf() + bytes(1 << 20))
    with pytest.raises(ScenarioError):
        dump_of_must_gather(source)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b" + b"0" * 600, b"x" * 2000])
def test_what_is_no_archive_is_refused_with_its_name(content, tmp_path):
    source = tmp_path / "mg.tar"
    source.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"mg\.tar:1:1"):
        dump_of_must_gather(source)


def test_a_cut_archive_is_refused(tmp_path):
    whole = archive(tmp_path / "mg.tgz", files()).read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ScenarioError, match="cannot be read as an archive"):
        dump_of_must_gather(tmp_path / "cut.tgz")


def sysinfo():
    cells = {
        "sys/devices/system/node/node0/cpulist": "0,2,4",
        "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal: 1024 kB\n",
        "sys/devices/system/node/node1/cpulist": "1,3,5",
        "sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages": "4\n",
        "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0,1\n",
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in cells.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def test_cells_are_read_from_sysinfo(tmp_path):
    source = archive(tmp_path / "mg.tar", {**files(), "image-1/nodes/w0/sysinfo.tgz": sysinfo()})
    topology = dump_of_must_gather(source).topologies["w0"]
    assert [cell.cpus for cell in topology.cells] == [(0, 2, 4), (1, 3, 5)]
    assert [dict(cell.pages) for cell in topology.cells] == [{}, {"1Gi": 4}]
    assert (topology.smt, topology.numbering) == (True, "alternating")
    assert "NUMA of w0: cell 0: 3 CPUs, 1024 Ki" in ingest_must_gather(source).text


def test_a_damaged_sysinfo_costs_only_its_cells(tmp_path):
    source = archive(tmp_path / "mg.tar", {**files(), "image-1/nodes/w0/sysinfo.tgz": b"\x1f\x8b"})
    dump = dump_of_must_gather(source)
    assert (dump.topologies, len(dump.nodes)) == ({}, 3)
    assert any("w0/sysinfo.tgz" in note for note in dump.intake.notes)


@needs_real
def test_the_measured_metal_cluster_has_the_numbers_counted_independently():
    dump = dump_of_must_gather(Path(REAL, "must-gather/metal"))
    found = {
        row[0]: (row[1], row[2], *row[3:6], row[6], *row[7:10], row[10])
        for row in dump.pods.table(dump.nodes.values()).rows
    }
    assert found == {
        "master-0": ("master", 56, "16", "15.5", "1.97", 15, "31.1", "30.0", "6.48", 24),
        "master-1": ("master", 31, "16", "15.5", "1.62", 13, "31.1", "30.0", "4.77", 19),
        "master-2": ("master", 29, "16", "15.5", "1.58", 13, "31.1", "30.0", "4.82", 19),
        "worker-0": ("worker", 15, "16", "15.5", "0.42", 6, "31.1", "30.0", "1.13", 7),
        "worker-1": ("worker", 12, "16", "15.5", "0.30", 5, "31.1", "30.0", "0.77", 6),
        "worker-2": ("worker", 30, "16", "15.5", "0.81", 8, "31.1", "30.0", "4.44", 18),
    }
    master = next(share for name, share in dump.pods.shares.items() if name.startswith("master-2"))
    assert master.cpu.milli == 1575


@needs_real
def test_the_aws_cluster_has_its_nodes_machine_sets_and_storage_classes():
    dump = dump_of_must_gather(Path(REAL, "must-gather/aws"))
    assert [(node.capacity[CPU], node.allocatable[CPU]) for node in dump.nodes.values()] == [
        (4000, 3500)
    ] * 6
    gib = {
        name.split(".")[0]: (round(node.capacity[MEMORY] / 2**30, 1), node.pool)
        for name, node in dump.nodes.items()
    }
    assert gib == {
        "ip-10-0-129-220": (15.6, "worker"),
        "ip-10-0-151-183": (15.6, "worker"),
        "ip-10-0-187-218": (15.2, "master"),
        "ip-10-0-189-142": (15.4, "master"),
        "ip-10-0-195-177": (15.4, "master"),
        "ip-10-0-254-204": (15.6, "worker"),
    }
    assert [(each.replicas, each.size) for each in dump.machine_sets.values()] == [
        (2, "4 CPUs, 16384 MiB, m4.xlarge"),
        (1, "4 CPUs, 16384 MiB, m4.xlarge"),
    ]
    assert sorted(dump.storage.classes) == ["gp2", "gp2-csi"]


@needs_real
def test_the_cells_of_the_bare_metal_nodes_are_those_known():
    dump = dump_of_must_gather(Path(REAL, "nodes/nto"))
    found = {
        name: (
            topology.smt,
            topology.numbering,
            [
                (len(cell.cpus), cell.memory_bytes >> 10, dict(cell.pages), cell.distances)
                for cell in topology.cells
            ],
        )
        for name, topology in dump.topologies.items()
    }
    assert found == {
        "master.internal": (
            True,
            "alternating",
            [(56, 131484584, {}, (10, 20)), (56, 132057708, {}, (20, 10))],
        ),
        "worker1.internal": (
            True,
            "alternating",
            [(40, 97557100, {"2Mi": 128}, (10, 21)), (40, 99076588, {}, (21, 10))],
        ),
        "worker2.internal": (
            False,
            "alternating",
            [(16, 97607836, {}, (10, 21)), (16, 99040276, {}, (21, 10))],
        ),
    }


VMS = "image-1/namespaces/shop/kubevirt.io/virtualmachines"
SUPPORT = {
    "image-1/cluster-scoped-resources/instancetype.kubevirt.io/"
    "virtualmachineclusterinstancetypes/own.yaml": (
        "apiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachineClusterInstancetype\n"
        "metadata: {name: own}\nspec: {cpu: {guest: 3}, memory: {guest: 5Gi}}\n"
    ),
    "image-1/cluster-scoped-resources/scheduling.k8s.io/priorityclasses/gold.yaml": (
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: gold}\nvalue: 9\n"
    ),
    "image-1/namespaces/cnv/kubevirt.io/kubevirts/k.yaml": (
        "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: k}\nspec: {}\n"
    ),
}


def vm_text(name, *, more="", spec="", domain="{cpu: {cores: 2}, memory: {guest: 2Gi}}"):
    return (
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\n"
        f"metadata: {{name: {name}, namespace: shop}}\nspec:\n  runStrategy: Always\n{more}"
        f"  template: {{spec: {{domain: {domain}{spec}}}}}\n"
    )


def gathered(tmp_path, *texts):
    """The workloads of a must-gather of these VMs, as an archive, and its sketch."""
    content = files() | SUPPORT | {f"{VMS}/{i}.yaml": text for i, text in enumerate(texts)}
    sketch = ingest_must_gather(archive(tmp_path / "mg.tar", content), name="lab")
    file = tmp_path / "lab.yaml"
    file.write_text(sketch.text)
    return load(file).plan.workloads, sketch


def test_vms_of_a_must_gather_are_workloads_that_need_no_file_of_it(tmp_path):
    workloads, sketch = gathered(
        tmp_path,
        *(vm_text("a"), vm_text("b")),
        vm_text("c", more="  instancetype: {name: own}\n", domain="{devices: {}}"),
        vm_text("d", spec=", priorityClassName: gold"),
    )
    found = {each.name: (each.count, each.priority) for each in workloads}
    assert found == {"vm-2cpu-2gi": (2, 0), "c": (1, 0), "d": (1, 9)}
    domain = next(each for each in workloads if each.name == "c").vmi.spec.domain
    assert (domain.cpu.vcpus, domain.memory.guest.value) == (3, 5 << 30)
    assert report(sketch)["VirtualMachine"] == (4, 4, 0)
    assert report(sketch)["KubeVirt"] == (1, 0, 1)
    assert not any("template" in line for line in sketch.text.splitlines() if "- {" in line)


def test_a_vm_that_asks_for_more_than_its_size_is_written_by_it_and_said_so(tmp_path):
    device = "{gpus: [{name: g, deviceName: nvidia.com/A}]}"
    domain = f"{{cpu: {{cores: 2}}, memory: {{guest: 2Gi}}, devices: {device}}}"
    workloads, sketch = gathered(tmp_path, vm_text("a", domain=domain))
    assert [each.count for each in workloads] == [1]
    assert "# by its size only" in sketch.text
    assert sketch.decisions[-1].startswith("More than a size says")


def test_a_vm_that_is_wrong_is_set_aside_with_its_place(tmp_path):
    workloads, sketch = gathered(tmp_path, vm_text("a"), vm_text("b", domain="{cpu: 7}"))
    assert [each.name for each in workloads] == ["a"]
    assert "virtualmachines/1.yaml:6:" in "\n".join(sketch.report.notes)


def test_vms_that_ran_without_their_objects_are_told(tmp_path):
    sketch = ingest_must_gather(written(tmp_path, files(PODS_OF_W0)))
    assert sketch.decisions[-1].startswith("VMs that ran there: 1, of which no object is here")
