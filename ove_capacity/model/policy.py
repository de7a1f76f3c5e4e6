"""Choices that upstream leaves to chance or configuration, named so that a study can fix them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How the simulated control plane decides where upstream has a choice."""

    tie: str = "first"
    """Among equally good nodes: ``first`` in node order, or ``random`` from the stream kube.tie."""
    nodes_scored: str = "all"
    """``all``, or ``adaptive`` as upstream samples large clusters."""
