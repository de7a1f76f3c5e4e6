"""A ManagedCluster as CEL expressions see it: every field that upstream's types print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ove_capacity.model.managed_cluster import ClusterTaint, ManagedCluster
from ove_capacity.model.resources import CPU, Amounts
from ove_capacity.quantity import Quantity

__all__ = ["cluster_document", "reported", "tainted"]


def cluster_document(cluster: ManagedCluster) -> dict[str, Any]:
    """The object, with the fields that are there even when nobody wrote them.

    Source: open-cluster-management.io/api cluster/v1/types.go, as vendored by ocm v1.3.0-78:
    hubAcceptsClient, conditions and version are always printed; quantities in canonical form.
    """
    written = cluster.document or _made(cluster)
    spec = {"hubAcceptsClient": False, **(written.get("spec") or {})}
    status = {"conditions": None, "version": {}, **(written.get("status") or {})}
    for key in ("allocatable", "capacity"):
        if status.get(key):
            amounts = status[key].items()
            status[key] = {name: str(Quantity.parse(amount)) for name, amount in amounts}
    return {**written, "spec": spec, "status": status}


def reported(known: ManagedCluster, seen: ManagedCluster) -> ManagedCluster:
    """A cluster with the labels and totals of *seen*, and all else as the hub's object has it.

    Source: ours: a scenario describes the machines, the hub's object what people said of them.
    """
    written = known.document
    status = {**(written.get("status") or {})}
    if written:
        made = _made(seen)["status"]
        status |= {key: made[key] for key in ("allocatable", "capacity") if key in made}
    meta = {**(written.get("metadata") or {}), "labels": dict(seen.labels)}
    return replace(
        known,
        labels=seen.labels,
        capacity=seen.capacity,
        allocatable=seen.allocatable,
        approximate={},
        document={**written, "metadata": meta, "status": status} if written else {},
    )


def tainted(cluster: ManagedCluster, taints: tuple[ClusterTaint, ...]) -> ManagedCluster:
    """A cluster with these taints instead of those it has.

    Source: ours: what is written in the object says the same.
    """
    written = cluster.document
    spec = {**(written.get("spec") or {}), "taints": [_taint(each) for each in taints]}
    return replace(cluster, taints=taints, document={**written, "spec": spec} if written else {})


def _made(cluster: ManagedCluster) -> Mapping[str, Any]:
    status = {
        "allocatable": _texts(cluster.allocatable),
        "capacity": _texts(cluster.capacity),
        "clusterClaims": [{"name": name, "value": cluster.claims[name]} for name in cluster.claims],
    }
    return {
        "metadata": {"name": cluster.name, "labels": dict(cluster.labels)},
        "spec": {"taints": [_taint(each) for each in cluster.taints]} if cluster.taints else {},
        "status": {key: value for key, value in status.items() if value},
    }


def _texts(amounts: Amounts) -> dict[str, str]:
    return {name: f"{n}m" if name == CPU else str(n) for name, n in amounts.items()}


def _taint(taint: ClusterTaint) -> dict[str, str]:
    added = datetime.fromtimestamp(taint.added_ms / 1000, UTC)
    said = {"key": taint.key, "effect": taint.effect, "timeAdded": f"{added:%Y-%m-%dT%H:%M:%SZ}"}
    return said | ({"value": taint.value} if taint.value else {})
