"""What failover finds out about one cluster."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.analysis.drain import Drain, DrainRule
from ove_capacity.analysis.rehearsal import Loss
from ove_capacity.analysis.series import Series
from ove_capacity.analysis.spare import Spare

__all__ = ["NOTHING_TO_LOSE", "ClusterFailover", "Pairs", "Search", "WhileDrained"]

NOTHING_TO_LOSE = "nothing to lose"
"""What is said of a cluster on whose workers no VM runs; it survives any loss."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every pair of workers, lost at once."""

    tried: Series
    nodes: tuple[str, ...]
    """The workers, as `matrix` has them."""
    matrix: tuple[tuple[int, ...], ...]
    """VMs that find no node when both are lost, workers by workers; on the diagonal, by one."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is known of losses that are not survived, beyond what is proved."""

    not_survived_at: int | None
    """So many workers are known that must not be lost at once; None: none were found."""
    example: Loss | None
    """These."""
    tried: int
    """Larger sets that were searched; that none was found among them proves nothing."""

    def rules_out(self, nodes: int) -> bool:
        """Whether so many workers, or fewer, are known that must not be lost."""
        return self.not_survived_at is not None and self.not_survived_at <= nodes

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "not_survived_at": self.not_survived_at,
            "example": self.example and self.example.to_dict(),
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class WhileDrained:
    """The loss of any worker while others are drained."""

    at_once: int
    """Workers drained together."""
    drains: int
    """Sets of them that were tried."""
    not_completed: tuple[Drain, ...]
    """Drains that some VM does not allow; the losses were tried from where they got stuck."""
    losses: Series

    @property
    def is_survived(self) -> bool:
        """Whether every drain completes and every loss meanwhile is survived."""
        return not (self.not_completed or self.losses.not_survived)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "at_once": self.at_once,
            "drains": self.drains,
            "not_completed": [each.to_dict() for each in self.not_completed],
            "losses": self.losses.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class ClusterFailover:
    """Which losses one cluster survives."""

    cluster: str
    workers: int
    """In service."""
    survives_nodes: int
    """The largest number of arbitrary workers that may be lost at once: proved by trying them all.
    """
    checked_nodes: int
    """All sets of up to so many workers were tried, or enough of them to find one not survived."""
    losses: tuple[Loss, ...] = ()
    """Of each worker alone."""
    vms: int = 0
    """Running on the workers; pods of services where no VM runs, as `counted` says."""
    counted: str = "VM"
    """What is lost and placed again: ``VM``, or ``pod`` of the services of a hub without VMs."""
    pairs: Pairs | None = None
    """None: not tried."""
    search: Search = Search(None, None, 0)
    domains: tuple[Loss, ...] = ()
    """Of each zone, rack, or value of another label."""
    second_losses: Series | None = None
    """Each worker, then each other one, after the VMs of the first have been placed again."""
    drains: tuple[Drain, ...] = ()
    """Each worker drained alone."""
    drain_rule: DrainRule | None = None
    while_drained: WhileDrained | None = None
    spare: Spare | None = None
    """What would make every single loss survived; None: they are, or it was not asked."""
    notes: tuple[str, ...] = ()
    """What was not tried, and what the numbers do not say."""

    def survives(self, nodes: int) -> bool:
        """Whether any so many workers may be lost: proved, or there is no VM to lose."""
        return not self.vms or self.survives_nodes >= nodes

    @property
    def answer(self) -> str:
        """The answer in one sentence."""
        if not self.vms:
            return f"{self.cluster}: {NOTHING_TO_LOSE}: no VM runs there."
        count = self.survives_nodes
        told = f"any {count} of {self.workers} workers may be lost"
        if not count:
            some = any(loss.is_survived for loss in self.losses)
            told = f"{'not each' if some else 'none'} of {self.workers} workers may be lost"
        if not count and self.workers == 1:
            told = "its only worker may not be lost"
        example = self.search.example
        if example is None:
            return f"{self.cluster}: {told}."
        missing = len(example.not_returned)
        lost = " + ".join(example.nodes)
        what = f"{self.counted}{'s' if missing > 1 else ''}"
        return (
            f"{self.cluster}: {told}; when {lost} {'are' if len(example.nodes) > 1 else 'is'} lost "
            f"{missing} {what} of {example.displaced} would not return."
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        pairs = self.pairs.tried if self.pairs else None
        failed = [loss for loss in self.losses if not loss.is_survived]
        return {
            "survives_nodes": self.survives_nodes,
            "checked_nodes": self.checked_nodes,
            "workers": self.workers,
            "vms": self.vms,
            "losses_tried": len(self.losses) + (pairs.tried if pairs else 0),
            "not_survived": [loss.to_dict() for loss in (*failed, *(pairs.worst if pairs else ()))],
            "pairs": pairs and {"tried": pairs.tried, "not_survived": pairs.not_survived},
            "search": self.search.to_dict(),
            "domains": [loss.to_dict() for loss in self.domains],
            "second_losses": self.second_losses and self.second_losses.to_dict(),
            "drains": {
                "tried": len(self.drains),
                "not_completed": [each.to_dict() for each in self.drains if not each.is_completed],
                "rule": self.drain_rule and self.drain_rule.to_dict(),
            },
            "while_drained": self.while_drained and self.while_drained.to_dict(),
            "spare": self.spare and self.spare.to_dict(),
            "notes": list(self.notes),
        }
