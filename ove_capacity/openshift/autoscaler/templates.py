"""The node that a group would grow by: like one it has, or as its provider foretells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ove_capacity.model.node import HOSTNAME_LABEL, Node, Taint
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.view import (
    ClusterView,
    GroupState,
    is_daemon_pod,
    is_mirror_pod,
)

__all__ = ["Template", "named_copy", "remembered_nodes", "templates_of"]

_TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"
_TRANSIENT = frozenset(
    (
        _TO_BE_DELETED,
        "DeletionCandidateOfClusterAutoscaler",
        "node.cloudprovider.kubernetes.io/shutdown",
        "node.cloudprovider.kubernetes.io/uninitialized",
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure",
        "node.kubernetes.io/network-unavailable",
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/pid-pressure",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/unschedulable",
    )
)
"""Taints that tell of a moment of the example, and not of its kind."""
_DEPRECATED = {
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}
_TEMPLATE_LABEL = "cluster-autoscaler.kubernetes.io/template-node"

_PodsOn = Callable[[Node], Sequence[Pod]]


@dataclass(frozen=True, slots=True)
class Template:
    """A new node of a group, and what will run on it from the start."""

    node: Node
    daemon_pods: tuple[Pod, ...] = ()


def _is_good(view: ClusterView, node: Node) -> bool:
    if not view.is_ready(node) or node.unschedulable:
        return False
    return all(taint.key != _TO_BE_DELETED for taint in node.taints)


def remembered_nodes(view: ClusterView) -> dict[str, Node]:
    """`ClusterView.remembered` of the next loop: the first good node of each group.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/
    processors/nodeinfosprovider/mixed_nodeinfos_processor.go, Process.
    """
    found = dict(view.remembered)
    for state in view.groups:
        good = next((n for n in view.members(state.name) if _is_good(view, n)), None)
        if good is not None:
            found[state.name] = good
    return found


def templates_of(
    view: ClusterView, pods_on: _PodsOn, startup_taints: Sequence[str] = ()
) -> dict[str, Template]:
    """The template of each group that has one, in the order of the groups.

    *pods_on*: the pods of a node that the autoscaler sees.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/
    processors/nodeinfosprovider/mixed_nodeinfos_processor.go, Process.
    """
    found = {}
    for state in view.groups:
        template = _template(view, state, pods_on, startup_taints)
        if template is not None:
            found[state.name] = template
    return found


def _template(
    view: ClusterView, state: GroupState, pods_on: _PodsOn, startup: Sequence[str]
) -> Template | None:
    members = view.members(state.name)
    good = next((node for node in members if _is_good(view, node)), None)
    if good is not None:
        return _of_example(good, pods_on(good), state.name, startup)
    if state.name in view.remembered:
        return _of_example(view.remembered[state.name], (), state.name, startup)
    if state.group.template is not None:
        made = _of_example(state.group.template, state.group.daemon_pods, state.name, startup)
        labels = dict(made.node.labels)
        for old, new in _DEPRECATED.items():
            if new in labels:
                labels[old] = labels[new]
        return replace(made, node=replace(made.node, labels=labels))
    if members:
        return _of_example(members[0], pods_on(members[0]), state.name, startup)
    return None


def _of_example(example: Node, pods: Sequence[Pod], group: str, startup: Sequence[str]) -> Template:
    """Like the example, without what it owes to the moment.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/
    node_info_utils.go, SanitizedTemplateNodeInfoFromNodeInfo.
    """
    node = replace(
        example,
        labels={**example.labels, _TEMPLATE_LABEL: "true"},
        taints=tuple(t for t in example.taints if not _is_transient(t, startup)),
    )
    staying = tuple(
        pod for pod in pods if not pod.terminating and (is_daemon_pod(pod) or is_mirror_pod(pod))
    )
    return Template(named_copy(node, f"template-node-for-{group}"), staying)


def _is_transient(taint: Taint, startup: Sequence[str]) -> bool:
    return taint.key in _TRANSIENT or taint.key in startup


def named_copy(node: Node, name: str) -> Node:
    """The same node under a name of its own.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/
    node_info_utils.go, createSanitizedNode.
    """
    return replace(node, name=name, labels={**node.labels, HOSTNAME_LABEL: name})
