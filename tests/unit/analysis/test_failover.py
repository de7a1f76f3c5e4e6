import pytest

from ove_capacity.analysis.failover import failover
from ove_capacity.errors import AnswerError
from ove_capacity.model.policy import Policy
from tests.simulation.build import case, cluster, workload


def survives(*plan, workers=3, nodes=None, remediation="nhc-snr", asked=None, **fields):
    site = cluster(workers=workers, nodes=nodes, remediation=remediation, **(fields or {}))
    return failover(case(*plan, clusters=(site,)), **(asked or {})).clusters["production"]


@pytest.mark.parametrize(
    ("count", "survived", "fails_at"),
    # A node holds two such VMs: three nodes hold six, two hold four, one holds two.
    [(6, 0, 1), (5, 0, 1), (4, 1, 2), (3, 1, 2), (2, 2, 3), (0, 3, None)],
)
def test_a_loss_is_survived_when_every_vm_is_placed_again(count, survived, fails_at):
    found = survives(workload("vm", memory_gib=60, count=count))
    assert (found.survives_nodes, found.search.not_survived_at) == (survived, fails_at)


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
    plan = [workload("huge", memory_gib=999), workload("small", memory_gib=1)]
    found = survives(*plan)
    assert (found.vms, found.survives_nodes) == (1, 2)


def test_one_worker_alone_is_not_survived():
    assert survives(workload("vm"), workers=1).survives_nodes == 0


def test_asking_leaves_the_state_alone_and_answers_twice_alike():
    plan = case(workload("vm", count=4), policy=Policy(tie="random"))
    assert failover(plan).to_dict() == failover(plan).to_dict()


@pytest.mark.parametrize("asked", [{"survive": -1}, {"while_drained": -2}, {"budget": -1}])
def test_a_negative_number_is_no_question(asked):
    with pytest.raises(AnswerError, match="must not be negative"):
        failover(case(), **asked)


def test_it_shows_what_would_not_return():
    shown = str(failover(case(workload("vm", memory_gib=94, count=3))))
    assert "VMs that would not return" in shown
    assert max(map(len, shown.splitlines())) <= 100
