"""What /sys says of a machine, as far as the machine that its kubelet sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from ove_capacity.ingest.must_gather import dump_of_must_gather, ingest_must_gather
from ove_capacity.ingest.sysinfo import Cache, topology_of
from ove_capacity.kubelet import admit, pod_demand, start
from ove_capacity.kubelet.rules import LATEST
from ove_capacity.model.cpu_set import cpu_set_text
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.machine import Machine
from ove_capacity.scenario import load
from tests.real import REAL, needs_real
from tests.unit.ingest.objects import archive, node_text
from tests.unit.kubelet.build import container, pod

CPU, NODE = "sys/devices/system/cpu", "sys/devices/system/node"
CELLS = ("0-3,8-11", "4-7,12-15", "")
KI = (8 << 20, 8 << 20, 16 << 20)


def snapshot(*caches: str, offline: str = "") -> dict[str, str]:
    """Two sockets of a cell and four cores each, a cell of memory only, and these caches."""
    files = {f"{CPU}/offline": f"{offline}\n"}
    for number, (cpus, memory) in enumerate(zip(CELLS, KI, strict=True)):
        files[f"{NODE}/node{number}/cpulist"] = f"{cpus}\n"
        files[f"{NODE}/node{number}/meminfo"] = f"Node {number} MemTotal: {memory} kB\n"
        rows = ("10 21 30", "21 10 30", "30 30 10")
        files[f"{NODE}/node{number}/distance"] = f"{rows[number]}\n"
    for cpu in range(16):
        files[f"{CPU}/cpu{cpu}/topology/thread_siblings_list"] = f"{cpu % 8},{cpu % 8 + 8}\n"
        files[f"{CPU}/cpu{cpu}/topology/physical_package_id"] = f"{cpu % 8 // 4}\n"
        files |= cache(cpu, 2, cpu % 8, f"{cpu % 8},{cpu % 8 + 8}")
        for number, cpus in enumerate(caches):
            first, end = map(int, cpus.split(":"))
            if first <= cpu % 8 < end:
                shared = f"{first}-{end - 1},{first + 8}-{end + 7}"
                files |= cache(cpu, 3, number, shared)
    return files


def cache(cpu: int, level: int, number: int, shared: str) -> dict[str, str]:
    folder = f"{CPU}/cpu{cpu}/cache/index{level}"
    texts = {"level": level, "id": number, "shared_cpu_list": shared}
    return {f"{folder}/{name}": f"{text}\n" for name, text in texts.items()}


QUARTERS = ("0:2", "2:4", "4:6", "6:8")


def gathered(folder: Path, files: dict[str, str]) -> Path:
    """A must-gather of one node."""
    content = archive(folder / "sysinfo.tgz", dict(files)).read_bytes()
    node = node_text("w0", memory_ki=sum(KI))
    return archive(
        folder / "mg.tar",
        {
            "img/cluster-scoped-resources/core/nodes/w0.yaml": node,
            "img/nodes/w0/sysinfo.tgz": content,
        },
    )


def machine(folder: Path, files: dict[str, str]) -> Machine:
    """What the kubelets of the scenario see that is written of it."""
    file = folder / "lab.yaml"
    file.write_text(ingest_must_gather(gathered(folder, files), name="lab").text)
    kubelet = {"cpuManagerPolicy": "static", "reservedSystemCPUs": "0"}
    (cluster,) = load(file, set={"clusters.lab.kubelet": kubelet}).fleet.clusters
    found = cluster.nodes[0].kubelet
    assert found is not None
    return found.machine


def test_caches_and_cells_without_cpus_are_read():
    files = snapshot(*QUARTERS, offline="16-17")
    found = topology_of((path, text.encode()) for path, text in files.items())
    assert found is not None
    assert [len(cell.cpus) for cell in found.cells] == [8, 8, 0]
    assert found.caches[13] == Cache(2, (4, 5, 12, 13))
    assert found.offline == (16, 17)
    assert "cell 2: 0 CPUs, 16777216 Ki" in found.describe()
    assert found.describe().endswith("4 last-level caches")


@pytest.mark.parametrize("name", ["level", "id"])
def test_a_cache_without_a_level_or_number_is_none(name):
    files = snapshot(*QUARTERS)
    files |= dict.fromkeys((path for path in files if path.endswith(f"index3/{name}")), "-\n")
    found = topology_of((path, text.encode()) for path, text in files.items())
    assert found is not None
    assert found.caches == {}


def test_what_is_read_reaches_the_kubelets_and_their_option(tmp_path):
    found = machine(tmp_path, snapshot(*QUARTERS))
    assert [[core.uncore for core in cell.cores] for cell in found.cells] == [
        [0, 0, 1, 1],
        [2, 2, 3, 3],
        [],
    ]
    assert [cell.memory_bytes >> 10 for cell in found.cells] == list(KI)
    assert found.cells[2].distances == (30, 30, 10)

    def cpus(*options: str) -> str:
        config = KubeletConfig(
            cpu_manager_policy="static",
            cpu_manager_policy_options=dict.fromkeys(options, "true"),
            reserved_system_cpus="0",
        )
        kubelet = start(found, config, rules=LATEST)
        first = admit(kubelet, kubelet.empty, "p", pod_demand(pod(container(cpu=4))))
        return cpu_set_text(first.containers[0].cpus)

    assert cpus() == "1-2,9-10"
    assert cpus("prefer-align-cpus-by-uncorecache") == "2-3,10-11"


def test_odd_caches_are_told_and_the_rest_is_written(tmp_path):
    text = ingest_must_gather(gathered(tmp_path, snapshot("0:3", "3:8")), name="lab").text
    assert "cachesPerCell" not in text
    assert "# One last-level cache a socket is taken: last-level caches of 3 or 5 cores, 2" in text
    assert "{memory: 8Gi}, {memory: 8Gi}, {memory: 16Gi}" in text


def test_a_machine_with_a_cpu_switched_off_says_so(tmp_path):
    files = snapshot(offline="15") | {
        f"{NODE}/node1/cpulist": "4-7,12-14\n",
        f"{CPU}/cpu7/topology/thread_siblings_list": "7\n",
    }
    del files[f"{CPU}/cpu15/topology/thread_siblings_list"]
    del files[f"{CPU}/cpu15/topology/physical_package_id"]
    text = ingest_must_gather(gathered(tmp_path, files), name="lab").text
    assert (
        "# Its cells are not said: 15 CPUs of 8 cores do not divide; CPU 15 is not online." in text
    )
    assert "sockets:" not in text


def test_cells_without_cpus_alone_are_no_machine(tmp_path):
    files = {path: text for path, text in snapshot().items() if "node2" in path}
    dump = dump_of_must_gather(gathered(tmp_path, files))
    assert dump.topologies == {}


@needs_real
def test_the_caches_of_real_machines_are_those_of_their_sockets():
    found = dump_of_must_gather(Path(REAL, "nodes/nto")).topologies
    shared = {
        name: sorted({(each.number, each.cpus) for each in topology.caches.values()})
        for name, topology in found.items()
    }
    assert shared == {
        name: [(cell.number, cell.cpus) for cell in topology.cells]
        for name, topology in found.items()
    }
    assert "cachesPerCell" not in ingest_must_gather(Path(REAL, "nodes/nto"), name="lab").text
