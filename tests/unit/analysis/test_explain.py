import pytest

import ove_capacity as oc
from ove_capacity.analysis.explain import explain
from ove_capacity.errors import UnknownNameError
from tests.simulation.build import case, cluster, workload

CELLS = """\
apiVersion: ove-capacity/v1
name: cells
platform: {openshift: "4.18"}
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker: {count: 1, node: {sockets: 2, cores: 8, threads: 2, memory: 128Gi}}
    kubelet:
      cpuManagerPolicy: static
      memoryManagerPolicy: Static
      topologyManagerPolicy: single-numa-node
      reservedSystemCPUs: "0,16"
      reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]
workloads:
  - {name: ten, cluster: lab, namespace: vms, count: 2, cpu: 10, memory: 8Gi,
     dedicatedCpuPlacement: true}
  - {name: nine, cluster: lab, namespace: vms, count: 1, cpu: 9, memory: 8Gi,
     dedicatedCpuPlacement: true}
"""


def test_every_node_refuses_or_is_scored():
    found = explain(case(workload("vm", count=2)), "vms/vm-1").to_dict()
    assert (found["status"], len(found["feasible"]), found["rejections"]) == ("running", 3, [])
    for each in found["feasible"]:
        assert each["total"] == sum(score["weighted"] for score in each["scores"])


def test_the_vms_own_room_is_free_when_it_is_asked_again():
    found = explain(case(workload("vm", memory_gib=100, count=3)), "vm-2")
    assert found.verdict.node == found.vm.node


def test_a_vm_without_a_node_is_answered_in_upstreams_words():
    found = explain(case(workload("huge", memory_gib=999)), "huge-0")
    assert found.answer == (
        "vms/huge-0 in production is pending; "
        "placed now: 0/3 nodes are available: 3 Insufficient memory."
    )
    assert {each["plugin"] for each in found.to_dict()["rejections"]} == {"NodeResourcesFit"}


def test_it_fits_the_page():
    shown = str(explain(case(workload("vm", count=2)), "vm-1"))
    assert max(map(len, shown.splitlines())) <= 100
    assert "raw → normalized → weighted" in shown


def test_a_vm_that_does_not_exist_is_answered_with_a_guess():
    with pytest.raises(UnknownNameError, match="Did you mean 'vms/vm-0'"):
        explain(case(workload("vm")), "vms/vn-0")


def test_clusters_with_a_vm_of_that_name_are_told():
    sites = (cluster("north"), cluster("south"))
    both = case(*(workload("vm", cluster=each.name) for each in sites), clusters=sites)
    found = explain(both, "vm-0")
    assert (found.vm.cluster, found.also_in) == ("south", ("north",))
    assert "also in: north" in str(found)
    assert explain(both, "vm-0", cluster="north").also_in == ()


def test_a_cluster_that_has_no_such_vm_is_answered_with_those_that_do():
    sites = (cluster("north"), cluster("south"))
    with pytest.raises(UnknownNameError, match="of VM vms/vm-0 'south'; known: north"):
        explain(case(workload("vm", cluster="north"), clusters=sites), "vms/vm-0", cluster="south")


def test_the_scheduler_s_verdict_is_followed_by_the_kubelet_s(tmp_path):
    """Ten of 14 and 16 CPUs leave 4 and 6: ten in sum, which is what the scheduler sees."""
    file = tmp_path / "cells.yaml"
    file.write_text(CELLS)
    loaded = oc.load(file)
    first = oc.explain(loaded, "ten-0")
    assert [row[1:] for row in first.kubelets.rows] == [("admits", "1-5,17-21", "0", "0")]
    refused = oc.explain(loaded, "nine-0")
    assert "would choose lab-worker-0, whose kubelet would not admit it: Topology" in refused.answer
    (told,) = refused.to_dict()["feasible"]
    assert told["kubelet"]["refusal"] == refused.kubelet_refuses
    assert told["kubelet"]["cpus"] == ""
