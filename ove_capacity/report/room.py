"""Headroom as tables that fit a page: clusters side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ove_capacity.analysis.headroom import Headroom
from ove_capacity.analysis.system_share import GUIDELINE_PERCENT, SystemShare
from ove_capacity.analysis.waterfall import STEPS, Step, Waterfall, waterfall_table
from ove_capacity.tables import Cell, Table

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.ladder import Ladder

__all__ = [
    "budgets_table",
    "ladder_table",
    "refused",
    "shares_table",
    "steps_tables",
    "tested_sentence",
    "untested",
]

_ABREAST = 6
_SHOWN_NAMES = 8
_GIB = 1 << 30
_STRANDED = "stranded: free, but on workers where not one VM of the shapes below fits"
_OVERHEAD = "launcher overhead: what the VMs' pods request beyond their guests"


def steps_tables(room: Headroom) -> Iterator[Table]:
    """From capacity to what is free: CPU and memory, by cluster, and by pool where it has more."""
    every = [each for each in room.clusters.values() if each.workers]
    falls = [(each.cluster, each.waterfall) for each in every]
    pools = [
        (f"{each.cluster}/{name}", fall)
        for each in every
        if len(each.pools) > 1
        for name, fall in each.pools.items()
    ]
    has_vms = any(fall.step("launcher_overhead").memory_bytes for _, fall in falls)
    notes = (_STRANDED, _OVERHEAD) if has_vms else (_STRANDED,)
    yield from _steps("Workers, from capacity to what is free", falls, notes)
    yield from _steps("The same by pool", pools, ())


def shares_table(room: Headroom) -> Table:
    """The system's share of each cluster by each definition, with the verdict of each."""
    low, high = GUIDELINE_PERCENT
    every = [each for each in room.clusters.values() if each.shares]
    rows = [(each.cluster, *(_share(share) for share in each.shares)) for each in every]
    definitions = [share.definition for share in every[0].shares] if every else []
    notes = tuple(f"({key}) {text}" for key, text in zip("abc", definitions, strict=False))
    title = f"The system's share beside the architecture's {low}-{high} %, by three definitions"
    columns = ("cluster", *(f"({key})" for key, _ in zip("abc", definitions, strict=False)))
    return Table(title, columns, tuple(rows), notes)


def budgets_table(room: Headroom) -> Table:
    """Storage and addresses of the clusters that name any."""
    rows = [budget.row(each.cluster) for each in room.clusters.values() for budget in each.budgets]
    columns = ("cluster", "budget", "unit", "limit", "held", "left", "what")
    return Table.of("Budgets of the clusters, beside their nodes'", columns, rows)


def ladder_table(ladder: Ladder) -> Table:
    """What binds in order, without the sentences."""
    rows: list[tuple[Cell, ...]] = []
    for each in ladder.clusters.values():
        largest = sorted(each.mix.items(), key=lambda item: -item[1])
        mix = ", ".join(f"{name} {share:.0%}" for name, share in largest[:_SHOWN_NAMES])
        if len(largest) > _SHOWN_NAMES:
            mix += f" and {len(largest) - _SHOWN_NAMES:,} more"
        for number, rung in enumerate(each.rungs):
            head = (each.cluster, mix) if number == 0 else ("", "")
            rows.append((*head, rung.constraint, rung.vms))
        if not each.rungs:
            rows.append((each.cluster, "; ".join(each.notes), "-", None))
    columns = ("cluster", "mix", "what binds", "more VMs")
    notes = ("Each line: how many more VMs of the mix, if what stands above it did not bind.",)
    title = "The ladder: what binds first as VMs are added, and what would bind next"
    return Table(title, columns, tuple(rows), notes)


def tested_sentence(room: Headroom) -> str:
    """Where the clusters stand beside what the vendor has tested."""
    beyond = [
        f"{each.cluster} has {limit.have:,} ({limit.limit:,} {limit.words})"
        for each in room.clusters.values()
        for limit in each.limits
        if not limit.is_within
    ]
    if beyond:
        return f"Beyond what the vendor has tested: {'; '.join(beyond)}."
    return "Every cluster is within what the vendor has tested."


def untested(room: Headroom) -> list[str]:
    """Answers of what fits that go beyond what is tested."""
    return [
        f"{each.cluster}, {fit.shape}: {fit.beyond_tested}"
        for each in room.clusters.values()
        for fit in each.fits
        if fit.beyond_tested
    ]


def refused(room: Headroom) -> list[str]:
    """Shapes of which not one fits because of a rule and no amount, and which rule."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in room.clusters.values():
        for fit in each.fits if each.workers else ():
            if not fit.count and " " in fit.binding:
                reasons.setdefault((each.cluster, fit.binding), []).append(fit.shape)
    told: dict[tuple[str, str], list[str]] = {}
    for (cluster, why), shapes in reasons.items():
        more = len(shapes) - _SHOWN_NAMES
        names = ", ".join(shapes[:_SHOWN_NAMES]) + (f" and {more:,} more" if more > 0 else "")
        told.setdefault((names, why), []).append(cluster)
    return [f"{', '.join(on)}: {names}: {why}" for (names, why), on in told.items()]


def _steps(
    title: str, falls: Sequence[tuple[str, Waterfall]], notes: Sequence[str]
) -> Iterator[Table]:
    if not falls:
        return
    if len(falls) > _ABREAST:
        yield waterfall_table(title, falls, notes)
        return
    columns = ("step", *(name for name, _ in falls))
    every = [fall for _, fall in falls]
    cores = _rows(every, lambda step: step.cpu_milli / 1000)
    yield Table(f"{title}: CPU, cores", columns, tuple(cores))
    gib = _rows(every, lambda step: step.memory_bytes / _GIB, _hugepages_gib)
    yield Table(f"{title}: memory, GiB", columns, tuple(gib), tuple(notes))


def _rows(
    falls: Sequence[Waterfall],
    amount: Callable[[Step], float],
    part: Callable[[Step], float] = lambda step: 0.0,
) -> Iterator[tuple[Cell, ...]]:
    """Capacity, what it goes to, and what of it is stranded; steps that nobody has are left out.

    *part*: of an amount, what is told apart below it.
    """
    capacity = [fall.capacity for fall in falls]
    yield from _lines("capacity", capacity, amount, part)
    for name in STEPS:
        steps = [fall.step(name) for fall in falls]
        if name == "free":
            yield from _lines("= free", steps, amount, part)
        elif any(amount(step) for step in steps):
            told = part if name == "guest_requests" else None
            yield from _lines(f"- {name.replace('_', ' ')}", steps, amount, told)
    yield from _lines("of it stranded", [fall.stranded for fall in falls], amount, None)


def _lines(
    name: str,
    steps: Sequence[Step],
    amount: Callable[[Step], float],
    part: Callable[[Step], float] | None,
) -> Iterator[tuple[Cell, ...]]:
    yield (name, *(amount(step) for step in steps))
    parts = [part(step) for step in steps] if part else []
    if any(parts):
        yield ("of it hugepages", *parts)


def _share(share: SystemShare) -> str:
    if share.percent is None:
        return share.verdict
    return f"{share.percent:.1f} % of {share.larger}, {share.verdict}"


def _hugepages_gib(step: Step) -> float:
    return step.hugepages_bytes / _GIB
