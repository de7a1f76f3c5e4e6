"""A Placement of cluster.open-cluster-management.io -> noun.

What the schema of the API refuses is an error, in its words; what it lets through and the
controller then stumbles over is a warning that says what will happen.
"""

from __future__ import annotations

import re
from typing import Any

from ove_capacity.manifests.core import tolerations_of
from ove_capacity.manifests.document import FieldPath, Problems
from ove_capacity.manifests.fields import Fields, Source, fields_of
from ove_capacity.manifests.schema_words import bounded, matching, one_of
from ove_capacity.manifests.selectors import selector_of_labels
from ove_capacity.model.placement import (
    AddOnScore,
    ClusterSelector,
    DecisionGroup,
    Placement,
    PrioritizerWeight,
)
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm.surprises import surprises

__all__ = ["lenient_selector_of", "placement_of"]

_INT32 = (1 << 31) - 1
_INT64 = (1 << 63) - 1
_HEAVIEST = 10
_PER_GROUP = re.compile(r"((100|[1-9][0-9]{0,1})%|[1-9][0-9]*)")
_GROUP_NAME = re.compile(r"[a-zA-Z0-9][-A-Za-z0-9_.]{0,61}[a-zA-Z0-9]")
_TAINT_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])"
)
_RATE = re.compile(r"[0-9]+[hms]")
_LONGEST_KEY, _LONGEST_VALUE, _MOST_CONSTRAINTS = 316, 1024, 8
_EFFECTS = ("NoSelect", "PreferNoSelect", "NoSelectIfNew")
_DISABLED = "cluster.open-cluster-management.io/experimental-scheduling-disable"
_IGNORED = {
    "spreadPolicy": "nothing in upstream's controller reads it: decisions are not spread by it",
    "scoreRateLimit": "nothing in upstream's controller reads it: scores count at once",
}


def lenient_selector_of(fields: Fields, key: str) -> LabelSelector:
    """A selector as the schema lets it through: any operator, keys and values; absent: empty."""
    selector = fields.fields(key)
    found = list(selector_of_labels(selector.labels("matchLabels")).requirements)
    for each in selector.each("matchExpressions"):
        for needed in ("key", "operator"):
            if needed not in each:
                each.error(f"{needed!r} is missing")
        found.append(Requirement(each.text("key"), each.text("operator"), each.texts("values")))
    return LabelSelector(tuple(found))


def _selector(fields: Fields, with_cel: bool = True) -> ClusterSelector:
    if not with_cel and "celSelector" in fields:
        fields.warning("celSelector is dropped by the API: groups know labels and claims only")
    return ClusterSelector(
        lenient_selector_of(fields, "labelSelector"),
        lenient_selector_of(fields, "claimSelector"),
        fields.fields("celSelector").texts("celExpressions") if with_cel else (),
    )


def _prioritizer(each: Fields) -> PrioritizerWeight:
    weight = bounded(each, "weight", 1, -_HEAVIEST, _HEAVIEST)
    if "scoreCoordinate" not in each:
        if "name" in each:  # v1alpha1
            return PrioritizerWeight(each.required_text("name"), weight)
        each.error("'scoreCoordinate' is missing")
        return PrioritizerWeight("", weight)
    coordinate = each.fields("scoreCoordinate")
    kind = one_of(coordinate, "type", ("BuiltIn", "AddOn"), "BuiltIn")
    add_on = None
    if "addOn" in coordinate:
        measured = coordinate.fields("addOn")
        resource, score = (
            measured.required_text("resourceName"),
            measured.required_text("scoreName"),
        )
        add_on = AddOnScore(resource, score)
    name = coordinate.text("builtIn")
    if kind == "AddOn" and add_on is not None:
        name = f"AddOn/{add_on.resource}/{add_on.score}"
    return PrioritizerWeight(name, weight, kind, add_on)


