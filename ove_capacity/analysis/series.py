"""Many losses of one kind: how many are survived, and the worst of the others in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ove_capacity.analysis.rehearsal import Loss

__all__ = ["Series", "series"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Series:
    """Losses that were all tried."""

    tried: int
    not_survived: int
    worst: tuple[Loss, ...] = ()
    """Those after which the most VMs find no node, with the sentences; at most five."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "tried": self.tried,
            "not_survived": self.not_survived,
            "worst": [loss.to_dict() for loss in self.worst],
        }


def series(
    losses: Iterable[tuple[Sequence[int], Loss]], again: Callable[[Sequence[int]], Loss]
) -> Series:
    """Count the losses, and try the worst of them *again* for the sentences."""
    tried = 0
    lost: list[tuple[int, Sequence[int]]] = []
    for group, loss in losses:
        tried += 1
        if not loss.is_survived:
            lost.append((len(loss.not_returned), group))
    worst = sorted(lost, key=lambda each: -each[0])[:_SHOWN]
    return Series(tried, len(lost), tuple(again(group) for _, group in worst))
