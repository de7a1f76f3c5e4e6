"""Machines that do not add up: counts, bounds the wrong way round, limits below what there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.profiles import profiles
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["MACHINE_RULES", "most_machines"]

_GIB = 1 << 30
_FAR_BEYOND = 64
"""So many times all memory that there may ever be is no limit that somebody meant."""
_ROLES = ("master", "worker", "storage")


def _counts(subject: Subject) -> Iterator[Finding]:
    """A total that is not the sum of its parts leaves open how many machines are bought.

    Source: ours; the parts are used, as docs/model.md says.
    """
    for profile in profiles(subject):
        total = profile.get("node_count")
        parts = {role: profile.get(f"{role}_nodes") for role in _ROLES}
        known = {role: n for role, n in parts.items() if isinstance(n, int) and n}
        if not isinstance(total, int) or not known or sum(known.values()) == total:
            continue
        listed = " + ".join(f"{number} {role}" for role, number in known.items())
        told = sum(known.values())
        without = [role for role, number in known.items() if told - number == total]
        yield Finding(
            profile.problem(f"{total} machines, and {listed} = {told}", "node_count"),
            consequence=f"{told} machines are counted here"
            + (f"; {total} without those of {' or '.join(without)}" if without else ""),
            repair=f"{told}, or say which machines have two roles",
        )


def _clusters(subject: Subject, manifest: Manifest) -> list[Cluster]:
    if subject.case is None:
        return []
    every = subject.case.fleet.clusters
    return [each for each in every if manifest.cluster in ("", each.name)]


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _gib(value: object) -> int | None:
    """GiB of a limit: the CRD counts them; what was meant by ``64Gi`` is clear all the same."""
    if isinstance(value, str):
        try:
            return Quantity.parse(value).value // _GIB
        except QuantityError:
            return None
    return _whole(value)


def _bounds(subject: Subject) -> Iterator[Finding]:
    """Bounds the wrong way round leave the autoscaler nothing to do.

    Source: openshift/cluster-autoscaler-operator release-4.15 pkg/controller/machineautoscaler and
    pkg/apis/autoscaling/v1beta1: minReplicas to maxReplicas; v1: min to max of a resource.
    """
    for scaler in subject.of_kind("MachineAutoscaler"):
        low, high = (_whole(scaler.get("spec", f"{each}Replicas")) for each in ("min", "max"))
        if low is not None and high is not None and low > high:
            yield _reversed(scaler, low, high, "spec", "minReplicas")
    for scaler in subject.of_kind("ClusterAutoscaler"):
        for name, read in (("cores", _whole), ("memory", _gib)):
            limits = scaler.mapping("spec", "resourceLimits", name)
            low, high = read(limits.get("min")), read(limits.get("max"))
            if low is not None and high is not None and low > high:
                yield _reversed(scaler, low, high, "spec", "resourceLimits", name, "min")


def _reversed(scaler: Manifest, low: int, high: int, *keys: str) -> Finding:
    problem = scaler.problem(f"{low} is more than the maximum, {high}", *keys)
    return Finding(problem, consequence=f"{scaler.shown} scales nothing", repair=f"at most {high}")


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit of an autoscaler beside what its cluster has."""

    words: str
    limit: int
    have: int
    keys: tuple[str, ...]

    def finding(self, scaler: Manifest, cluster: Cluster) -> Finding:
        message = f"{cluster.name} has {self.have:,} {self.words} already, and the limit is"
        return Finding(
            scaler.problem(f"{message} {self.limit:,}", *self.keys),
            consequence=f"no pool of {cluster.name} ever grows",
            repair=f"more than {self.have:,}: all machines count, masters among them",
        )


def _limits(scaler: Manifest, cluster: Cluster) -> Iterator[_Limit]:
    limits: Mapping[str, object] = scaler.mapping("spec", "resourceLimits")
    base = ("spec", "resourceLimits")
    cores = sum(node.capacity.get(CPU, 0) for node in cluster.nodes) // 1000
    memory = sum(node.capacity.get(MEMORY, 0) for node in cluster.nodes) // _GIB
    total = _whole(limits.get("maxNodesTotal"))
    if total is not None:
        yield _Limit("machines", total, len(cluster.nodes), (*base, "maxNodesTotal"))
    for name, have, read in (("cores", cores, _whole), ("memory", memory, _gib)):
        most = read(scaler.get(*base, name, "max"))
        if most is not None:
            words = "cores" if name == "cores" else "GiB of memory"
            yield _Limit(words, most, have, (*base, name, "max"))


