"""Nodes, pods and their kin from plain objects."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.core import (
    disruption_budget_of,
    namespace_of,
    node_of,
    pod_of,
    service_of,
    workload_selector_of,
)
from ove_capacity.manifests.objects import objects_of
from ove_capacity.model.node import NodeImage, Taint
from ove_capacity.model.pod import HostPort, OwnerReference
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.quantity import Quantity


def test_a_node_is_read_in_integers():
    node = node_of(
        {
            "metadata": {"name": "w1", "labels": {"zone": "a"}},
            "spec": {"taints": [{"key": "k", "effect": "NoExecute"}], "unschedulable": True},
            "status": {
                "allocatable": {"cpu": "31500m", "memory": "1Gi", "pods": "250"},
                "images": [{"names": ["a:1", "a@x"], "sizeBytes": 5}],
            },
        }
    )
    assert node.allocatable == {"cpu": 31_500, "memory": 1 << 30, "pods": 250}
    assert node.taints == (Taint("k", "", "NoExecute"),)
    assert node.unschedulable
    assert node.images == (NodeImage(("a:1", "a@x"), 5),)


@pytest.mark.parametrize("capacity", [{"memory": "8Ei"}, {"cpu": "16Gi"}])
def test_a_node_with_more_than_any_machine_has_is_refused(capacity):
    status = {"capacity": capacity}
    with pytest.raises(ScenarioError, match="more than any machine has"):
        node_of({"metadata": {"name": "w1"}, "status": status})


def test_capacity_is_allocatable_when_nothing_else_is_said():
    node = node_of({"metadata": {"name": "w1"}, "status": {"capacity": {"cpu": 2}}})
    assert node.allocatable == {"cpu": 2000}


@pytest.mark.parametrize(
    ("roles", "pool"),
    [
        (["worker"], "worker"),
        (["master", "control-plane", "worker"], "master"),
        (["worker", "worker-cnf"], "worker-cnf"),
        (["infra"], "infra"),
        ([], ""),
    ],
)
def test_the_role_labels_name_the_pool(roles, pool):
    labels = {f"node-role.kubernetes.io/{role}": "" for role in roles}
    assert node_of({"metadata": {"name": "n", "labels": labels}}).pool == pool


def test_a_pod_keeps_exact_quantities_and_defaults_nothing():
    pod = pod_of(
        {
            "metadata": {
                "name": "p",
                "ownerReferences": [{"kind": "ReplicaSet", "name": "rs", "controller": True}],
            },
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "resources": {"requests": {"cpu": "0.1"}, "limits": {"memory": "1Gi"}},
                        "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}],
                    }
                ],
                "initContainers": [{"name": "i", "restartPolicy": "Always"}],
            },
            "status": {"startTime": "1970-01-01T00:00:01Z"},
        }
    )
    container = pod.spec.containers[0]
    assert container.requests == {"cpu": Quantity.parse("100m")}
    assert container.host_ports == (HostPort(81),)
    assert pod.spec.init_containers[0].restart_always
    assert (pod.namespace, pod.start_ms) == ("default", 1000)
    assert pod.owner == OwnerReference("ReplicaSet", "rs")
    assert pod.spec.pod_requests is None


def test_absent_and_empty_affinity_differ():
    terms = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    empty = pod_of({"metadata": {"name": "p"}, "spec": {"affinity": {"nodeAffinity": terms}}})
    absent = pod_of({"metadata": {"name": "p"}, "spec": {}})
    assert empty.spec.affinity.node_required == ()
    assert absent.spec.affinity.node_required is None


def test_a_service_without_selector_selects_nobody():
    assert service_of({"metadata": {"name": "s"}, "spec": {}}) is None


@pytest.mark.parametrize(
    ("kind", "selector"),
    [("ReplicaSet", {"matchLabels": {"a": "b"}}), ("ReplicationController", {"a": "b"})],
)
def test_a_controller_selects_by_its_kind_of_selector(kind, selector):
    found = workload_selector_of(
        {"kind": kind, "metadata": {"name": "x"}, "spec": {"selector": selector}}
    )
    assert found.selector == LabelSelector((Requirement("a", "In", ("b",)),))


def test_budgets_and_namespaces_are_read():
    budget = disruption_budget_of(
        {
            "metadata": {"name": "b"},
            "spec": {"selector": {}},
            "status": {"disruptionsAllowed": 1, "disruptedPods": {"p": "2025-01-01T00:00:00Z"}},
        }
    )
    assert (budget.disruptions_allowed, budget.disrupted_pods) == (1, ("p",))
    assert namespace_of({"metadata": {"name": "n", "labels": {"a": "b"}}}) == ("n", {"a": "b"})


def test_all_mistakes_are_found_at_once():
    with pytest.raises(ScenarioError) as caught:
        node_of(
            {
                "metadata": {"labels": {"a": 1}},
                "spec": {"taints": {"key": "x"}, "unschedulable": "yes"},
                "status": {"capacity": {"cpu": "many", "memory": "-1Gi", "pods": True}},
            }
        )
    assert sorted(str(problem) for problem in caught.value.problems) == [
        "metadata — 'name' is missing",
        "metadata.labels.a — must be text: put it in quotes (got 1)",
        "spec.taints — must be a list (got a mapping)",
        "spec.unschedulable — must be true or false (got 'yes')",
        "status.capacity.cpu — 'many' is not a quantity like 64Gi, 500m or 1.5",
        "status.capacity.memory — must be zero or more (got '-1Gi')",
        "status.capacity.pods — must be a quantity like 64Gi, 500m or 1.5 (got true)",
    ]


def test_lists_are_unwrapped_and_typed(documents, problems):
    text = "kind: NodeList\napiVersion: v1\nitems:\n- metadata: {name: a}\n- metadata: {nme: b}\n"
    found = objects_of(documents(text), problems)
    assert [node.name for node in found.nodes] == ["a", ""]
    assert [str(each) for each in problems.errors] == [
        "test.yaml:5:13: items[1].metadata — 'name' is missing"
    ]


def test_finished_pods_hold_nothing(documents, problems):
    text = "kind: Pod\napiVersion: v1\nmetadata: {name: p}\nstatus: {phase: Succeeded}\n"
    assert objects_of(documents(text), problems).pods == []
