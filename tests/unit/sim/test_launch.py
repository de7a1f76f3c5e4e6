from ove_capacity.sim.launch import launch
from tests.simulation.build import cluster, workload


def test_vms_of_one_shape_share_one_spec_with_their_priority_in_it():
    specs, here = {}, cluster()
    first, second = (launch(workload("vm", priority=7), here, name, specs) for name in "ab")
    assert (first.spec.priority, first.name) == (7, "virt-launcher-a")
    assert first.spec is second.spec


def test_another_priority_is_another_spec():
    specs, here = {}, cluster()
    low, high = (launch(workload("vm", priority=p), here, "a", specs) for p in (0, 7))
    assert (low.spec.priority, high.spec.priority) == (0, 7)


def test_who_never_preempts_says_so_in_the_spec():
    specs, here = {}, cluster()
    meek, bold = (
        launch(workload("vm", priority=7, preemption_never=never), here, "a", specs)
        for never in (True, False)
    )
    assert (meek.spec.preemption_never, bold.spec.preemption_never) == (True, False)
