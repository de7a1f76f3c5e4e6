"""Placements that select nothing, or select by more than they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject

__all__ = ["PLACEMENT_RULES"]

_GROUP = "cluster.open-cluster-management.io"
_BOUND_BY_HUB = ("open-cluster-management-global-set",)
"""Namespaces that the hub binds by itself."""

_DEFAULTS = {"Balance": 1, "Steady": 1}
"""Prioritizers that mode Additive starts from.

Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, getWeights.
"""


def _vms_of(subject: Subject, placement: Manifest) -> int:
    """How many listed VMs that Placement is to find clusters for."""
    key = f"{placement.namespace or 'default'}/{placement.name}"
    listed = subject.case.plan.workloads if subject.case else ()
    return sum(subject.vm_count(each) for each in listed if each.placement == key)


def _unbound(subject: Subject) -> Iterator[Finding]:
    """A Placement sees only clusters of sets that are bound to its namespace: without one, none.

    Source: open-cluster-management.io/api v0.13.0 cluster/v1beta1/types_placement.go (clusterSets)
    and cluster/v1beta2/types_managedclustersetbinding.go.
    """
    bound = _bound(subject)
    for each in subject.of_kind("Placement", _GROUP):
        namespace = each.namespace or "default"
        if namespace in bound or namespace in _BOUND_BY_HUB:
            continue
        count = _vms_of(subject, each)
        assumed = subject.scenario and subject.scenario.assume.placement_binding == "all"
        yield Finding(
            each.problem(
                f"no ManagedClusterSetBinding in namespace {namespace}", "metadata", "namespace"
            ),
            consequence=("without the scenario's assume.placementBinding " if assumed else "")
            + "0 clusters are decided"
            + (f": {count} VMs are created nowhere" if count else ""),
            repair=f"a ManagedClusterSet of these clusters and its binding in {namespace}",
            # One that no workload here needs may find its binding in other files.
            severity=None if count and not assumed else Severity.WARNING,
        )


def _bound(subject: Subject) -> Mapping[str, list[str]]:
    """Namespace -> sets that are bound to it."""
    found: dict[str, list[str]] = {}
    for each in subject.of_kind("ManagedClusterSetBinding", _GROUP):
        named = str(each.get("spec", "clusterSet") or each.name)
        found.setdefault(each.namespace or "default", []).append(named)
    return found


def _selects_none(subject: Subject) -> Iterator[Finding]:
    """A Placement whose namespace has sets may still find no cluster in them that it accepts.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling: sets that are named and bound, then
    predicates, taints and tolerations.
    """
    bound = _bound(subject)
    for each in subject.of_kind("Placement", _GROUP):
        namespace = each.namespace or "default"
        chosen = subject.decisions.get(f"{namespace}/{each.name}")
        if chosen or chosen is None or namespace not in bound:
            continue
        named = [str(name) for name in each.listed("spec", "clusterSets")]
        keys: tuple[str, ...] = ()
        said = f"no cluster is in a set that is bound: {', '.join(bound[namespace])}"
        repair = "labels of the clusters: cluster.open-cluster-management.io/clusterset"
        if named and not set(named) & set(bound[namespace]):
            keys, said = ("clusterSets",), f"none of these is bound to namespace {namespace}"
            repair = ", ".join(bound[namespace])
        elif each.listed("spec", "predicates"):
            keys, said = (
                ("predicates",),
                "no cluster that the scenario has in these sets is accepted",
            )
            repair = "labels and claims that the clusters have"
        count = _vms_of(subject, each)
        yield Finding(
            each.problem(said, "spec", *keys),
            "0 clusters are decided" + (f": {count} VMs are created nowhere" if count else ""),
            repair,
            None if count else Severity.WARNING,
        )


def _stays(subject: Subject) -> Iterator[Finding]:
    """In mode Additive the default prioritizers stay on beside those that are named.

    Balance moves decisions towards clusters with fewer of them, and Steady at weight 1 does not
    hold one against the rest: what failed over comes back when the cluster does.

    Source: as for the defaults: Balance 1 and Steady 1 unless a configuration sets them.
    """
    for each in subject.of_kind("Placement", _GROUP):
        policy = each.mapping("spec", "prioritizerPolicy")
        if not policy or policy.get("mode", "Additive") != "Additive":
            continue
        named = set(_named(each))
        kept = [name for name in _DEFAULTS if name not in named]
        if kept:
            listed = ", ".join(f"{name} {_DEFAULTS[name]}" for name in kept)
            keys = ("mode",) if "mode" in policy else ()
            yield Finding(
                each.problem(f"Additive keeps {listed}", "spec", "prioritizerPolicy", *keys),
                consequence="decisions move when scores do, also back after an outage",
                repair="mode: Exact, or a heavier weight for Steady",
            )


def _named(placement: Manifest) -> Iterator[str]:
    for entry in placement.listed("spec", "prioritizerPolicy", "configurations"):
        coordinate = entry.get("scoreCoordinate") if isinstance(entry, Mapping) else None
        name = coordinate.get("builtIn") if isinstance(coordinate, Mapping) else None
        if isinstance(name, str):
            yield name


PLACEMENT_RULES = (
    Rule("placement-without-binding", "Placements without a bound set", Severity.ERROR, _unbound),
    Rule(
        "placement-selects-none", "Placements that accept no cluster", Severity.ERROR, _selects_none
    ),
    Rule("placement-defaults-stay", "Prioritizers that stay on", Severity.WARNING, _stays),
)
"""Placements."""
