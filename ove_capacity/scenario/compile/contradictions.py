"""What of an autoscaler cannot be meant so: limits below what exists, machines given up too early.

Each is answered as the operator answers it; a warning says how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.gpus import unmet_limits
from ove_capacity.openshift.autoscaler.quotas import node_resources
from ove_capacity.openshift.machines import startup_timeout_ms
from ove_capacity.scenario.compile.context import Context
from ove_capacity.simtime import format_duration

__all__ = ["warn_of_contradictions"]

_GIB = 1 << 30


def warn_of_contradictions(
    context: Context, name: str, cluster: Cluster, autoscaling: Autoscaling
) -> None:
    """Warn of each at the place of the cluster's section."""
    path: FieldPath = ("clusters", name)
    if context.scenario.clusters[name].autoscaler is not None:
        path = (*path, "autoscaler")
    for sentence in _sentences(cluster, autoscaling):
        context.warn(path, f"cluster {name}: {sentence}")


def _sentences(cluster: Cluster, autoscaling: Autoscaling) -> Iterator[str]:
    yield from _startups(autoscaling)
    asked = autoscaling.autoscaler
    if asked is None and not autoscaling.groups:
        return
    if asked is None:
        yield "pools have bounds, and there is no ClusterAutoscaler: nothing scales them"
        return
    if not autoscaling.groups:
        yield "there is an autoscaler, and no pool has a max: nothing is scaled"
        return
    if autoscaling.refused:
        objects = dict.fromkeys(each.partition(": ")[0] for each in autoscaling.refused)
        yield f"the API server refuses {' and '.join(objects)}: nothing is scaled"
        return
    yield from unmet_limits(autoscaling, cluster.nodes)
    yield from _limits(cluster, asked)
    yield from _bounds(autoscaling, asked)


def _limits(cluster: Cluster, asked: ClusterAutoscaler) -> Iterator[str]:
    """Limits that what exists has reached already."""
    there = [node_resources(node) for node in cluster.nodes]
    used = {
        "maxNodesTotal": (asked.max_nodes_total or None, len(there), "nodes"),
        "cores": (asked.cores.most, sum(each[CPU] for each in there), "cores"),
        "memory": (asked.memory_gib.most, sum(each[MEMORY] for each in there) // _GIB, "GiB"),
    }
    for limit, (most, now, unit) in used.items():
        if most is not None and now > most:
            yield (
                f"the {limit} limit of {most:,} is below the {now:,} {unit} there are: no machine "
                "is added, and none is taken away for it"
            )


def _bounds(autoscaling: Autoscaling, asked: ClusterAutoscaler) -> Iterator[str]:
    counts = Counter(autoscaling.group_of.values())
    for group in autoscaling.groups:
        now = counts[group.name]
        if now > group.max_size:
            yield (
                f"pool {group.name} has {now:,} machines and a max of {group.max_size:,}: none is "
                "added, and none is taken away for it"
            )
        if now < group.min_size and not asked.enforce_min_size:
            yield (
                f"pool {group.name} has {now:,} machines and a min of {group.min_size:,}: that is "
                "a floor for giving machines back, and none is added to reach it"
            )
        if not now and group.template is not None:
            yield (
                f"pool {group.name} begins without machines: what is foretold of its first one has "
                "no hugepages, no devices and no labels of OpenShift Virtualization, so that no VM "
                "ever adds it"
            )


def _startups(autoscaling: Autoscaling) -> Iterator[str]:
    mean_ms = autoscaling.times.until_ready.mean_ms
    for group, check in autoscaling.health_checks.items():
        timeout_ms = startup_timeout_ms(check)
        if timeout_ms is not None and timeout_ms < mean_ms:
            yield (
                f"a health check deletes machines of {group} that have no node and no news for "
                f"{format_duration(timeout_ms)}, and they take {format_duration(mean_ms)} on "
                "average: slow ones are deleted and made anew for ever"
            )
