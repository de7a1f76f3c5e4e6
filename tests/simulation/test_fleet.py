import pytest

from ove_capacity.errors import AnswerError, UnknownNameError
from ove_capacity.model.placement import ClusterSelector, Placement, PrioritizerWeight
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.report.text import simulate_text
from ove_capacity.sim.run import simulate
from tests.simulation.build import case, cluster, workload

SIZE = (PrioritizerWeight("ResourceAllocatableCPU", 1),)
TWO = Placement("two", "vms", 2, prioritizers=SIZE)
LABELLED = ClusterSelector(LabelSelector((Requirement("a", "Exists"),)))
NOWHERE = Placement("none", "vms", predicates=(LABELLED,))


def fleet(*plan, placements=(TWO, NOWHERE)):
    clusters = [cluster("small", 1), cluster("large", 3), cluster("medium", 2)]
    return case(*plan, clusters=clusters, placements=placements)


def where(run):
    return {name: [vm.name for vm in run.vms_of(name)] for name in run.clusters()}


def test_a_count_runs_on_each_chosen_cluster():
    run = simulate(fleet(workload("vm", memory_gib=1, count=2, placement="two")), until_ms=1)
    assert run.placements["vms/two"].clusters == ("large", "medium")
    assert where(run) == {"large": ["vm-0", "vm-1"], "medium": ["vm-0", "vm-1"], "small": []}


def test_a_total_is_split_in_decision_order():
    vm = workload("vm", memory_gib=1, count=3, placement="vms/two", total=True)
    run = simulate(fleet(vm), until_ms=1, check=True)
    assert where(run) == {"large": ["vm-0", "vm-2"], "medium": ["vm-1"], "small": []}


def test_a_placement_without_a_cluster_is_named_in_a_warning():
    run = simulate(fleet(workload("vm", placement="none")), until_ms=1, check=True)
    why = "No ManagedCluster matches any of the cluster predicate"
    told = f"workload vm: Placement none chose no cluster ({why}); its VMs run nowhere"
    assert run.warnings == (told,)
    assert run.vms == ()


def test_the_page_says_why_a_workload_is_nowhere():
    page = simulate_text(simulate(fleet(workload("vm", placement="none")), until_ms=1))
    assert "Created nowhere, as no cluster is chosen: vm." in page.replace("\n", " ")
    assert "vms/none: No ManagedCluster matches any of the cluster predicate" in page


def test_an_unknown_placement_is_refused():
    with pytest.raises(UnknownNameError, match="unknown Placement 'vms/tow'; known"):
        simulate(fleet(workload("vm", placement="vms/tow")), until_ms=1)


def test_two_vms_of_one_name_in_one_cluster_are_refused():
    plan = [workload("vm", memory_gib=1, cluster="large"), workload("vm", placement="two")]
    with pytest.raises(AnswerError, match="two VMs are called vms/vm-0 in cluster large"):
        simulate(fleet(*plan), until_ms=1)


def test_an_unknown_vm_or_cluster_is_answered_with_a_guess():
    run = simulate(fleet(workload("vm", cluster="large")), until_ms=1)
    with pytest.raises(UnknownNameError, match="Did you mean 'vms/vm-0'"):
        run.vm("vms/vm0")
    with pytest.raises(UnknownNameError, match="Did you mean 'large'"):
        run.clusters("larg")
