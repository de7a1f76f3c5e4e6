import pytest

from ove_capacity.analysis.binding import binding, binding_of
from ove_capacity.place import Refused
from ove_capacity.state.rejection import UNRESOLVABLE, Rejection
from ove_capacity.testing.build import pod

MASTER = "node(s) had untolerated taint {node-role.kubernetes.io/master: }"
AWAY = "node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
OURS = "node(s) had untolerated taint {dedicated: gpu}"
UNLIKE = "node(s) didn't match Pod's node affinity/selector"
APART = "node(s) didn't match pod anti-affinity rules"


def refused(*reasons):
    told = tuple(Rejection(n, "", UNRESOLVABLE, (each,)) for n, each in enumerate(reasons))
    return Refused(pod("vm"), "the sentence", told)


@pytest.mark.parametrize(
    ("reasons", "workers", "what"),
    [
        ((MASTER, MASTER, MASTER, UNLIKE), (3,), UNLIKE),
        ((MASTER, MASTER, OURS), (2,), OURS),
        (("Insufficient cpu", "Insufficient cpu", "Insufficient memory"), (2,), "memory"),
        ((AWAY, AWAY, UNLIKE), (0, 1, 2), UNLIKE),
        ((AWAY, AWAY), (0, 1), AWAY),
        ((MASTER, MASTER), (), MASTER),
        ((), (), "the sentence"),
    ],
)
def test_workers_say_what_binds_and_others_only_where_there_is_none(reasons, workers, what):
    assert binding(refused(*reasons), {}, workers) == what


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        (f"0/6 nodes are available: 3 {MASTER}, 2 {AWAY}, 1 {APART}.", APART),
        (f"0/6 nodes are available: 3 {MASTER}, 2 {AWAY}, 1 Insufficient cpu.", "cpu"),
        ("0/3 nodes are available: 1 node(s) were unschedulable, 2 Too many pods.", "pods"),
        (f"0/5 nodes are available: 3 {MASTER}, 2 {AWAY}.", AWAY),
        (
            "cannot migrate: it bridges the pod network",
            "cannot migrate: it bridges the pod network",
        ),
    ],
)
def test_a_sentence_tells_what_binds_whatever_masters_say(sentence, what):
    assert binding_of(sentence) == what


def test_a_kubelets_reason_is_read_from_its_sentence():
    refusal = "TopologyAffinityError: Resources cannot be allocated with Topology locality"
    sentence = f"bound to w0, whose kubelet refuses: {refusal}, again and again"
    assert binding_of(sentence) == "TopologyAffinityError"
