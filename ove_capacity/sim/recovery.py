"""Recovery on other clusters in a run: stations that take one after the other, and the log."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from simpy.events import Event

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.plan import Workload
from ove_capacity.model.recovery import Recovered

__all__ = ["NOTICED_MS", "START_MS", "Journey", "RecoverySite", "assumptions"]

_REQUESTS_PER_S, _REQUESTS_OF_A_START = 200, 20
START_MS = 1000 * _REQUESTS_OF_A_START // _REQUESTS_PER_S
"""Between two VMs that virt-controller starts, in milliseconds; see `assumptions`."""

NOTICED_MS = 15 * 60_000
"""How long until people know of a lost cluster when no hub tells them; see `assumptions`."""


@dataclass(slots=True, eq=False)
class Journey:
    """A VM that has left a cluster, and where it goes."""

    name: str
    pod_key: str
    home: str
    """The cluster that it left first."""
    down_ms: int
    rpo_ms: int | None
    lifetime_ms: int | None = None
    """What is left of it."""
    number: int = -1
    """Of its entry in the log; -1: it goes nowhere yet."""
    is_off: bool = False
    """It goes elsewhere: whoever waits for it has nothing to do any more."""


@dataclass(slots=True, eq=False)
class RecoverySite:
    """What the recoveries of a run share."""

    log: list[Recovered] = field(default_factory=list)
    """In the order in which they were decided."""
    underway: dict[tuple[str, str], dict[str, Journey]] = field(default_factory=dict)
    """(cluster, workload) -> those on their way there that have no pod yet, by VM."""
    unstarted: dict[tuple[str, str], Journey] = field(default_factory=dict)
    """(cluster, pod) -> whose pod waits for a node there."""
    homeless: dict[tuple[str, str], list[Journey]] = field(default_factory=dict)
    """(cluster, workload) -> those that left it, and have nowhere to go."""
    staying: dict[str, list[Workload]] = field(default_factory=dict)
    """Cluster that GitOps does not reach -> whose VMs it deletes there once it does."""
    alarms: dict[str, Event] = field(default_factory=dict)
    """Cluster that is lost -> rings when the hub gives it up."""
    when_lost: list[Callable[[str], None]] = field(default_factory=list)
    """Told of each cluster that is lost as a whole."""
    _stations: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    """Station of a cluster -> when each of its places is free again."""

    def pass_through(
        self, station: tuple[str, ...], places: int, now_ms: int, length_ms: int
    ) -> int:
        """When who comes now is through: it waits for the first place that is free."""
        free = self._stations.setdefault(station, [0] * max(1, places))
        ends_ms = max(now_ms, free[0]) + length_ms
        heapq.heapreplace(free, ends_ms)
        return ends_ms


def assumptions() -> tuple[Assumption, ...]:
    """The numbers behind recoveries that no scenario says, for the ledger."""
    return (
        Assumption(
            "virt_controller.requests_per_s",
            f"{_REQUESTS_PER_S}",
            "kubevirt v0.59.0 to v1.8.0 pkg/virt-config/virt-config.go, DefaultVirtControllerQPS",
            Evidence.DOCUMENTED,
        ),
        Assumption(
            "virt_controller.requests_of_a_start",
            f"{_REQUESTS_OF_A_START}, so {1000 // START_MS} VMs start a second",
            "what one VM's start asks of the API; no measurement is published",
            Evidence.ASSUMED,
        ),
        Assumption(
            "recovery.noticed_without_a_hub",
            f"{NOTICED_MS // 60_000}m",
            "somebody calls, when the hub that would tell is lost too",
            Evidence.ASSUMED,
        ),
    )
