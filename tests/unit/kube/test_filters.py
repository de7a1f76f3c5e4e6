"""Each filter refuses in upstream's words."""

import pytest

from ove_capacity.kube.profile import Profile
from ove_capacity.model.node import HOSTNAME_LABEL, ZONE_LABEL, Taint
from ove_capacity.model.pod import (
    Affinity,
    Container,
    HostPort,
    Pod,
    PodSpec,
    SpreadConstraint,
    Toleration,
)
from ove_capacity.model.policy import Policy
from ove_capacity.model.selector import NodeSelectorTerm, Requirement
from ove_capacity.place import explain_pod, initial_state, scheduler_of
from ove_capacity.state.rejection import UNRESOLVABLE, UNSCHEDULABLE
from ove_capacity.testing.build import cluster, node, pod, selector, term

GPU = "nvidia.com/gpu"


def bound(name="b", node_name="w0", **fields):
    return pod(name, node_name=node_name, **fields)


def rejection(pods, nodes, existing=()):
    """Plugin, code and reasons of the first node."""
    state = initial_state(cluster(nodes, pods=tuple(existing)))
    verdict = explain_pod(state, pods, Policy())
    return next(((r.plugin, r.code, r.reasons) for _, r in verdict.rejections), None)


def port(number, ip="0.0.0.0", protocol="TCP"):
    container = Container("c", host_ports=(HostPort(number, protocol, ip),))
    return PodSpec(containers=(container,))


def demand(*requirements, fields=()):
    return Affinity(node_required=(NodeSelectorTerm(tuple(requirements), tuple(fields)),))


TABLE = {
    "cpu": (pod("p", 5), [node("w0", 4)], UNRESOLVABLE, "Insufficient cpu"),
    "memory": (pod("p", 1, "5Gi"), [node("w0", 4, "4Gi")], UNRESOLVABLE, "Insufficient memory"),
    "a device no node has": (
        pod("p", extra={GPU: 1}),
        [node("w0")],
        UNRESOLVABLE,
        f"Insufficient {GPU}",
    ),
    "too many pods, though evicting would help": (
        pod("p"),
        [node("w0", pods=0)],
        UNSCHEDULABLE,
        "Too many pods",
    ),
    "a taint, the first in the node's order": (
        pod("p"),
        [node("w0", taints=(Taint("a", "1"), Taint("b")))],
        UNRESOLVABLE,
        "node(s) had untolerated taint {a: 1}",
    ),
    "a cordon": (
        pod("p"),
        [node("w0", unschedulable=True)],
        UNRESOLVABLE,
        "node(s) were unschedulable",
    ),
    "another node's name": (
        pod("p", node_name="w9"),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't match the requested node name",
    ),
    "a node selector": (
        pod("p", node_selector={"disk": "ssd"}),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't match Pod's node affinity/selector",
    ),
    "an empty term, which matches nothing": (
        pod("p", affinity=demand()),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't match Pod's node affinity/selector",
    ),
    "a name that a term demands": (
        pod("p", affinity=demand(fields=[Requirement("metadata.name", "In", ("w1",))])),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't satisfy plugin(s) [NodeAffinity]",
    ),
    "pod affinity without anybody to be near": (
        pod("p", affinity=Affinity(pod_required=(term(app="db"),))),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't match pod affinity rules",
    ),
    "a spread key that the node lacks": (
        pod("p", spread=(SpreadConstraint(1, ZONE_LABEL, True, selector(app="a")),)),
        [node("w0")],
        UNRESOLVABLE,
        "node(s) didn't match pod topology spread constraints (missing required label)",
    ),
}


@pytest.mark.parametrize(("given", "nodes", "code", "reason"), TABLE.values(), ids=TABLE)
def test_a_node_is_refused_for(given, nodes, code, reason):
    assert rejection(given, nodes)[1:] == (code, (reason,))


def test_all_resources_that_are_short_are_named_in_order():
    found = rejection(pod("p", 9, "9Gi", extra={GPU: 1}), [node("w0", 4, "4Gi")])
    assert found[2] == ("Insufficient cpu", "Insufficient memory", f"Insufficient {GPU}")


def test_room_taken_by_others_may_be_evicted_and_so_is_resolvable():
    found = rejection(pod("p", 3), [node("w0", 4)], [bound(cpu=2)])
    assert found == ("NodeResourcesFit", UNSCHEDULABLE, ("Insufficient cpu",))


