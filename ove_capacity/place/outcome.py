"""What becomes of pods on their way to nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ove_capacity.kubelet.refusal import Refusal
from ove_capacity.model.pod import Pod
from ove_capacity.state.rejection import Rejection

__all__ = ["Bounced", "Displaced", "Outcome", "Placed", "Refused", "TurnedAway"]


class Placed(NamedTuple):
    """A pod that found its node."""

    pod: Pod
    row: int
    """Its row in the state."""
    node: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A pod that found none; it is not in the state, and may be brought again."""

    pod: Pod
    message: str
    """Upstream's sentence: ``0/12 nodes are available: …``; or whose kubelet refuses it."""
    rejections: tuple[Rejection, ...]


class Bounced(NamedTuple):
    """A pod that was bound and not admitted."""

    node: int
    refusal: Refusal

    @property
    def words(self) -> str:
        """``TopologyAffinityError: Resources cannot be allocated with Topology locality``."""
        reason, message = self.refusal
        return f"{reason}: {message}" if reason else f"the kubelet panics: {message}"


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A pod that was bound, and that its node's kubelet did not admit; it has failed."""

    pod: Pod
    node: str
    message: str
    """Upstream's reason and sentence: ``TopologyAffinityError: …``."""
    again: bool
    """Another one like it would fare the same as things are: every node that the scheduler holds
    for equally good refuses it."""


@dataclass(frozen=True, slots=True)
class Displaced:
    """A pod that had to go for a more important one; it is not in the state any more."""

    pod: Pod
    node: str
    by: str
    """``namespace/name`` of the pod that preempted it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the pods."""

    bound: tuple[Placed, ...]
    refused: tuple[Refused, ...]
    displaced: tuple[Displaced, ...] = ()
    searches: int = 0
    """How often victims were looked for: what makes placing slow."""
    turned_away: tuple[TurnedAway, ...] = ()
    """Only where the caller brings them again himself."""
    bounces: int = 0
    """How often a kubelet did not admit what was bound."""
