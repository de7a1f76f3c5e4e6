"""What happened and how full it was: columns of plain lists, one entry a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["EventLog", "SampleLog"]


@dataclass(slots=True)
class EventLog:
    """Everything that happened, in order."""

    time_ms: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    """Of VMs: vm-created, vm-refused (by admission), vm-pending (first refusal by the scheduler),
    vm-started, vm-lost, vm-preempted, vm-stopped (its run strategy does not start it again),
    vm-ended; of nodes: node-lost, services-moved (their pods, elsewhere), node-fenced,
    remediation-held-back, node-returned, node-cordoned, node-uncordoned; of clusters: cluster-lost,
    cluster-returned, partition-began, partition-ended, api-outage-began, api-outage-ended,
    cluster-unavailable (so says its agent), cluster-unreachable (the hub gives it up),
    cluster-available; of the hub: hub-lost, hub-returned, placement-decided, placement-flapped
    (back where it was within a day), placement-followed (by GitOps); of the autoscaler: scale-up,
    scale-up-failed, scale-down, scale-down-failed, not-scaled-up, not-scaled-down, machine-created,
    machine-failed, machine-deleted, node-joined, node-left, migration-pending (its target finds no
    node), migration-failed, vm-migrated, vm-evicted; of recoveries elsewhere: recovery-decided,
    recovery-called-off, recovery-ends (they go home), vm-removed (from the cluster that it
    leaves), vm-recovered (its guest serves); and workload-grown, no-cluster, pod-preempted."""
    cluster: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    """``namespace/name`` of a VM or a Placement, or a node, machine or pool."""
    node: list[str] = field(default_factory=list)
    detail: list[str] = field(default_factory=list)

    def record(
        self, time_ms: int, kind: str, cluster: str, name: str, *, node: str = "", detail: str = ""
    ) -> None:
        """Append one event."""
        self.time_ms.append(time_ms)
        self.kind.append(kind)
        self.cluster.append(cluster)
        self.name.append(name)
        self.node.append(node)
        self.detail.append(detail)

    def columns(self) -> dict[str, list[int] | list[str]]:
        """Column name -> values."""
        return {
            "time_ms": self.time_ms,
            "kind": self.kind,
            "cluster": self.cluster,
            "name": self.name,
            "node": self.node,
            "detail": self.detail,
        }

    def rows(self) -> list[dict[str, int | str]]:
        """Each event as a mapping, for JSON; what is empty is left out."""
        names = ("time_ms", "kind", "cluster", "name", "node", "detail")
        every = zip(*self.columns().values(), strict=True)
        return [
            {name: value for name, value in zip(names, row, strict=True) if value != ""}
            for row in every
        ]

    def count(self, kind: str) -> int:
        """How many events of a kind there are."""
        return self.kind.count(kind)

    def __len__(self) -> int:
        return len(self.time_ms)


@dataclass(slots=True)
class SampleLog:
    """How full each cluster's workers in service were, at regular moments."""

    time_ms: list[int] = field(default_factory=list)
    cluster: list[str] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)
    """In service."""
    vms_running: list[int] = field(default_factory=list)
    vms_pending: list[int] = field(default_factory=list)
    vms_lost: list[int] = field(default_factory=list)
    cpu_requested_milli: list[int] = field(default_factory=list)
    cpu_allocatable_milli: list[int] = field(default_factory=list)
    memory_requested_bytes: list[int] = field(default_factory=list)
    memory_allocatable_bytes: list[int] = field(default_factory=list)

    def record(self, **values: int | str) -> None:
        """Append one sample; every column must be named."""
        for name, column in self.columns().items():
            column.append(values[name])

    def columns(self) -> dict[str, list[Any]]:
        """Column name -> values."""
        return {name: getattr(self, name) for name in self.__slots__}

    def rows(self) -> list[dict[str, int | str]]:
        """Each sample as a mapping, for JSON."""
        columns = self.columns()
        every = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in every]

    def __len__(self) -> int:
        return len(self.time_ms)
