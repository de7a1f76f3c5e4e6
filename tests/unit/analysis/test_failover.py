import pytest

from ove_capacity.analysis.failover import failover
from ove_capacity.model.policy import Policy
from tests.simulation.build import case, cluster, workload


def survives(*plan, nodes=1, workers=3, **fields):
    found = failover(case(*plan, clusters=(cluster(workers=workers),), **fields), nodes=nodes)
    return found.clusters["production"]


@pytest.mark.parametrize(
    ("count", "nodes", "survived"),
    # A node holds two such VMs: three nodes hold six, two hold four, one holds two.
    [(6, 2, 0), (5, 2, 0), (4, 2, 1), (3, 2, 1), (2, 2, 2), (0, 2, 2), (2, 1, 1)],
)
def test_a_loss_is_survived_when_every_vm_is_placed_again(count, nodes, survived):
    assert (
        survives(workload("vm", memory_gib=60, count=count), nodes=nodes).survives_nodes == survived
    )


def test_free_room_in_crumbs_does_not_help():
    # A quarter of each node is free, 96 GiB in all, and no node can take 96 GiB in one piece.
    found = survives(workload("vm", memory_gib=94, count=3))
    assert found.survives_nodes == 0
    lost = found.losses[0]
    assert (lost.nodes, lost.displaced, [vm.vm for vm in lost.not_returned]) == (
        ("w1",),
        1,
        ["vms/vm-0"],
    )
    assert lost.not_returned[0].message == (
        "0/3 nodes are available: 1 node(s) had untolerated taint "
        "{node.kubernetes.io/unreachable: }, 2 Insufficient memory."
    )


def test_more_important_vms_return_first():
    plan = [
        workload("low", memory_gib=60, count=5),
        workload("high", memory_gib=60, count=1, priority=5),
    ]
    found = survives(*plan)
    stranded = {vm.vm for loss in found.losses for vm in loss.not_returned}
    assert "vms/high-0" not in stranded
    assert all(len(loss.not_returned) == 2 for loss in found.losses)


def test_vms_that_were_pending_before_do_not_count():
    assert survives(workload("huge", memory_gib=999)).survives_nodes == 1


def test_one_worker_alone_is_not_survived():
    assert survives(workload("vm"), workers=1).survives_nodes == 0


def test_more_losses_than_workers_are_not_tried():
    assert survives(nodes=5).survives_nodes == 3


def test_asking_leaves_the_state_alone_and_answers_twice_alike():
    plan = case(workload("vm", count=4), policy=Policy(tie="random"))
    assert failover(plan).to_dict() == failover(plan).to_dict()


def test_less_than_one_node_is_no_question():
    with pytest.raises(ValueError, match="at least 1"):
        failover(case(), nodes=0)


def test_it_shows_what_would_not_return():
    shown = str(failover(case(workload("vm", memory_gib=94, count=3))))
    assert "VMs that would not return" in shown
    assert max(map(len, shown.splitlines())) <= 100