def _group(each: Fields) -> DecisionGroup:
    name = each.required_text("groupName")
    if name:
        matching(each, "groupName", _GROUP_NAME)
    if "groupClusterSelector" not in each and each.get("groupClusterSelector") != {}:
        each.error("'groupClusterSelector' is missing")
    return DecisionGroup(name, _selector(each.fields("groupClusterSelector"), with_cel=False))


def _per_group(strategy: Fields) -> int | str:
    value = strategy.get("clustersPerDecisionGroup")
    if isinstance(value, str):
        return matching(strategy, "clustersPerDecisionGroup", _PER_GROUP)
    if value is None:
        return "100%"
    return bounded(strategy, "clustersPerDecisionGroup", 0, -_INT32 - 1, _INT32)


def _check_tolerations(spec: Fields) -> None:
    for each in spec.each("tolerations"):
        one_of(each, "effect", _EFFECTS)
        matching(each, "key", _TAINT_KEY)
        for key, most in (("key", _LONGEST_KEY), ("value", _LONGEST_VALUE)):
            if len(each.text(key)) > most:
                each.error(f"may not be longer than {most}", key)
        if "tolerationSeconds" in each:
            bounded(each, "tolerationSeconds", 0, -_INT64 - 1, _INT64)


def _check_ignored(spec: Fields) -> None:
    for key, what in _IGNORED.items():
        if key in spec:
            spec.warning(what, key)
    matching(spec, "scoreRateLimit", _RATE)
    _check_spread(spec.fields("spreadPolicy"))
    if one_of(spec, "sortBy", ("ClusterName", "Score")) == "Score":
        what = "nothing in upstream's controller reads it: decisions stay sorted by name"
        spec.warning(what, "sortBy")


def _check_spread(policy: Fields) -> None:
    constraints = list(policy.each("spreadConstraints"))
    if len(constraints) > _MOST_CONSTRAINTS:
        policy.error(f"must have at most {_MOST_CONSTRAINTS} items", "spreadConstraints")
    for each in constraints:
        for needed in ("topologyKey", "topologyKeyType"):
            if needed not in each:
                each.error(f"{needed!r} is missing")
        matching(each, "topologyKey", _TAINT_KEY)
        one_of(each, "topologyKeyType", ("Label", "Claim"))
        bounded(each, "maxSkew", 1, 1, _INT32)
        one_of(each, "whenUnsatisfiable", ("DoNotSchedule", "ScheduleAnyway"))


def placement_of(source: Source, problems: Problems | None = None) -> Placement:
    """A Placement (v1beta1); ScenarioError when it is wrong and *problems* is not given."""
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    policy = spec.fields("prioritizerPolicy")
    strategy = spec.fields("decisionStrategy").fields("groupStrategy")
    number = None
    if "numberOfClusters" in spec:
        number = bounded(spec, "numberOfClusters", 0, -_INT32 - 1, _INT32)
    _check_ignored(spec)
    _check_tolerations(spec)
    stopped = meta.fields("annotations").get(_DISABLED) == "true"
    placement = Placement(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        number_of_clusters=number,
        predicates=tuple(
            _selector(each.fields("requiredClusterSelector")) for each in spec.each("predicates")
        ),
        mode=policy.text("mode") or "Additive",
        prioritizers=tuple(_prioritizer(each) for each in policy.each("configurations")),
        tolerations=tolerations_of(spec),
        cluster_sets=spec.texts("clusterSets"),
        groups=tuple(_group(each) for each in strategy.each("decisionGroups")),
        clusters_per_group=_per_group(strategy),
        is_disabled=stopped or "deletionTimestamp" in meta,
    )
    for path, what in surprises(placement):
        spec.warning(what, *_there(spec, path))
    if problems is None:
        log.raise_if_any()
    return placement


def _there(spec: Fields, path: FieldPath) -> FieldPath:
    """As much of the path as is written: a missing field is told at what should hold it."""
    value: Any = spec.value
    for at, step in enumerate(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return path[:at]
    return path
