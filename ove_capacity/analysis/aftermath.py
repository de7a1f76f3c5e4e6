"""The next loss, when the last one is not repaired yet or while other workers are drained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from ove_capacity.analysis.cluster_failover import WhileDrained
from ove_capacity.analysis.drain import Drain, drain
from ove_capacity.analysis.rehearsal import Loss, Rehearsal
from ove_capacity.analysis.series import Series, series

__all__ = ["second_losses", "single_drains", "survives_while_drained", "while_drained"]


def second_losses(stage: Rehearsal) -> Series:
    """Lose each worker, place its VMs again, then lose each other one: order matters.

    Only a first loss that is survived is followed by a second.
    """

    def losses() -> Iterator[tuple[Sequence[int], Loss]]:
        for first in stage.workers:
            if stage.lose([first], explain=False).is_survived:
                mark = stage.mark()
                for second in stage.workers:
                    yield (first, second), stage.lose([second], explain=False)
                    stage.rewind(mark)
            stage.rewind()

    def again(group: Sequence[int]) -> Loss:
        stage.rewind()
        first, second = group
        stage.lose([first])
        loss = stage.lose([second], after=[first])
        stage.rewind()
        return loss

    return series(losses(), again)


def single_drains(stage: Rehearsal, evicted: Mapping[str, str]) -> tuple[Drain, ...]:
    """Drain each worker alone."""
    drains = []
    for n in stage.workers:
        drains.append(drain(stage, [n], evicted))
        stage.rewind()
    return tuple(drains)


def survives_while_drained(stage: Rehearsal, evicted: Mapping[str, str], at_once: int) -> bool:
    """`WhileDrained.is_survived`: the first drain or loss that is not survived ends the trying."""
    for group in combinations(stage.workers, at_once):
        if not drain(stage, group, evicted).is_completed:
            return False
        if not all(loss.is_survived for _, loss in _losses_after(stage, group)):
            return False
    return True


def _losses_after(stage: Rehearsal, drained: Sequence[int]) -> Iterator[tuple[Sequence[int], Loss]]:
    """The loss of each other worker; then the drain is taken back."""
    mark = stage.mark()
    for n in [n for n in stage.workers if n not in drained]:
        yield (*drained, n), stage.lose([n], explain=False)
        stage.rewind(mark)
    stage.rewind()


def while_drained(stage: Rehearsal, evicted: Mapping[str, str], at_once: int) -> WhileDrained:
    """Drain every set of so many workers, as far as that goes, then lose each other one.

    Drained workers hold no VM, so they are not lost; one that could not be drained stays cordoned.
    """
    drains: list[Drain] = []

    def losses() -> Iterator[tuple[Sequence[int], Loss]]:
        for group in combinations(stage.workers, at_once):
            drains.append(drain(stage, group, evicted))
            yield from _losses_after(stage, group)

    def again(group: Sequence[int]) -> Loss:
        *drained, lost = group
        stage.rewind()
        drain(stage, drained, evicted)
        loss = stage.lose([lost], after=drained)
        stage.rewind()
        return loss

    tried = series(losses(), again)
    stuck = tuple(each for each in drains if not each.is_completed)
    return WhileDrained(at_once, len(drains), stuck, tried)
