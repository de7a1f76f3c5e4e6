"""Live migrations: how many run at a time, and how long one takes."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.pod import Pod, PodAffinityTerm
from ove_capacity.model.selector import LabelSelector, NodeSelectorTerm, Requirement
from ove_capacity.simtime import MINUTE_MS, SECOND_MS

__all__ = [
    "PARALLEL",
    "PARALLEL_OUTBOUND",
    "RECHECK_MS",
    "UNSCHEDULABLE_MS",
    "assumptions",
    "backoff_ms",
    "duration_ms",
    "target_pod",
]

PARALLEL, PARALLEL_OUTBOUND = 5, 2
"""In a cluster, and from one node.

Source: kubevirt v1.8.4 pkg/virt-config/virt-config.go, ParallelMigrationsPerClusterDefault and
ParallelOutboundMigrationsPerNodeDefault.
"""
RECHECK_MS = 5 * SECOND_MS
"""How long a VM that is to leave its node waits while as many migrate as may.

Source: kubevirt v1.8.4 pkg/virt-controller/watch/drain/evacuation/evacuation.go, sync.
"""
UNSCHEDULABLE_MS = 5 * MINUTE_MS
"""How long a target pod may be without a node; then it is deleted, and the migration has failed.

Source: kubevirt v1.8.4 pkg/virt-controller/watch/migration/migration.go,
defaultUnschedulablePendingTimeoutSeconds and handlePendingPodTimeout.
"""
_BACKOFF_MS = 20 * SECOND_MS
_KEPT = 5
"""Failed migrations of a VM that are not forgotten."""
_IDENTITIES = ("kubevirt.io/created-by", "vm.kubevirt.io/name", "kubevirt.io/vm")
_HANDLING_MS = 10_000
_BYTES_PER_MS = 500_000
_HOSTNAME = "kubernetes.io/hostname"


def duration_ms(memory_bytes: int) -> int:
    """From the target pod's start until the VM runs there, by the VM's memory.

    Source: ours; see `assumptions`.
    """
    return _HANDLING_MS + memory_bytes // _BYTES_PER_MS


def backoff_ms(failures: int) -> int:
    """How long a VM that is to leave its node waits after so many failed migrations in a row.

    Source: kubevirt v1.8.4 pkg/virt-controller/watch/migration/migration.go,
    handleMigrationBackoff and defaultFinalizedMigrationGarbageCollectionBuffer.
    """
    assert failures > 0, failures
    return _BACKOFF_MS << (min(failures, _KEPT) - 1)


def target_pod(launcher: Pod, source: str) -> Pod:
    """The pod that a VM migrates to: like its launcher, and never on the same node.

    Of a pod that does not say whose it is only the node is shut out.

    Source: kubevirt v1.8.4 pkg/virt-controller/watch/migration/migration.go,
    createMigrationPodAntiAffinityRule; of nodes: ours.
    """
    affinity = launcher.spec.affinity
    identity = next((label for label in _IDENTITIES if label in launcher.labels), None)
    if identity is not None:
        same = LabelSelector((Requirement(identity, "In", (launcher.labels[identity],)),))
        term = PodAffinityTerm(_HOSTNAME, same)
        affinity = replace(affinity, anti_required=(*affinity.anti_required, term))
    else:
        elsewhere = Requirement("metadata.name", "NotIn", (source,))
        terms = affinity.node_required
        terms = (NodeSelectorTerm(),) if terms is None else terms
        shut = (replace(each, match_fields=(*each.match_fields, elsewhere)) for each in terms)
        affinity = replace(affinity, node_required=tuple(shut))
    return replace(launcher, spec=replace(launcher.spec, affinity=affinity))


def assumptions() -> tuple[Assumption, ...]:
    """The numbers behind it, for the ledger.

    Source: ours; KubeVirt has time-outs for a migration, and no duration.
    """
    return (
        Assumption(
            "migration.duration",
            f"{_HANDLING_MS // 1000}s, and memory at {_BYTES_PER_MS // 1000} MB/s",
            "a target pod's start; then 10 Gbit/s, shared, with pages that change sent again",
            Evidence.ASSUMED,
        ),
    )
