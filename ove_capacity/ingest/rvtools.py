"""RVTools workbooks -> a scenario.

One workbook is one site. vInfo says which VMs there are; vCPU and vMemory fill in what it lacks;
vHost says what they run on today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.choices import Networks, PoweredOff, Sizes
from ove_capacity.ingest.inventory import (
    Disagreement,
    LeftOut,
    SourceDatastore,
    SourceHost,
    SourceVm,
)
from ove_capacity.ingest.reconcile import reconciled
from ove_capacity.ingest.sketch import Intake, Sketch
from ove_capacity.ingest.source import Source, counted
from ove_capacity.ingest.source_hosts import host_disagreements, source_datastores, source_hosts
from ove_capacity.ingest.source_sketch import Choices, sketch_of
from ove_capacity.ingest.tabs import Tab, tabs_of
from ove_capacity.ingest.vm_details import DETAIL_TABS
from ove_capacity.ingest.xlsx import opened

__all__ = ["ingest_rvtools"]

_DIGITS = "0123456789"
_ODD_SHOWN = 3
"""Odd cells that are listed of a column; the others are counted."""

_JOINED_TABS = ("vCPU", "vMemory", *DETAIL_TABS)


@dataclass(slots=True)
class _Gathered:
    """What all workbooks together hold."""

    intake: Intake = field(default_factory=Intake)
    vms: list[SourceVm] = field(default_factory=list)
    hosts: list[SourceHost] = field(default_factory=list)
    datastores: list[SourceDatastore] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    hints: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    """What is counted and not carried over."""
    odd_cells: list[str] = field(default_factory=list)
    unused: Counter[str] = field(default_factory=Counter)
    """Headers of vInfo columns that were not read."""
    unread_tabs: list[str] = field(default_factory=list)
    has_decimal_units: bool = False
    """Some header says MB."""


def _sites(paths: Sequence[Path]) -> dict[Path, str]:
    """A name for each workbook; ScenarioError when one is named twice."""
    seen: dict[Path, str] = {}
    names: Counter[str] = Counter()
    for path in paths:
        if path.resolve() in {known.resolve() for known in seen}:
            raise ScenarioError(Problem("is named twice", str(path)))
        names[path.stem] += 1
        seen[path] = path.stem if names[path.stem] == 1 else f"{path.stem}-{names[path.stem]}"
    return seen


def _count_rows(
    gathered: _Gathered, lead: str, tabs: dict[str, Tab], joined: dict[str, int]
) -> None:
    intake = gathered.intake
    for name, tab in tabs.items():
        kind = f"{lead}{name} rows"
        used = joined.get(name, len(tab.records)) if name in _JOINED_TABS else len(tab.records)
        intake.use(kind, used)
        intake.set_aside(kind, "no single VM of vInfo fits them", len(tab.records) - used)
        intake.set_aside(kind, "they repeat the header", tab.headers_again)
        intake.notes += [
            f"{tab.file}!{tab.title}: two columns are headed {header!r}; the first is read"
            for header in tab.columns.doubled
        ]
        gathered.has_decimal_units |= any(
            header.endswith(" MB") for header in tab.columns.headers.values()
        )


def _gather(gathered: _Gathered, path: Path, site: str, lead: str, sizes: Sizes) -> None:
    with opened(path) as book:
        tabs = tabs_of(book)
        read = {tab.title for tab in tabs.values()}
        gathered.unread_tabs += [title for title in book.tabs if title not in read]
    found = reconciled(site, tabs, sizes)
    hosts = source_hosts(site, tabs, found.odd_cells)
    _count_rows(gathered, lead, tabs, found.joined)
    gathered.vms += found.vms
    gathered.hosts += hosts
    gathered.datastores += source_datastores(site, tabs, found.odd_cells)
    gathered.told += found.tally.sentences()
    gathered.left_out += found.left_out
    gathered.disagreements += found.disagreements
    gathered.disagreements += host_disagreements(tabs, hosts, found.vms)
    gathered.hints += found.hints
    gathered.odd_cells += found.odd_cells
    gathered.unused.update(tabs["vInfo"].columns.unused)


def _size_decision(gathered: _Gathered, sizes: Sizes) -> str:
    filled = sum(vm.is_filled for vm in gathered.vms)
    lead = {
        Sizes.VINFO: "Sizes are those of vInfo, the tab that is added up everywhere",
        Sizes.DETAIL: "Sizes are those of vCPU and vMemory, which say more than vInfo",
        Sizes.LARGER: "Where tabs disagree about a size, the larger counts",
    }[sizes]
    tail = f"; {filled:,} without, there or in part, have it from the other tab" if filled else ""
    return f"{lead}{tail}."


def _in_short(odd_cells: Sequence[str]) -> Iterator[str]:
    """The first odd cells of each column, and how many more there are."""
    seen: Counter[str] = Counter()
    for cell in odd_cells:
        column = cell.partition(": ")[0].rstrip(_DIGITS)
        seen[column] += 1
        if seen[column] <= _ODD_SHOWN:
            yield cell
    for column, number in seen.items():
        if number > _ODD_SHOWN:
            yield f"{column}: {number - _ODD_SHOWN:,} more cells like those"


def ingest_rvtools(
    paths: Sequence[Path],
    *,
    powered_off: PoweredOff = PoweredOff.HALTED,
    sizes: Sizes = Sizes.VINFO,
    onto: str = "",
    name: str = "",
    networks: Networks = Networks.KEEP,
) -> Sketch:
    """The scenario that RVTools workbooks amount to.

    Args:
        paths: one workbook a site.
        powered_off: what becomes of VMs that do not run.
        sizes: whose word counts when tabs disagree.
        onto: the one cluster all VMs go to; else each source cluster has its own.
        name: of the scenario; else the first file's.
        networks: whether the VMs are told apart by the networks they are on.

    Raises:
        ScenarioError: a file is no RVTools workbook, or no VM in them can be used.
    """
    gathered = _Gathered()
    for path, site in _sites(paths).items():
        _gather(gathered, path, site, f"{site}: " if len(paths) > 1 else "", sizes)
    decisions = [_size_decision(gathered, sizes)]
    if gathered.has_decimal_units:
        decisions.append("Headers that say MB count in MiB, as vSphere does.")
    source = Source(
        files=paths,
        name=name,
        vms=gathered.vms,
        hosts=gathered.hosts,
        datastores=gathered.datastores,
        left_out=gathered.left_out,
        disagreements=gathered.disagreements,
        decisions=decisions,
    )
    intake = gathered.intake
    notes = [f"columns of vInfo that are not read: {len(gathered.unused):,}"]
    if gathered.unread_tabs:
        tabs = ", ".join(dict.fromkeys(gathered.unread_tabs))
        notes.append(f"tabs not read, or without columns we know: {tabs}")
    intake.notes += [
        *notes,
        *(f"VMs that {hint}: {number:,}" for hint, number in gathered.hints.items()),
    ]
    intake.notes += [*gathered.told, *_in_short(gathered.odd_cells)]
    choices = Choices(powered_off, onto, networks)
    return sketch_of(counted(source, intake, powered_off), intake, choices)
