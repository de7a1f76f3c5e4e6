"""Who a pod (anti-)affinity term or a spread constraint speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.model.pod import Pod, PodAffinityTerm, SpreadConstraint
from ove_capacity.model.selector import Labels, LabelSelector, Requirement

__all__ = ["Matcher", "Namespaces", "existing_term", "incoming_term", "spread_matcher"]

Namespaces = Mapping[str, Labels]
"""The Namespace objects that exist, with their labels."""

_NO_LABELS: Labels = {}


@dataclass(frozen=True, slots=True)
class Matcher:
    """A predicate over pods: labels, namespaces, and whether terminating ones count."""

    selector: LabelSelector | None
    namespaces: frozenset[str]
    anywhere: bool = False
    """Any namespace will do, whether a Namespace object exists for it or not."""
    namespace_selector: LabelSelector | None = None
    running_only: bool = False

    def matches(self, pod: Pod, namespaces: Namespaces) -> bool:
        """Whether the pod is one of those meant."""
        if self.selector is None or (self.running_only and pod.terminating):
            return False
        if not (self.anywhere or pod.namespace in self.namespaces):
            chosen = self.namespace_selector
            if chosen is None or not chosen.matches(namespaces.get(pod.namespace, _NO_LABELS)):
                return False
        return self.selector.matches(pod.labels)


def _named(term: PodAffinityTerm, own: str) -> frozenset[str]:
    if not term.namespaces and term.namespace_selector is None:
        return frozenset((own,))
    return frozenset(term.namespaces)


def existing_term(term: PodAffinityTerm, own_namespace: str) -> Matcher:
    """Whom a term of a pod that exists speaks of: namespaces by the labels of the incoming pod's.

    Source: kubernetes/kube-scheduler v0.34.1 framework/types.go, AffinityTerm.Matches.
    """
    return Matcher(
        term.selector,
        _named(term, own_namespace),
        namespace_selector=term.namespace_selector,
    )


def incoming_term(
    term: PodAffinityTerm, own_namespace: str, namespaces: Namespaces, *, opens: bool = True
) -> Matcher:
    """Whom a term of the incoming pod speaks of: its namespace selector is unrolled first.

    sic: upstream then means to drop the selector and drops it from a copy, so that one that an
    unlabelled namespace satisfies (NotIn, DoesNotExist) lets in the pods of every namespace;
    *opens*: whether the release does.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/plugin.go,
    mergeAffinityTermNamespacesIfNotEmpty, and filtering.go, which matches with no labels.
    """
    named = _named(term, own_namespace)
    chosen = term.namespace_selector
    if chosen is None:
        return Matcher(term.selector, named)
    if not chosen.requirements or (opens and chosen.matches(_NO_LABELS)):
        return Matcher(term.selector, named, anywhere=True)
    unrolled = (name for name, labels in namespaces.items() if chosen.matches(labels))
    return Matcher(term.selector, named.union(unrolled))


def _with_match_labels(constraint: SpreadConstraint, pod: Pod) -> LabelSelector | None:
    given = constraint.selector
    if given is None:
        return None
    keys = [key for key in constraint.match_label_keys if key in pod.labels]
    more = tuple(Requirement(key, "In", (pod.labels[key],)) for key in keys)
    return LabelSelector(given.requirements + more)


def spread_matcher(constraint: SpreadConstraint, pod: Pod) -> tuple[Matcher, bool]:
    """Which pods a spread constraint counts, and whether the pod itself is one of them.

    An empty selector counts nobody, and yet the pod matches it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/common.go,
    countPodsMatchSelector, filterTopologySpreadConstraints and mergeLabelSetWithSelector.
    """
    selector = _with_match_labels(constraint, pod)
    itself = selector is not None and selector.matches(pod.labels)
    counted = selector if selector is not None and selector.requirements else None
    return Matcher(counted, frozenset((pod.namespace,)), running_only=True), itself
