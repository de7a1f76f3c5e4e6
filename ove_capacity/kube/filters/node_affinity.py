"""NodeAffinity: nodeSelector and required node affinity."""

from __future__ import annotations

from ove_capacity.model.node import Node
from ove_capacity.model.pod import Affinity, PodSpec
from ove_capacity.model.selector import (
    NodeSelectorTerm,
    Requirement,
    int64_of,
    is_label_value,
)

__all__ = [
    "ADDED_REASON",
    "CONFLICT_REASON",
    "PRESELECTION_REASON",
    "REASON",
    "matches_added_affinity",
    "matches_node",
    "matches_term",
    "preselected_nodes",
]

REASON = "node(s) didn't match Pod's node affinity/selector"
ADDED_REASON = "node(s) didn't match scheduler-enforced node affinity"
CONFLICT_REASON = "pod affinity terms conflict"
PRESELECTION_REASON = "node(s) didn't satisfy plugin(s) [NodeAffinity]"

_NAME_FIELD = "metadata.name"


def _is_valid(requirement: Requirement) -> bool:
    values = len(requirement.values)
    if not all(is_label_value(value) for value in requirement.values):
        return False
    match requirement.operator:
        case "In" | "NotIn":
            return values > 0
        case "Exists" | "DoesNotExist":
            return values == 0
        case "Gt" | "Lt":
            return values == 1 and int64_of(requirement.values[0]) is not None
        case _:
            return False


def _matches_field(requirement: Requirement, node: Node) -> bool:
    """In and NotIn with exactly one value; anything else is a parse error.

    The name is the only field there is; any other reads as "".
    """
    if len(requirement.values) != 1:
        return False
    same = (node.name if requirement.key == _NAME_FIELD else "") == requirement.values[0]
    return same if requirement.operator == "In" else requirement.operator == "NotIn" and not same


def matches_term(term: NodeSelectorTerm, node: Node) -> bool:
    """Whether a node satisfies one term. Empty terms and terms that do not parse match nothing.

    Source: kubernetes/component-helpers v0.34.1 scheduling/corev1/nodeaffinity/nodeaffinity.go,
    nodeSelectorTerm.match.
    """
    if not term.match_expressions and not term.match_fields:
        return False
    if not all(_is_valid(requirement) for requirement in term.match_expressions):
        return False
    return all(r.matches(node.labels) for r in term.match_expressions) and all(
        _matches_field(r, node) for r in term.match_fields
    )


def _matches_any(terms: tuple[NodeSelectorTerm, ...] | None, node: Node) -> bool:
    return terms is None or any(matches_term(term, node) for term in terms)


def matches_node(spec: PodSpec, node: Node) -> bool:
    """Whether a node satisfies the pod's nodeSelector and its required affinity.

    Source: kubernetes/component-helpers v0.34.1 scheduling/corev1/nodeaffinity/nodeaffinity.go,
    RequiredNodeAffinity.Match.
    """
    labels = node.labels
    if any(labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    return _matches_any(spec.affinity.node_required, node)


def matches_added_affinity(added: Affinity, node: Node) -> bool:
    """Whether a node satisfies the affinity that the profile adds to every pod.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go,
    Filter.
    """
    return _matches_any(added.node_required, node)


def preselected_nodes(spec: PodSpec) -> frozenset[str] | None:
    """The node names that required affinity comes down to; None: any; empty: its terms conflict.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go,
    PreFilter.
    """
    terms = spec.affinity.node_required
    if not terms:
        return None
    union: set[str] = set()
    for term in terms:
        names: set[str] | None = None
        for requirement in term.match_fields:
            if requirement.key == _NAME_FIELD and requirement.operator == "In":
                values = set(requirement.values)
                names = values if names is None else names & values
        if names is None:
            return None
        union |= names
    return frozenset(union)
