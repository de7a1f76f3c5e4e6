"""Live migrations: how many run at a time, and how long one takes."""

from __future__ import annotations

from ove_capacity.model.assumption import Assumption, Evidence

__all__ = ["PARALLEL", "PARALLEL_OUTBOUND", "assumptions", "duration_ms"]

PARALLEL, PARALLEL_OUTBOUND = 5, 2
"""In a cluster, and from one node.

Source: kubevirt v1.8.4 pkg/virt-config/virt-config.go, ParallelMigrationsPerClusterDefault and
ParallelOutboundMigrationsPerNodeDefault.
"""
_HANDLING_MS = 10_000
_BYTES_PER_MS = 500_000


def duration_ms(memory_bytes: int) -> int:
    """From the target pod's start until the VM runs there, by the VM's memory.

    Source: ours; see `assumptions`.
    """
    return _HANDLING_MS + memory_bytes // _BYTES_PER_MS


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