def _below_existing(subject: Subject) -> Iterator[Finding]:
    """A limit that the cluster has reached already lets no machine be added.

    Source: kubernetes/autoscaler cluster-autoscaler-1.28.0 core/scaleup/resource/manager.go,
    CheckDeltaWithinLimits, and core/scaleup/orchestrator: every node counts.
    """
    for scaler in subject.of_kind("ClusterAutoscaler"):
        for cluster in _clusters(subject, scaler):
            for limit in _limits(scaler, cluster):
                if cluster.nodes and limit.have >= limit.limit:
                    yield limit.finding(scaler, cluster)


def _out_of_reach(subject: Subject) -> Iterator[Finding]:
    """A pool whose maximum lies beyond the limits of its cluster stops before it.

    New machines are taken to be as large as the largest worker there is.

    Source: as for limits that are reached; what the scenario's pool is now counts as its size.
    """
    for scaler in subject.of_kind("ClusterAutoscaler"):
        for cluster in _clusters(subject, scaler):
            more = most_machines(subject, cluster) - len(cluster.nodes)
            for limit in _limits(scaler, cluster) if more > 0 else ():
                each = _of_one(cluster, limit.keys[2])
                if not limit.have < limit.limit < limit.have + more * each:
                    continue
                fitting = (limit.limit - limit.have) // each
                stops = len(cluster.nodes) + fitting
                message = f"pools of {cluster.name} may grow to {len(cluster.nodes) + more}"
                yield Finding(
                    scaler.problem(f"{message} machines together", *limit.keys),
                    consequence=f"it stops at {stops}: {more - fitting} machines are never added",
                    repair=f"{limit.have + more * each}",
                )


def _in_mib(subject: Subject) -> Iterator[Finding]:
    """Memory of the limits is in whole GiB: one in MiB is a thousand times what was meant.

    How far from all that the pools may ever have a limit must lie is ours.

    Source: openshift/cluster-autoscaler-operator 00361ce pkg/controller/clusterautoscaler/
    clusterautoscaler.go, ResourceArgs: resourceLimits.memory is --memory-total, in GiB.
    """
    keys = ("spec", "resourceLimits", "memory")
    for scaler in subject.of_kind("ClusterAutoscaler"):
        for cluster in _clusters(subject, scaler):
            have = sum(node.capacity.get(MEMORY, 0) for node in cluster.nodes) // _GIB
            more = max(0, most_machines(subject, cluster) - len(cluster.nodes))
            most = have + more * _of_one(cluster, "memory")
            for key, told in (("min", "no machine is given back"), ("max", "it limits nothing")):
                limit = _whole(scaler.get(*keys, key))
                if limit is None or limit < _FAR_BEYOND * most:
                    continue
                said = f"{limit:,} GiB, and all machines of {cluster.name} have {most:,} at most"
                yield Finding(
                    scaler.problem(said, *keys, key),
                    consequence=f"{told} on {cluster.name}",
                    repair=f"{limit >> 10:,}, if MiB were meant: the field is in GiB",
                )


def _of_one(cluster: Cluster, limited: str) -> int:
    """How much of a limit the largest worker takes."""
    if limited == "maxNodesTotal":
        return 1
    resource, unit = (CPU, 1000) if limited == "cores" else (MEMORY, _GIB)
    return max((node.capacity.get(resource, 0) // unit for node in cluster.workers), default=0) or 1


def most_machines(subject: Subject, cluster: Cluster) -> int:
    """Machines when every pool that somebody scales is as large as it may be."""
    growing = {
        str(each.get("spec", "scaleTargetRef", "name")): _whole(each.get("spec", "maxReplicas"))
        for each in subject.of_kind("MachineAutoscaler")
        if each.cluster == cluster.name
    }
    more = sum(each for each in growing.values() if each)
    if not growing:
        return len(cluster.nodes)
    # Which pool a MachineSet is the machines do not say: workers are what is scaled.
    return sum(not node.is_worker for node in cluster.nodes) + more


MACHINE_RULES = (
    Rule("machines-count", "Totals that are no sums", Severity.WARNING, _counts),
    Rule("autoscaler-bounds", "Bounds the wrong way round", Severity.ERROR, _bounds),
    Rule("autoscaler-limit-reached", "Limits below what exists", Severity.ERROR, _below_existing),
    Rule("autoscaler-memory-unit", "Memory limits in MiB", Severity.WARNING, _in_mib),
    Rule("autoscaler-out-of-reach", "Maximums beyond a limit", Severity.WARNING, _out_of_reach),
)
"""Machines."""
