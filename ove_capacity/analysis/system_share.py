"""How much of the machines the system takes: one guideline, three ways to count."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.analysis.waterfall import NodeShares, Waterfall
from ove_capacity.tables import Cell

__all__ = [
    "GUIDELINE_PERCENT",
    "SHARE_COLUMNS",
    "SystemShare",
    "guideline_verdict",
    "system_shares",
]

GUIDELINE_PERCENT = (20, 30)
"""The architecture's planning guideline for the share of the system."""

SHARE_COLUMNS = ("cluster", "system share", "cpu_percent", "memory_percent", "larger", "verdict")

_DEFINITIONS = {
    "non_worker_nodes": "capacity of nodes that are no workers, of all nodes'",
    "reserved_and_platform": "reserved and platform pods on workers, of the workers' capacity",
    "both_and_launchers": "both, and the launchers' overhead, of all nodes' capacity",
}


@dataclass(frozen=True, slots=True)
class SystemShare:
    """The system's share by one definition."""

    name: str
    cpu_percent: float | None
    """None: there is nothing to take a share of."""
    memory_percent: float | None

    @property
    def definition(self) -> str:
        """What over what."""
        return _DEFINITIONS[self.name]

    @property
    def percent(self) -> float | None:
        """The larger of both."""
        both = [each for each in (self.cpu_percent, self.memory_percent) if each is not None]
        return max(both, default=None)

    @property
    def larger(self) -> str:
        """Which is the larger: cpu or memory; empty when there is none."""
        if self.percent is None:
            return ""
        return "cpu" if self.percent == self.cpu_percent else "memory"

    @property
    def verdict(self) -> str:
        """Below, within or above the guideline."""
        return guideline_verdict(self.percent)

    def row(self, cluster: str) -> tuple[Cell, ...]:
        """Under `SHARE_COLUMNS`."""
        shares = (self.cpu_percent, self.memory_percent)
        return (cluster, self.definition, *shares, self.larger, self.verdict)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "definition": self.definition,
            "cpu_percent": self.cpu_percent,
            "memory_percent": self.memory_percent,
            "larger": self.larger or None,
            "verdict": self.verdict,
        }


def guideline_verdict(percent: float | None) -> str:
    """Below, within or above `GUIDELINE_PERCENT`; or that there is no worker to speak of."""
    if percent is None:
        return "no worker"
    low, high = GUIDELINE_PERCENT
    return "below" if percent < low else "above" if percent > high else "within"


def system_shares(shares: NodeShares, workers: Waterfall) -> tuple[SystemShare, ...]:
    """The share of a cluster's system by each definition; nodes out of service do not count."""
    in_service = [n for n, alive in enumerate(shares.in_service) if alive]
    every = shares.capacity[in_service].sum(axis=0).tolist()
    have = (workers.capacity.cpu_milli, workers.capacity.memory_bytes)
    reserved = ("system_reserved", "eviction_threshold", "reserved_measured")
    system = _steps(workers, (*reserved, "platform_pods", "virtualization"))
    launchers = _steps(workers, ("launcher_overhead",))
    others = (every[0] - have[0], every[1] - have[1])
    whole = tuple(sum(each) for each in zip(others, system, launchers, strict=True))
    return (
        _share("non_worker_nodes", others, every),
        _share("reserved_and_platform", system, have),
        _share("both_and_launchers", whole, every),
    )


def _steps(workers: Waterfall, names: tuple[str, ...]) -> tuple[int, int]:
    steps = [workers.step(name) for name in names]
    return sum(each.cpu_milli for each in steps), sum(each.memory_bytes for each in steps)


def _share(name: str, taken: tuple[int, ...], have: tuple[int, ...] | list[int]) -> SystemShare:
    cpu, memory = (
        round(100 * part / whole, 2) if whole else None
        for part, whole in zip(taken[:2], have[:2], strict=True)
    )
    return SystemShare(name, cpu, memory)
