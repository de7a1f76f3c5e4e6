"""GPUs as the autoscaler counts them."""

from dataclasses import replace

import pytest

from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, NodeGroup
from ove_capacity.openshift.autoscaler.gpus import gpu_resource, gpus_of, unmet_limits
from ove_capacity.openshift.autoscaler.options import LATEST, AutoscalingOptions, options_of
from ove_capacity.openshift.autoscaler.pod_list import are_all_new
from ove_capacity.openshift.autoscaler.quotas import maximum_quotas, minimum_quotas
from ove_capacity.openshift.autoscaler.utilization import utilization
from ove_capacity.openshift.autoscaler.view import ClusterView, GroupState
from ove_capacity.releases import release
from ove_capacity.testing.build import node, pod

A10 = {"cluster-api/accelerator": "a10"}
NVIDIA = "nvidia.com/gpu"


def gpus(count=2, labels=A10, resource=NVIDIA, name="g1"):
    return node(name, labels=labels, extra={resource: count})


@pytest.mark.parametrize(
    ("given", "counted", "resource"),
    [
        (gpus(), {"a10": 2}, NVIDIA),
        (gpus(labels={}), {}, NVIDIA),
        (gpus(resource="amd.com/gpu"), {"a10": 2}, "amd.com/gpu"),
        (gpus(resource="nvidia.com/GA102GL_A10"), {}, NVIDIA),  # passed through: not known
        (node("w1", labels=A10), {}, NVIDIA),
        (node("w1"), {}, ""),
    ],
)
def test_gpus_are_counted_by_label_and_vendor(given, counted, resource):
    assert (gpus_of(given), gpu_resource(given)) == (counted, resource)


@pytest.mark.parametrize("by_target", [False, True])
def test_a_limit_of_gpus_is_held_like_one_of_cores(by_target):
    rules = replace(LATEST, counts_usage_by_target=by_target)
    options = AutoscalingOptions(rules=rules, gpus={"a10": (4, 7)})
    group = GroupState(NodeGroup("gpu", 0, 9), 2)
    nodes = [gpus(name="g1"), gpus(name="g2")]
    view = ClusterView(tuple(nodes), (group,), {"g1": "gpu", "g2": "gpu"})
    counted = [(each, "gpu") for each in nodes]
    most = maximum_quotas(view, counted, {"gpu": nodes[0]}, options)
    assert most.allowed("gpu", nodes[0], 3) == (1, ["a10"])
    assert minimum_quotas(counted, options).allowed("gpu", nodes[0], 1) == (0, ["a10"])


def test_limits_of_gpus_come_from_the_clusterautoscaler():
    asked = ClusterAutoscaler(gpus=(("a10", 0, 4),))
    assert options_of(asked, release("4.20").openshift).gpus == {"a10": (0, 4)}


def test_a_node_with_gpus_is_used_as_far_as_they_are():
    busy = pod("p", cpu=30, extra={NVIDIA: 1})
    assert utilization(gpus(), [busy], 0).highest == 0.5
    assert utilization(node("w1", labels=A10), [busy], 0).highest == 0.0  # not ready yet


@pytest.mark.parametrize(("extra", "waits"), [({}, False), ({NVIDIA: 1}, True)])
def test_pods_for_gpus_are_waited_for_longer(extra, waits):
    asked = replace(pod("p", extra=extra), created_ms=-10_000)
    assert are_all_new([0], [asked], 0) is waits


def test_a_limit_that_no_machine_counts_against_is_told():
    asked = Autoscaling(ClusterAutoscaler(gpus=(("a10", 0, 4), ("l4", 0, 4))))
    (told,) = unmet_limits(asked, [gpus()])
    assert told.startswith("the limit of GPUs of type l4 limits nothing")
