"""What failover answers of all clusters: a value that shows itself."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.binding import binding_of
from ove_capacity.analysis.cluster_failover import NOTHING_TO_LOSE, ClusterFailover
from ove_capacity.analysis.rehearsal import Loss
from ove_capacity.analysis.series import Series
from ove_capacity.tables import Cell, Table

__all__ = ["Failover"]

_GIB = 1 << 30
_WIDTH = 100
_SHOWN_ROWS = 12
_SHOWN_NAMES = 2
_DOWN = "that would not return"


@dataclass(frozen=True, slots=True)
class Failover:
    """Each cluster's failover."""

    clusters: Mapping[str, ClusterFailover] = field(default_factory=dict)
    asked: int | None = None
    """How many arbitrary workers were to be survivable; None: nothing was demanded."""

    def survives(self, nodes: int) -> bool:
        """Whether every cluster survives the loss of that many arbitrary workers."""
        return all(each.survives(nodes) for each in self.clusters.values())

    @property
    def is_survived(self) -> bool:
        """Whether what was asked for is so; True when nothing was."""
        return self.asked is None or self.survives(self.asked)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Clusters, VMs that would not come back, domains, patch night, what would help."""
        found = list(self.clusters.values())
        return tuple(
            table
            for table in (
                _summary(found),
                _not_returned(found),
                _domains(found),
                _drains(found),
            )
            if table.rows
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> failover."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    @property
    def answers(self) -> list[str]:
        """Each cluster's answer in a sentence, and what would help; last those without a VM."""
        told = []
        for each in self.clusters.values():
            if each.vms:
                told.append(each.answer)
            if each.spare is not None:
                told.append(f"{each.cluster}: {each.spare}.")
        empty = [name for name, each in self.clusters.items() if not each.vms]
        if empty:
            told.append(f"{', '.join(empty)}: {NOTHING_TO_LOSE}: no VM runs there.")
        return told

    @property
    def notes(self) -> list[str]:
        """What was not tried, and what the numbers do not say; once for all that share it."""
        clusters: dict[str, list[str]] = {}
        for each in self.clusters.values():
            for note in each.notes:
                if note.startswith(NOTHING_TO_LOSE):
                    continue  # the answer says so
                clusters.setdefault(note, []).append(each.cluster)
        return [f"{', '.join(names)}: {note}." for note, names in clusters.items()]

    def __str__(self) -> str:
        # Upstream's sentences are too long for a column.
        tables = [
            _told(each) if each.title.endswith(_DOWN) else each.text(_WIDTH) for each in self.tables
        ]
        parts = [*tables[:1], _bullets(self.answers), *tables[1:], _bullets(self.notes)]
        return "\n\n".join(filter(None, parts))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def listed(sentences: Sequence[str]) -> str:
            return "".join(f"<p>{html.escape(each)}</p>" for each in sentences)

        first, *tables = [table.html() for table in self.tables] or [""]
        return f"{first}{listed(self.answers)}{''.join(tables)}{listed(self.notes)}"


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(
        textwrap.fill(f"- {each}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        for each in sentences
    )


def _told(table: Table) -> str:
    sentences = [
        f"{cluster}, {lost}: {which}: {reason}" for cluster, lost, _, which, reason in table.rows
    ]
    return "\n".join((table.title, _bullets(sentences), *table.notes))


def _summary(clusters: Sequence[ClusterFailover]) -> Table:
    asks_drained = any(each.while_drained for each in clusters)
    rows = [
        (
            each.cluster,
            each.workers,
            each.vms,
            each.survives_nodes if each.vms else None,
            each.checked_nodes if each.vms else None,
            each.search.not_survived_at,
            _single(each),
            _share(each.pairs.tried if each.pairs else None),
            _share(each.second_losses),
            *((_while_drained(each),) if asks_drained else ()),
        )
        for each in clusters
    ]
    first = ("cluster", "workers", "placed", "survives", "tried", "fails at")
    columns = (*first, "single", "pair", "second", *(("drained",) if asks_drained else ()))
    pods = [each.cluster for each in clusters if each.vms and each.counted == "pod"]
    of_pods = f"; pods of services of {', '.join(pods)}, where no VM runs" if pods else ""
    drained = "; drained: any one may be lost while others drain, and every drain completes"
    notes = (
        f"placed: VMs that a loss may hit{of_pods}.",
        "survives: any so many workers may be lost at once; tried: in all sets of up to so many; "
        f"fails at: so many are known that must not be lost{drained if asks_drained else ''}.",
        "single, pair, second: losses after which a VM finds no node, of those tried; second: the "
        "first one is not repaired yet, its VMs run elsewhere.",
    )
    return Table("Failover: how many workers may be lost", columns, tuple(rows), notes)


def _while_drained(found: ClusterFailover) -> str:
    if found.while_drained is None:
        return "-"
    return "yes" if found.while_drained.is_survived else "NO"


def _single(found: ClusterFailover) -> str:
    if not found.vms:
        return "-"
    return f"{sum(not loss.is_survived for loss in found.losses)} of {len(found.losses)}"


def _share(tried: Series | None) -> str:
    return f"{tried.not_survived:,} of {tried.tried:,}" if tried and tried.tried else "-"


def _not_returned(clusters: Sequence[ClusterFailover]) -> Table:
    """VMs by the sentence that keeps them down; the losses that leave them so together."""
    groups: dict[tuple[str, str], list[tuple[str, list[str]]]] = {}
    for each in clusters:
        for loss in _telling(each):
            for message, vms in _by_message(loss).items():
                groups.setdefault((each.cluster, message), []).append((_name(loss), vms))
    rows: list[tuple[Cell, ...]] = []
    for (cluster, message), found in groups.items():
        lost, vms = max(found, key=lambda one: len(one[1]))
        rest = len(found) - 1
        others = f" or {rest} other{'s' if rest > 1 else ''}" if rest else ""
        more = len(vms) - _SHOWN_NAMES
        names = ", ".join(vms[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
        rows.append((cluster, f"{lost}{others}", len(vms), names, message))
    hidden = max(0, len(rows) - _SHOWN_ROWS)
    notes = (f"and {hidden} more rows: --format json tells all of them",) if hidden else ()
    columns = ("cluster", "lost", _what(clusters), "which", "reason")
    return Table(f"{columns[2]} {_DOWN}", columns, tuple(rows[:_SHOWN_ROWS]), notes)


def _what(clusters: Sequence[ClusterFailover]) -> str:
    """What is lost in all of them."""
    told = {each.counted for each in clusters if each.vms}
    if told == {"pod"}:
        return "Pods"
    return "VMs and pods" if "pod" in told else "VMs"


def _telling(found: ClusterFailover) -> Iterator[Loss]:
    """Single losses that are not survived; without any, the worst pairs; what else was found."""
    single = [loss for loss in found.losses if not loss.is_survived]
    pairs = found.pairs.tried.worst if found.pairs else ()
    example = found.search.example
    yield from single or pairs or ([example] if example else ())
    if found.while_drained:
        yield from found.while_drained.losses.worst


def _name(loss: Loss) -> str:
    lost = " + ".join(loss.nodes)
    return f"{lost} while {' + '.join(loss.after)} is away" if loss.after else lost


def _by_message(loss: Loss) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for stranded in loss.not_returned:
        groups.setdefault(stranded.message, []).append(stranded.vm)
    return groups


def _domains(clusters: Sequence[ClusterFailover]) -> Table:
    rows = [
        (each.cluster, loss.domain, len(loss.nodes), loss.displaced, len(loss.not_returned))
        for each in clusters
        for loss in each.domains
    ]
    columns = ("cluster", "domain", "workers", "VMs", "not returned")
    return Table("Zones and racks", columns, tuple(rows))


def _drains(clusters: Sequence[ClusterFailover]) -> Table:
    rows = []
    for each in clusters:
        rule = each.drain_rule
        if rule is None:
            continue
        stuck = [drained for drained in each.drains if not drained.is_completed]
        first = ""
        if stuck:
            vm = stuck[0].not_moved[0]
            first = f"{vm.vm}: {binding_of(vm.message)}"
        rows.append(
            (
                each.cluster,
                rule.spare_bytes / _GIB,
                rule.needed_bytes / _GIB,
                "yes" if rule.holds else "NO",
                f"{len(each.drains) - len(stuck)} of {len(each.drains)}" if each.drains else "-",
                first,
            )
        )
    last = "first VM that does not move"
    columns = ("cluster", "spare GiB", "rule GiB", "rule", "drains", last)
    notes = (
        "rule: Red Hat's, spare memory requests >= workers drained at once x the highest total of "
        "VM memory requests on one; drains: workers that can be emptied, each alone, by placing.",
    )
    return Table("Room for draining", columns, tuple(rows), notes)
