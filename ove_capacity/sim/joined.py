"""Clusters that were asked for during a run: how long each stage took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ove_capacity.model.case import Case
from ove_capacity.model.joining import Joining
from ove_capacity.openshift.provisioning import STAGES
from ove_capacity.sim.log import EventLog
from ove_capacity.simtime import SECOND_MS, format_duration
from ove_capacity.tables import Cell, Table

__all__ = ["joined_table", "with_joined"]

_COMMITTED = "committed"


def joined_table(events: EventLog) -> Table:
    """Each such cluster: when it was asked for, how long its stages took, and all of them."""
    begun: dict[str, int] = {}
    ends: dict[str, dict[str, int]] = {}
    for time_ms, kind, name, detail in zip(
        events.time_ms, events.kind, events.name, events.detail, strict=True
    ):
        if kind != "cluster-provisioning":
            continue
        if detail == _COMMITTED:
            begun[name], ends[name] = time_ms, {}
        else:
            ends[name][detail.partition(":")[0]] = time_ms
    rows = [_row(name, at_ms, ends[name]) for name, at_ms in begun.items()]
    columns = ("cluster", "asked for", *(stage.name for stage in STAGES), "in all")
    return Table("Clusters that were asked for", columns, tuple(rows))


def _row(name: str, at_ms: int, ends: dict[str, int]) -> tuple[Cell, ...]:
    last_ms, lengths = at_ms, []
    for stage in STAGES:
        end_ms = ends.get(stage.name)
        lengths.append("-" if end_ms is None else _rough(end_ms - last_ms))
        last_ms = last_ms if end_ms is None else end_ms
    whole = _rough(last_ms - at_ms) if STAGES[-1].name in ends else "not yet"
    return (name, format_duration(at_ms), *lengths, whole)


def _rough(length_ms: int) -> str:
    return format_duration(length_ms - length_ms % SECOND_MS) if length_ms >= SECOND_MS else "0s"


def with_joined(case: Case, joined: Iterable[Joining]) -> Case:
    """The case with the clusters that there are at the end."""
    there = tuple(joined)
    if not there:
        return case
    fleet = case.fleet
    known = tuple(each.known for each in there if each.known is not None)
    hub = replace(fleet.hub, managed_clusters=(*fleet.hub.managed_clusters, *known))
    clusters = (*fleet.clusters, *(each.cluster for each in there))
    return replace(case, fleet=replace(fleet, clusters=clusters, hub=hub))
