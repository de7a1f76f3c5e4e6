"""What NUMA cells have left, and what another policy, another cut or other pages would free."""

import pytest

import ove_capacity as oc
from ove_capacity.analysis.cell_cut import recut
from ove_capacity.errors import UnknownNameError
from ove_capacity.model.machine import machine_of
from ove_capacity.model.topology import Topology

GIB = 1 << 30
SCENARIO = """\
apiVersion: ove-capacity/v1
name: cells
platform: {{openshift: "4.18"}}
assume: {{virtualization: installed}}
clusters:
  prod:
    pools:
      worker: {{count: 1, node: {node}}}
    kubelet:
      cpuManagerPolicy: static
      memoryManagerPolicy: Static
      topologyManagerPolicy: {policy}
      reservedSystemCPUs: "0,16"
      reservedMemory: [{{numaNode: 0, limits: {{memory: 1124Mi}}}}]
  plain:
    pools: {{worker: {{count: 1, node: {{cpu: 32, memory: 128Gi}}}}}}
workloads:
  - {{name: eight, cluster: prod, namespace: vms, count: {eights}, cpu: 8, memory: 16Gi,
      dedicatedCpuPlacement: true, hugepages: 1Gi}}
  - {{name: app, cluster: prod, namespace: vms, count: 1, cpu: 2, memory: 4Gi}}
"""
NODE = "{sockets: 2, cores: 8, threads: 2, memory: 128Gi, hugepages: {1Gi: 64}}"


def fragmented(tmp_path, eights=3, policy="single-numa-node", node=NODE, **asked):
    file = tmp_path / "cells.yaml"
    file.write_text(SCENARIO.format(eights=eights, policy=policy, node=node))
    return oc.fragmentation(oc.load(file), **asked)


@pytest.fixture
def prod(tmp_path):
    return fragmented(tmp_path).clusters["prod"]


def test_what_is_free_stranded_and_held_by_cell(prod):
    """Threads 0 and 16 are reserved: 14 and 16 are left; two of eight fit cell 1, one cell 0."""
    first, second = prod.rooms[0].cells
    assert (first.cpus, second.cpus) == (14, 16)
    assert (first.free_cpus, second.free_cpus) == (6, 0)
    assert (first.stranded_cpus, second.stranded_cpus) == (6, 0)
    assert first.held_cpus == {"eight": 8}
    assert second.held_cpus == {"eight": 16}
    assert second.held_memory["eight"]["hugepages-1Gi"] == 32 * GIB
    assert first.free_memory["hugepages-1Gi"] == 16 * GIB


def test_nothing_is_stranded_that_a_shape_would_fill(tmp_path):
    room = fragmented(tmp_path, eights=1).clusters["prod"].rooms[0]
    assert room.free_cpus - room.stranded_cpus == 16
    assert [cell.stranded_cpus for cell in room.cells] == [6, 0]


def test_the_largest_vm_is_one_that_a_kubelet_admits(prod):
    """Six CPUs are free in a cell, but the platform's pods have a part of the node's total."""
    assert prod.rooms[0].free_cpus == 6
    assert 5000 < prod.rooms[0].free_cpu_milli < 6000
    assert prod.largest_vcpus == 5
    assert prod.rooms[0].largest.refusal


def test_shapes_are_counted_by_policy_with_everything_placed_anew(tmp_path):
    found = fragmented(tmp_path, eights=0).clusters["prod"]
    fits = {str(each): each.fits["eight"] for each in found.changes if not each.refusal}
    assert fits["policy single-numa-node, scope container"] == 3
    assert fits["policy none"] == 3
    assert [each.is_current for each in found.changes].count(True) == 1


def test_one_cell_instead_of_two_would_take_what_spans(tmp_path):
    """Nine CPUs fit 14 and 16 once each, the 30 of one cell three times, and no eight."""
    file = tmp_path / "wide.yaml"
    text = SCENARIO.format(eights=0, policy="single-numa-node", node=NODE)
    file.write_text(text.replace("cpu: 8,", "cpu: 9,"))
    found = oc.fragmentation(oc.load(file)).clusters["prod"]
    current = [each for each in found.changes if str(each).startswith(f"{found.current}")]
    fits = {each.layout: each.fits["eight"] for each in current}
    assert fits == {"as it is": 2, "one cell, interleaved": 3} | {
        f"{n} cells a socket": 0 for n in (2, 4)
    }
    assert "would free most, all placed anew: +1 eight" in found.answer


def test_the_split_moves_memory_from_ordinary_vms_to_hugepages(prod):
    points = prod.split.points
    assert prod.split.pages_now == 64
    assert points[0].pages == 0
    assert points[0].hugepage_vms == 0
    assert points[0].listed_not_placed == 3
    assert max(each.hugepage_vms for each in points) == 3
    ordinary = [each.ordinary_vms for each in points]
    assert ordinary == sorted(ordinary, reverse=True)
    least, most = prod.split.sufficient
    assert least <= 64 <= most


def test_a_cluster_whose_kubelets_look_at_totals_says_so(tmp_path):
    found = fragmented(tmp_path, cluster="plain").clusters["plain"]
    assert found.rooms == ()
    assert found.best is None
    assert found.answer.startswith("plain: its kubelets look at no cell")


def test_the_state_that_was_asked_about_stays_as_it_is(tmp_path):
    file = tmp_path / "cells.yaml"
    file.write_text(SCENARIO.format(eights=3, policy="restricted", node=NODE))
    run = oc.simulate(oc.load(file), until="1h")
    before = list(run.states["prod"].admitting.states)
    assert oc.fragmentation(run).to_dict() == oc.fragmentation(run).to_dict()
    assert run.states["prod"].admitting.states == before


def test_unknown_names_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="cluster"):
        fragmented(tmp_path, cluster="prd")
    with pytest.raises(UnknownNameError, match="shape"):
        fragmented(tmp_path, shapes=["egiht"])


@pytest.mark.parametrize(
    ("per_socket", "cells", "cpus", "gib"),
    [(0, 1, 32, 128), (1, 2, 16, 64), (2, 4, 8, 32), (4, 8, 4, 16), (3, None, 0, 0)],
)
def test_a_socket_is_cut_as_far_as_its_cores_divide(per_socket, cells, cpus, gib):
    cut = recut(machine_of(Topology(2, 8, 2), 128 * GIB, {"1Gi": 16}), per_socket)
    if cells is None:
        assert cut is None
        return
    assert [sum(len(core.threads) for core in each.cores) for each in cut.cells] == [cpus] * cells
    assert [each.memory_bytes for each in cut.cells] == [gib * GIB] * cells
    assert sum(each.hugepages["1Gi"] for each in cut.cells) == 16
