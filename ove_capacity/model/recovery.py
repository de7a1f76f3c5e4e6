"""How a VM came back on another cluster."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Recovered"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """One VM on its way to another cluster, step by step; None: that step was not reached."""

    workload: str
    vm: str
    """``namespace/name``."""
    home: str
    """The cluster that it left, or that was lost."""
    target: str
    """The cluster that it comes to."""
    is_back: bool
    """It goes back to where it was before; nothing was lost."""
    down_ms: int
    """When it stopped."""
    decided_ms: int
    """When it was clear that it goes there: GitOps has seen it, or people said so."""
    restored_ms: int | None = None
    """When its data was there."""
    created_ms: int | None = None
    """When its pod entered the queue."""
    started_ms: int | None = None
    """When its pod was bound to a node."""
    serving_ms: int | None = None
    """When its guest had booted."""
    rpo_ms: int | None = None
    """Age of its data when it stopped: what was written meanwhile is gone; None: it kept none."""

    @property
    def rto_ms(self) -> int | None:
        """How long it was down; None: it still is."""
        return None if self.serving_ms is None else self.serving_ms - self.down_ms

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "workload": self.workload,
            "vm": self.vm,
            "home": self.home,
            "target": self.target,
            "is_back": self.is_back,
            "down_ms": self.down_ms,
            "decided_ms": self.decided_ms,
            "restored_ms": self.restored_ms,
            "created_ms": self.created_ms,
            "started_ms": self.started_ms,
            "serving_ms": self.serving_ms,
            "rto_ms": self.rto_ms,
            "rpo_ms": self.rpo_ms,
        }
