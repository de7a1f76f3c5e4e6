"""How far the autoscaler lets each cluster grow: which limit binds, for how many VMs, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.budgets import budgets_of, tested_limits
from ove_capacity.analysis.fits import Fit, fit_all, limit_pod_addresses
from ove_capacity.analysis.limit_room import GroupRoom, group_rooms
from ove_capacity.analysis.limit_shape import ShapeGrowth, ShapeLimit, grown_for
from ove_capacity.analysis.limit_waiting import NOBODY, Waiting, waiting_of
from ove_capacity.analysis.limits_tables import rooms_table, shapes_table, waiting_table
from ove_capacity.analysis.scaled import Scaled, scaled_of
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import Shape, check_shapes, shapes, workload_names
from ove_capacity.analysis.trial import Trial
from ove_capacity.model.case import Case
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.openshift.autoscaler.gpus import unmet_limits
from ove_capacity.place import place
from ove_capacity.sim.run import Run
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.tables import Table

__all__ = ["ClusterLimits", "Limits", "limits"]

_NOTHING = "nothing scales it: it has no ClusterAutoscaler, or no pool with bounds"


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """One cluster's pools, and how far VMs make them grow."""

    cluster: str
    rooms: tuple[GroupRoom, ...] = ()
    shapes: tuple[ShapeLimit, ...] = ()
    waiting: Waiting = NOBODY
    refused: tuple[str, ...] = ()
    """Why none of it applies; then the rooms are as asked for, and nothing grows."""
    notes: tuple[str, ...] = ()
    """What one would miss, in sentences."""

    @property
    def applies(self) -> bool:
        """Whether anything is scaled."""
        return bool(self.rooms) and not self.refused

    @property
    def answer(self) -> str:
        """In one sentence."""
        if not self.rooms:
            return f"{self.cluster}: {self.notes[0]}."
        told = "; ".join(
            f"{each.group} +{each.room:,} (by {' and '.join(each.binding)})" for each in self.rooms
        )
        if self.refused:
            return (
                f"{self.cluster}: nothing is scaled, because what asks for it is refused: {told}."
            )
        return f"{self.cluster}: {told}."

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "applies": self.applies,
            "refused": list(self.refused),
            "pools": {each.group: each.to_dict() for each in self.rooms},
            "shapes": [each.to_dict() for each in self.shapes],
            "waiting": self.waiting.to_dict(),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """Each cluster's limits."""

    clusters: Mapping[str, ClusterLimits] = field(default_factory=FrozenMap)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Machines that each limit allows, VMs until nothing is added, and what waits."""
        every = list(self.clusters.values())
        found = (
            rooms_table(
                [(each.cluster, each.applies, room) for each in every for room in each.rooms]
            ),
            shapes_table([(each.cluster, shape) for each in every for shape in each.shapes]),
            waiting_table([(each.cluster, each.waiting) for each in every]),
        )
        return tuple(table for table in found if table.rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> limits."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        answers = "\n".join(each.answer for each in self.clusters.values())
        return "\n\n".join([answers, *(table.text() for table in self.tables)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def limits(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Limits:
    """How many machines each limit of the autoscaler still allows, and how many VMs until then.

    Of a case: when its listed workloads are placed. Of a run: as it ended. Machines are added as
    the autoscaler would, all at once; VMs are then placed on what joins.

    Args:
        subject: a case or a run.
        cluster: its name; empty: all.
        shapes: names of workloads or instancetypes; None: all workloads'.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    run = settle(subject)
    names = run.clusters(cluster)
    if shapes is not None:
        check_shapes(run.case, [run.case.fleet.cluster(name) for name in names], shapes)
    return Limits(FrozenMap({name: _of_cluster(run, name, shapes) for name in names}))


def _of_cluster(run: Run, name: str, wanted: Sequence[str] | None) -> ClusterLimits:
    scaled = scaled_of(run, name)
    rooms = group_rooms(scaled) if scaled else ()
    if scaled is None or not rooms:
        return ClusterLimits(name, notes=(_NOTHING,))
    refused = scaled.autoscaling.refused
    names = workload_names(run.case) if wanted is None else wanted
    asked = [
        shape
        for shape in shapes(run.case, run.case.fleet.cluster(name), names)
        if wanted is not None or _comes_here(shape, name)
    ]
    growing = None if refused else scaled
    return ClusterLimits(
        name,
        rooms,
        _Trying(run, name, growing, rooms).answers(asked),
        waiting_of(run, name, growing),
        refused,
        tuple(_notes(scaled, rooms)),
    )


def _comes_here(shape: Shape, cluster: str) -> bool:
    """Whether the workload may be placed on that cluster; only the hub knows of a Placement's."""
    return shape.workload is None or shape.workload.cluster in ("", cluster)


def _notes(scaled: Scaled, rooms: Sequence[GroupRoom]) -> list[str]:
    notes = [
        f"{each.group} has no machine: what the autoscaler foretells of it has no KVM devices, no "
        "hugepages and no label of KubeVirt, and VMs that ask for them never make it grow"
        for each in rooms
        if each.is_foretold
    ]
    if len(rooms) > 1 and "random" in scaled.options.expanders:
        notes.append("its expander leaves to chance which pool grows; here it is the first of them")
    return notes + unmet_limits(scaled.autoscaling, scaled.nodes)


class _Trying:
    """One cluster, grown for one shape after the other."""

    def __init__(
        self, run: Run, name: str, scaled: Scaled | None, rooms: Sequence[GroupRoom]
    ) -> None:
        """*scaled*: None: nothing grows."""
        self.run, self.scaled, self.rooms = run, scaled, rooms
        self.cluster, self.state = run.case.fleet.cluster(name), run.states[name]
        self.budgets = budgets_of(run, self.cluster)
        self.tested = tested_limits(run, self.cluster)
        self._grown: dict[tuple[int, int | None], ShapeGrowth] = {}

    def answers(self, asked: Sequence[Shape]) -> tuple[ShapeLimit, ...]:
        """In the order of the shapes."""
        now = self._fits(None, asked)
        found = []
        for shape, fit in zip(asked, now, strict=True):
            growth = self._growth(shape, min(fit.by_budget.values(), default=None))
            more = growth.added or (self.scaled and self.scaled.coming)
            then = self._fits(growth.added, [shape])[0] if more else fit
            found.append(ShapeLimit(fit, then, growth))
        return tuple(found)

    def _growth(self, shape: Shape, most: int | None) -> ShapeGrowth:
        """*most*: VMs that the budgets of the cluster allow."""
        if self.scaled is None or shape.pod is None:
            return ShapeGrowth()
        question = id(shape.pod.spec), most  # shapes with one spec are one question
        if question not in self._grown:
            self._grown[question] = grown_for(self.scaled, shape.pod, self.rooms, most)
        return self._grown[question]

    def _grown_state(self, added: Mapping[str, int]) -> ClusterState:
        """With these machines, and with what waited on them."""
        assert self.scaled is not None
        state = self.scaled.with_machines(added)
        place(state, self.scaled.waiting, replace(self.run.case.policy, tie="first"))
        return state

    def _fits(self, added: Mapping[str, int] | None, asked: Sequence[Shape]) -> tuple[Fit, ...]:
        pods = [shape.pod for shape in asked if shape.pod is not None]
        state = self.state if added is None else self._grown_state(added)
        trial = Trial(state, pods, self.run.case.policy)
        limit_pod_addresses(trial, self.cluster)
        return fit_all(trial, self.cluster, asked, self.budgets, self.tested)
