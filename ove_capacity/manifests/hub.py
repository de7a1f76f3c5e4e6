"""What a hub holds beside Placements -> nouns: clusters, sets, bindings, scores, decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from ove_capacity.manifests.document import Problems, plain
from ove_capacity.manifests.fields import Fields, Source, fields_of
from ove_capacity.manifests.placement import lenient_selector_of
from ove_capacity.manifests.schema_words import one_of
from ove_capacity.model.managed_cluster import (
    LEASE_SECONDS,
    AddOnPlacementScore,
    ClusterTaint,
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
    PlacementDecision,
)
from ove_capacity.model.resources import amounts
from ove_capacity.ocm.prioritizers.resource_allocatable import approximate_float, written_float
from ove_capacity.ocm.surprises import set_surprise

__all__ = [
    "add_on_score_of",
    "binding_of",
    "cluster_set_of",
    "managed_cluster_of",
    "placement_decision_of",
]

Noun = TypeVar("Noun")

_SET_TYPES = ("ExclusiveClusterSetLabel", "LabelSelector")
_PREFIX = "cluster.open-cluster-management.io/"


def _read(
    source: Source, problems: Problems | None, make: Callable[[Fields, Fields], Noun]
) -> Noun:
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    noun = make(fields, fields.fields("metadata"))
    if problems is None:
        log.raise_if_any()
    return noun


def _moment_ms(fields: Fields, key: str) -> int | None:
    """A time in milliseconds since 1970, None when absent."""
    text = fields.text(key)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fields.error(f"must be a time like 2025-01-01T00:00:00Z (got {text!r})", key)
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def managed_cluster_of(source: Source, problems: Problems | None = None) -> ManagedCluster:
    """A ManagedCluster: labels, claims, taints, and the totals its agent reported."""
    return _read(source, problems, _managed_cluster)


def _managed_cluster(fields: Fields, meta: Fields) -> ManagedCluster:
    before = len(fields.problems.errors)
    spec, status = fields.fields("spec"), fields.fields("status")
    allocatable = amounts(status.quantities("allocatable"))
    cluster = ManagedCluster(
        name=meta.required_text("name"),
        labels=meta.labels("labels"),
        capacity=amounts(status.quantities("capacity")),
        allocatable=allocatable,
        taints=tuple(_taint(each) for each in spec.each("taints")),
        claims={each.text("name"): each.text("value") for each in status.each("clusterClaims")},
        approximate=_approximate(status, allocatable),
        is_deleting="deletionTimestamp" in meta,
        lease_seconds=_lease_seconds(spec),
    )
    # CEL expressions read the object as it is written: one that is wrong has nothing to read.
    is_wrong = len(fields.problems.errors) > before
    return cluster if is_wrong else replace(cluster, document=plain(fields.value))


def _lease_seconds(spec: Fields) -> int:
    """0 and absent mean a minute, as the CRD and the agent say."""
    return max(0, spec.whole("leaseDurationSeconds")) or LEASE_SECONDS


def _taint(each: Fields) -> ClusterTaint:
    return ClusterTaint(
        key=each.required_text("key"),
        effect=each.required_text("effect"),
        value=each.text("value"),
        added_ms=_moment_ms(each, "timeAdded") or 0,
    )


def _approximate(status: Fields, allocatable: Mapping[str, int]) -> dict[str, float]:
    """The floats of amounts that are written in a way the whole amount does not tell."""
    written = status.fields("allocatable").value
    found = {name: written_float(str(written[name])) for name in allocatable}
    return {
        name: value
        for name, value in found.items()
        if value != approximate_float(name, allocatable[name])
    }


def cluster_set_of(source: Source, problems: Problems | None = None) -> ManagedClusterSet:
    """A ManagedClusterSet (v1beta2)."""
    return _read(source, problems, _cluster_set)


def _cluster_set(fields: Fields, meta: Fields) -> ManagedClusterSet:
    selector = fields.fields("spec").fields("clusterSelector")
    has_labels = selector.get("labelSelector") is not None
    found = ManagedClusterSet(
        name=meta.required_text("name"),
        selector_type=one_of(selector, "selectorType", _SET_TYPES, _SET_TYPES[0]),
        selector=lenient_selector_of(selector, "labelSelector") if has_labels else None,
    )
    surprise = set_surprise(found)
    if surprise:
        selector.warning(surprise)
    return found


def binding_of(source: Source, problems: Problems | None = None) -> ManagedClusterSetBinding:
    """A ManagedClusterSetBinding (v1beta2): its name is the set's."""
    return _read(source, problems, _binding)


def _binding(fields: Fields, meta: Fields) -> ManagedClusterSetBinding:
    name, named = meta.required_text("name"), fields.fields("spec").text("clusterSet")
    if named and named != name:
        fields.error(
            f"must be the binding's own name, {name!r} (got {named!r})", "spec", "clusterSet"
        )
    return ManagedClusterSetBinding(name, meta.text("namespace") or "default")


def add_on_score_of(source: Source, problems: Problems | None = None) -> AddOnPlacementScore:
    """An AddOnPlacementScore (v1alpha1): its namespace is the cluster."""
    return _read(source, problems, _add_on_score)


def _add_on_score(fields: Fields, meta: Fields) -> AddOnPlacementScore:
    status = fields.fields("status")
    scores = tuple((e.required_text("name"), e.whole("value")) for e in status.each("scores"))
    for index, (_, value) in enumerate(scores):
        if not -100 <= value <= 100:
            what = "the API lets -100 to 100 through; the scheduler does not check, and counts it"
            status.warning(what, "scores", index, "value")
    return AddOnPlacementScore(
        name=meta.required_text("name"),
        cluster=meta.required_text("namespace"),
        scores=scores,
        valid_until_ms=_moment_ms(status, "validUntil"),
    )


def placement_decision_of(source: Source, problems: Problems | None = None) -> PlacementDecision:
    """A PlacementDecision (v1beta1): what a hub has decided already."""
    return _read(source, problems, _placement_decision)


def _placement_decision(fields: Fields, meta: Fields) -> PlacementDecision:
    labels: Mapping[str, Any] = meta.labels("labels")
    return PlacementDecision(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        placement=labels.get(f"{_PREFIX}placement", ""),
        group_name=labels.get(f"{_PREFIX}decision-group-name", ""),
        group_index=labels.get(f"{_PREFIX}decision-group-index", ""),
        clusters=tuple(
            each.required_text("clusterName") for each in fields.fields("status").each("decisions")
        ),
    )