def test_anti_affinity_repels_in_both_directions():
    lonely = Affinity(anti_required=(term(app="db"),))
    nodes = [node("w0")]
    own = rejection(pod("p", affinity=lonely), nodes, [bound(labels={"app": "db"})])
    assert own[2] == ("node(s) didn't match pod anti-affinity rules",)
    theirs = rejection(pod("p", labels={"app": "db"}), nodes, [bound(affinity=lonely)])
    assert theirs[2] == ("node(s) didn't satisfy existing pods anti-affinity rules",)


def test_the_first_of_a_group_that_wants_its_own_kind_may_start_anywhere():
    near = Affinity(pod_required=(term(app="db"),))
    assert rejection(pod("p", labels={"app": "db"}, affinity=near), [node("w0")]) is None


def test_a_domain_may_not_run_ahead_by_more_than_the_skew():
    spread = (SpreadConstraint(1, ZONE_LABEL, True, selector(app="a")),)
    nodes = [node("w0", zone="x"), node("w1", zone="y")]
    found = rejection(
        pod("p", labels={"app": "a"}, spread=spread), nodes, [bound(labels={"app": "a"})]
    )
    assert found[1:] == (UNSCHEDULABLE, ("node(s) didn't match pod topology spread constraints",))


@pytest.mark.parametrize(
    ("chosen", "revision", "refused"),
    [(selector(app="a"), "1", True), (selector(app="a"), "2", False), (None, "1", False)],
)
def test_label_keys_of_a_spread_constraint_narrow_its_selector(chosen, revision, refused):
    keys = ("rev", "none")
    spread = (SpreadConstraint(1, HOSTNAME_LABEL, True, chosen, match_label_keys=keys),)
    own = pod("p", labels={"app": "a", "rev": "1"}, spread=spread)
    other = bound(labels={"app": "a", "rev": revision})
    found = rejection(own, [node("w0"), node("w1")], [other])
    assert (found is not None and found[0] == "PodTopologySpread") == refused


@pytest.mark.parametrize(
    ("name", "counts"),
    [("acme.io/card", False), ("card.kubernetes.io/x", True), ("made-up", False)],
)
def test_only_extended_resources_can_be_ignored_and_unknown_native_ones_are(name, counts):
    profile = Profile(ignored_resources=("acme.io/card", "card.kubernetes.io/x"))
    state = initial_state(cluster(1), profile=profile)
    assert bool(explain_pod(state, pod("p", extra={name: 1}), Policy()).rejections) == counts


def test_anti_affinity_of_a_nominated_pod_alone_keeps_nobody_away():
    lonely = Affinity(anti_required=(term(app="db"),))
    waiting = pod("vip", affinity=lonely, priority=9)
    found = []
    for existing in ((), (bound(affinity=lonely, node_name="w1"),)):
        state = initial_state(cluster(2, pods=existing), [waiting])
        c = scheduler_of(state).classify(state, [waiting])[0]
        state.nominated[0] = [state.add(waiting, c)]
        found.append(explain_pod(state, pod("p", labels={"app": "db"}), Policy()).feasible)
    assert found == [("w0", "w1"), ()]


def test_a_tolerated_taint_keeps_nobody_away():
    tolerations = (Toleration("a", "Exists"),)
    assert rejection(pod("p", tolerations=tolerations), [node("w0", taints=(Taint("a"),))]) is None


@pytest.mark.parametrize(
    ("asked", "clashes"),
    [
        (port(80), True),
        (port(80, "10.0.0.1"), True),
        (port(80, protocol="UDP"), False),
        (port(81), False),
    ],
)
def test_a_host_port_is_held_by_one_pod_a_node(asked, clashes):
    holder = Pod("b", PodSpec(containers=port(80).containers, node_name="w0"))
    found = rejection(Pod("p", asked), [node("w0")], [holder])
    assert (found is not None) == clashes


@pytest.mark.parametrize(
    ("operator", "values", "matches"),
    [
        ("In", ("5",), True),
        ("NotIn", ("5",), False),
        ("NotIn", ("6",), True),
        ("Gt", ("4",), True),
        ("Lt", ("x",), False),
        ("Exists", (), True),
        ("DoesNotExist", (), False),
        ("Unknown", (), False),
        ("Gt", ("-1",), False),  # no label has a sign: the term does not parse
        ("NotIn", ("6", "not a label"), False),
        ("Lt", ("9223372036854775808",), False),
    ],
)
def test_node_affinity_operators(operator, values, matches):
    wanted = demand(Requirement("size", operator, values))
    found = rejection(pod("p", affinity=wanted), [node("w0", labels={"size": "5"})])
    assert (found is None) == matches
