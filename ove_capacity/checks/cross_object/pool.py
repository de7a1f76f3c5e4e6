"""Pools and what scales them: each names the other, or nothing grows."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import did_you_mean

__all__ = ["POOL_RULES"]

_SCALED = ("MachineSet", "MachineDeployment")
_DEFAULT = "default"


def _near(subject: Subject, kind: str, cluster: str) -> list[Manifest]:
    """Objects of a kind of the same cluster."""
    return [each for each in subject.of_kind(kind) if each.cluster == cluster]


def _workers(subject: Subject, cluster: str) -> str:
    fleet = subject.case.fleet.clusters if subject.case else ()
    workers = next((len(each.workers) for each in fleet if each.name == cluster), 0)
    return f"the {workers} workers of {cluster} stay {workers}" if workers else "its pool stays"


def _target(scaler: Manifest) -> tuple[str, str]:
    reference = scaler.mapping("spec", "scaleTargetRef")
    return str(reference.get("kind") or ""), str(reference.get("name") or "")


def _is_said(subject: Subject, cluster: str, name: str) -> bool:
    """Whether the scenario says which pool the MachineSet makes."""
    section = subject.scenario.clusters.get(cluster) if subject.scenario else None
    return section is not None and any(pool.machine_set == name for pool in section.pools.values())


def _without_pool(subject: Subject) -> Iterator[Finding]:
    """A MachineAutoscaler scales the MachineSet it names, in its own namespace, and no other.

    One that is not listed may be what makes a pool, as the scenario says by ``machineSet``.

    Source: openshift/cluster-autoscaler-operator release-4.15 pkg/controller/machineautoscaler/
    machineautoscaler_controller.go, Reconcile (the target must exist).
    """
    for scaler in subject.of_kind("MachineAutoscaler"):
        kind, name = _target(scaler)
        if kind not in _SCALED or not name:
            continue
        near = _near(subject, kind, scaler.cluster)
        known = [each.name for each in near if each.namespace == scaler.namespace]
        if name in known or _is_said(subject, scaler.cluster, name):
            continue
        others = [each for each in near if each.name == name]
        said = f"{kind} {name} is not among the manifests of its cluster"
        repair = "the name of a MachineSet" if known else f"add the {kind}"
        if others:
            said = f"{kind} {name} is not in the namespace of {scaler.shown}"
            repair = f"namespace: {others[0].namespace or 'default'}"
        keys, guess = ("spec", "scaleTargetRef", "name"), did_you_mean(name, known)
        yield Finding(
            scaler.problem(said, *keys, suggestion=guess),
            consequence=f"unless it is made elsewhere, {_workers(subject, scaler.cluster)}",
            repair=repair,
        )


def _without_cluster_autoscaler(subject: Subject) -> Iterator[Finding]:
    """A MachineAutoscaler only annotates its MachineSet: a ClusterAutoscaler does the scaling.

    Source: openshift/cluster-autoscaler-operator release-4.15 README.md and pkg/controller/
    clusterautoscaler/clusterautoscaler_controller.go, NamePredicate (one, called default).
    """
    for scaler in subject.of_kind("MachineAutoscaler"):
        if not _near(subject, "ClusterAutoscaler", scaler.cluster):
            yield Finding(
                scaler.problem("there is no ClusterAutoscaler"),
                consequence=_workers(subject, scaler.cluster),
                repair="a ClusterAutoscaler called default",
            )
    for each in subject.of_kind("ClusterAutoscaler"):
        if each.name and each.name != _DEFAULT:
            yield Finding(
                each.problem(
                    "is ignored: the operator reads the one called default", "metadata", "name"
                ),
                consequence=f"no autoscaler runs: {_workers(subject, each.cluster)}",
                repair=_DEFAULT,
                severity=Severity.ERROR,
            )


def _without_autoscaler(subject: Subject) -> Iterator[Finding]:
    """Where a cluster autoscaler runs, a MachineSet that no MachineAutoscaler names stays as it is.

    Source: as for clusters without a ClusterAutoscaler.
    """
    for machines in subject.of_kind("MachineSet"):
        if not _near(subject, "ClusterAutoscaler", machines.cluster):
            continue
        scalers = _near(subject, "MachineAutoscaler", machines.cluster)
        if machines.name not in [_target(each)[1] for each in scalers]:
            replicas = machines.get("spec", "replicas")
            yield Finding(
                machines.problem("no MachineAutoscaler names it", "metadata", "name"),
                consequence=f"it stays at {replicas if isinstance(replicas, int) else 1} machines",
            )


POOL_RULES = (
    Rule("autoscaler-without-pool", "Autoscalers without a pool", Severity.WARNING, _without_pool),
    Rule(
        "autoscaler-missing", "Pools nobody scales", Severity.WARNING, _without_cluster_autoscaler
    ),
    Rule("pool-without-autoscaler", "Pools of a fixed size", Severity.INFO, _without_autoscaler),
)
"""Machine sets and autoscalers."""
