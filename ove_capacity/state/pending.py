"""Pods that wait for a node: the queue's data. Its rules are in `kube.queue`."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["PendingQueue", "Waiting"]


@dataclass(slots=True)
class Waiting:
    """One pod in the queue."""

    key: str
    """``namespace/name`` of the pod."""
    priority: int
    timestamp_ms: int
    """When it last entered the queue: at its arrival, and anew after each refusal."""
    seq: int
    """Order of arrival, the last resort."""
    wakes_on_bind: bool = False
    """Another pod's binding may make room for it: it asks for company, or to be spread."""
    attempts: int = 0
    ready_ms: int | None = None
    """When it may be tried (again); None: only an event or the flush brings it back."""
    seen: int = 0
    """`PendingQueue.changes` when it was last refused."""


@dataclass(slots=True)
class PendingQueue:
    """All waiting pods of one cluster: some ready, some backing off, some parked."""

    waiting: dict[str, Waiting] = field(default_factory=dict)
    """Every pod in the queue, by key."""
    timers: list[tuple[int, int, str]] = field(default_factory=list)
    """Heap of (ready_ms, seq, key); an entry that `waiting` contradicts is void."""
    parked: dict[str, None] = field(default_factory=dict)
    """Keys of unschedulable pods, the longest parked first."""
    changes: int = 0
    """Changes of the cluster so far."""
