"""The hub in a run: what it knows of each cluster, what it decided, and who follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ove_capacity.model.cluster import Fleet
from ove_capacity.ocm import Hub, Opened

__all__ = ["Followed", "HubSite", "Link", "hub_cluster"]

_LOCAL = "local-cluster"
_MANAGEMENT = "management"


def hub_cluster(fleet: Fleet) -> str:
    """The cluster that the hub runs on, when it is one of the fleet's; else empty.

    The one labelled ``local-cluster: "true"``, as RHACM labels it; else the only one whose profile
    is ``management``.
    """
    local = [each.name for each in fleet.clusters if each.labels.get(_LOCAL) == "true"]
    managing = [each.name for each in fleet.clusters if each.profile == _MANAGEMENT]
    found = local or managing
    return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Followed:
    """GitOps has seen that a Placement is decided otherwise."""

    placement: str
    """Its key."""
    before: tuple[str, ...]
    """Clusters that had its workloads."""
    after: tuple[str, ...]
    """Clusters that are to have them."""
    decided_ms: int
    """When the hub decided it last; it is seen now."""


@dataclass(slots=True, eq=False)
class Link:
    """What the hub hears of one cluster."""

    lease_ms: int
    silences: int = 0
    """What keeps it from being heard: its loss, partitions, the hub's loss."""
    is_known: bool = True
    """The hub has not given it up."""
    heard_ms: int = 0
    """Since when it is heard without a break, or was."""
    renewed_ms: int = 0
    """Its last renewal, as far as it was ever looked at."""
    api_outages: int = 0
    """What keeps its API from answering."""
    api_turn: int = 0
    """Counts when that begins and ends."""
    turn: int = 0
    """Counts silences and their ends: who waited through one has nothing to say any more."""


@dataclass(slots=True, eq=False)
class HubSite:
    """The placement controller, and the GitOps engine beside it."""

    hub: Hub
    opened: Opened
    links: dict[str, Link]
    """By cluster."""
    epoch_ms: int
    """The start of the run, since 1970."""
    outages: int = 0
    """What keeps it down."""
    decided_ms: dict[str, int] = field(default_factory=dict)
    """Placement -> when it was decided last."""
    left_ms: dict[tuple[str, str], int] = field(default_factory=dict)
    """(Placement, cluster) -> when the decision left it."""
    timers: set[tuple[str, int]] = field(default_factory=set)
    """What is to be done when, already waited for."""
    followers: list[Callable[[Followed], None]] = field(default_factory=list)
    """Called when GitOps sees a changed decision, in this order."""
    when_given_up: list[Callable[[str], None]] = field(default_factory=list)
    """Told of each cluster that the hub gives up."""
    when_heard: list[Callable[[str], None]] = field(default_factory=list)
    """Told of each cluster that is in touch again."""

    @property
    def is_up(self) -> bool:
        """Whether it works."""
        return not self.outages
