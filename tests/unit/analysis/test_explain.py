import pytest

from ove_capacity.analysis.explain import explain
from ove_capacity.errors import UnknownNameError
from tests.simulation.build import case, cluster, workload


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
