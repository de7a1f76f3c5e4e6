"""Label selectors and affinity -> nouns."""

from __future__ import annotations

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.pod import Affinity, PodAffinityTerm, PreferredNodeTerm, PreferredPodTerm
from ove_capacity.model.selector import LabelSelector, NodeSelectorTerm, Requirement

__all__ = ["affinity_of", "label_selector_of", "node_affinity_of", "selector_of_labels"]

_SELECTOR_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_NODE_OPERATORS = (*_SELECTOR_OPERATORS, "Gt", "Lt")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _requirements(
    fields: Fields, key: str, operators: tuple[str, ...] = _NODE_OPERATORS
) -> tuple[Requirement, ...]:
    found = []
    for each in fields.each(key):
        operator = each.required_text("operator")
        if operator and operator not in operators:
            each.error(f"must be one of {', '.join(operators)} (got {operator!r})", "operator")
        found.append(Requirement(each.required_text("key"), operator, each.texts("values")))
    return tuple(found)


def selector_of_labels(labels: dict[str, str]) -> LabelSelector:
    """The selector that demands each of these labels."""
    return LabelSelector(tuple(Requirement(key, "In", (labels[key],)) for key in labels))


def label_selector_of(fields: Fields, key: str) -> LabelSelector | None:
    """A metav1.LabelSelector; None when absent, which matches nothing."""
    if key not in fields:
        return None
    selector = fields.fields(key)
    matched = selector_of_labels(selector.labels("matchLabels"))
    expressions = _requirements(selector, "matchExpressions", _SELECTOR_OPERATORS)
    return LabelSelector(matched.requirements + expressions)


def _node_term(fields: Fields) -> NodeSelectorTerm:
    return NodeSelectorTerm(
        _requirements(fields, "matchExpressions"), _requirements(fields, "matchFields")
    )


def node_affinity_of(fields: Fields) -> Affinity:
    """A core/v1 NodeAffinity as an `Affinity` that only speaks of nodes."""
    required = None
    if _REQUIRED in fields:
        terms = fields.fields(_REQUIRED).each("nodeSelectorTerms")
        required = tuple(_node_term(term) for term in terms)
    preferred = None
    if _PREFERRED in fields:
        preferred = tuple(
            PreferredNodeTerm(each.whole("weight"), _node_term(each.fields("preference")))
            for each in fields.each(_PREFERRED)
        )
    return Affinity(node_required=required, node_preferred=preferred)


def _pod_term(fields: Fields) -> PodAffinityTerm:
    for key in ("matchLabelKeys", "mismatchLabelKeys"):
        if key in fields:
            fields.not_modelled(key)
    return PodAffinityTerm(
        topology_key=fields.required_text("topologyKey"),
        selector=label_selector_of(fields, "labelSelector"),
        namespaces=fields.texts("namespaces"),
        namespace_selector=label_selector_of(fields, "namespaceSelector"),
    )


def _pod_terms(fields: Fields) -> tuple[tuple[PodAffinityTerm, ...], tuple[PreferredPodTerm, ...]]:
    required = tuple(_pod_term(term) for term in fields.each(_REQUIRED))
    preferred = tuple(
        PreferredPodTerm(each.whole("weight"), _pod_term(each.fields("podAffinityTerm")))
        for each in fields.each(_PREFERRED)
    )
    return required, preferred


def affinity_of(fields: Fields) -> Affinity:
    """A core/v1 Affinity."""
    node = node_affinity_of(fields.fields("nodeAffinity"))
    pod_required, pod_preferred = _pod_terms(fields.fields("podAffinity"))
    anti_required, anti_preferred = _pod_terms(fields.fields("podAntiAffinity"))
    return Affinity(
        node_required=node.node_required,
        node_preferred=node.node_preferred,
        pod_required=pod_required,
        pod_preferred=pod_preferred,
        anti_required=anti_required,
        anti_preferred=anti_preferred,
    )
