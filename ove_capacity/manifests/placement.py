"""cluster.open-cluster-management.io objects -> nouns: Placement, ManagedCluster."""

from __future__ import annotations

from ove_capacity.manifests.core import tolerations_of
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, Source, fields_of
from ove_capacity.manifests.selectors import label_selector_of
from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.selector import EVERYTHING, LabelSelector

__all__ = ["managed_cluster_of", "placement_of"]

_MODES = ("", "Additive", "Exact")
_UNMODELLED = ("spreadPolicy", "decisionStrategy")


def _predicate(each: Fields) -> LabelSelector:
    selector = each.fields("requiredClusterSelector")
    for key in ("claimSelector", "celSelector"):
        if key in selector:
            selector.warning(f"{key} is read, not modelled yet: every cluster passes it", key)
    return label_selector_of(selector, "labelSelector") or EVERYTHING


def _prioritizer(each: Fields) -> PrioritizerWeight:
    coordinate = each.fields("scoreCoordinate")
    if "scoreCoordinate" not in each and "name" in each:  # v1alpha1
        return PrioritizerWeight(each.required_text("name"), each.whole("weight", 1))
    if coordinate.text("type", "BuiltIn") == "AddOn":
        add_on = coordinate.fields("addOn")
        resource, score = add_on.required_text("resourceName"), add_on.required_text("scoreName")
        name = f"AddOn/{resource}/{score}"
    else:
        name = coordinate.required_text("builtIn")
    return PrioritizerWeight(name, each.whole("weight", 1))


def placement_of(source: Source, problems: Problems | None = None) -> Placement:
    """A Placement (v1beta1); ScenarioError when it is wrong and *problems* is not given."""
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    policy = spec.fields("prioritizerPolicy")
    mode = policy.text("mode")
    if mode not in _MODES:
        policy.error(f"must be Additive or Exact (got {mode!r})", "mode")
    for key in _UNMODELLED:
        if key in spec:
            spec.not_modelled(key)
    number = None
    if "numberOfClusters" in spec:
        number = spec.whole("numberOfClusters", least=0)
    placement = Placement(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        number_of_clusters=number,
        predicates=tuple(_predicate(each) for each in spec.each("predicates")),
        mode=mode or "Additive",
        prioritizers=tuple(_prioritizer(each) for each in policy.each("configurations")),
        tolerations=tolerations_of(spec),
        cluster_sets=spec.texts("clusterSets"),
    )
    if problems is None:
        log.raise_if_any()
    return placement


def managed_cluster_of(
    source: Source, problems: Problems | None = None
) -> tuple[str, dict[str, str]]:
    """A ManagedCluster: its name and its labels."""
    log = Problems() if problems is None else problems
    meta = fields_of(source, log).fields("metadata")
    found = meta.required_text("name"), meta.labels("labels")
    if problems is None:
        log.raise_if_any()
    return found
