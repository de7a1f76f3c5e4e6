"""What may break: lose workers, and place their VMs again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np

from ove_capacity.analysis.aftermath import second_losses, single_drains, while_drained
from ove_capacity.analysis.cluster_failover import (
    NOTHING_TO_LOSE,
    ClusterFailover,
    Pairs,
    Search,
)
from ove_capacity.analysis.drain import Drain, drain_rule, evictions
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.rehearsal import Loss, Rehearsal
from ove_capacity.analysis.series import Series, series
from ove_capacity.analysis.service_pods import service_records
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.spare import Spare, smallest_spare
from ove_capacity.errors import AnswerError
from ove_capacity.kernels.compile import CALLS_WORTH_LOADING, expect
from ove_capacity.kube.cycle import schedule_many
from ove_capacity.model.case import Case
from ove_capacity.model.node import ZONE_LABEL
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus

__all__ = ["BUDGET", "failover", "survivable"]

BUDGET = 2_000_000
"""Placements of lost VMs that one kind of loss may take: all pairs of 100 workers with 2,500 VMs
take 252,450, four times as many where most VMs have to push out others, and seven times where
kubelets refuse many of them."""

_BEYOND = 20_000
"""The same for losses of three and more, which nobody asked for."""

_WORK_OF_A_MIGRATION = 5
"""Placements that one takes: VMs of a drained worker are placed one by one."""

_TRIES_FOR_A_SPARE = 20
"""About so often every worker is lost until the spare machine is small."""

_RACK_LABELS = ("topology.kubernetes.io/rack", "topology.rook.io/rack")
"""No rack label is a standard; the second is the one that OpenShift Data Foundation writes."""


@dataclass(frozen=True, slots=True)
class _Question:
    survive: int | None
    while_drained: int
    domains: tuple[str, ...]
    budget: int
    extras: bool


def failover(
    subject: Case | Run,
    *,
    cluster: str = "",
    survive: int | None = None,
    while_drained: int = 0,
    domains: Sequence[str] = (),
    budget: int | None = None,
    extras: bool = True,
) -> Failover:
    """Lose every worker, every pair, every zone and rack; then more at once, as far as it goes.

    Of a case: when its listed workloads are placed. Of a run: as it ended. VMs return in the order
    the platform would start them: priority, then age. VMs that were pending before, or that are
    halted, do not count.

    Args:
        subject: what to ask of.
        cluster: one cluster; all of them without it.
        survive: how many arbitrary workers are to be survivable: tried exhaustively if the budget
            allows it, and what `Failover.is_survived` says.
        while_drained: try every loss also while so many other workers are drained.
        domains: labels whose values are lost together, beside zone and rack.
        budget: placements that one kind of loss may take, else `BUDGET`; what takes more is not
            tried, which a note says.
        extras: also drains, a second loss before the first is repaired, and the smallest spare,
            which *while_drained* brings along too.

    Raises:
        AnswerError: a number is negative.
        UnknownNameError: there is no such cluster.
    """
    for name, number in (("survive", survive), ("while_drained", while_drained)):
        if number is not None and number < 0:
            raise AnswerError(f"{name} must not be negative (got {number})")
    budget = BUDGET if budget is None else budget
    if budget < 0:
        raise AnswerError(f"budget must not be negative (got {budget})")
    run = settle(subject)
    question = _Question(survive, while_drained, tuple(domains), budget, extras)
    found = {name: _Inquiry(run, name, question).answer() for name in run.clusters(cluster)}
    return Failover(found, survive)


def survivable(run: Run) -> dict[str, int]:
    """Cluster -> `ClusterFailover.survives_nodes`: the first loss not survived ends the trying."""
    question = _Question(None, 0, (), BUDGET, False)
    return {name: _Inquiry(run, name, question).survives() for name in run.clusters("")}


class _Inquiry:
    """One cluster's losses."""

    def __init__(self, run: Run, name: str, question: _Question) -> None:
        self.run, self.name, self.question = run, name, question
        self.state, self.vms = run.states[name], run.vms_of(name)
        self.services = () if self.vms else service_records(run, name)
        self.vms = self.vms or list(self.services)
        self.stage = Rehearsal(self.state, self.vms, run.case)
        self.workers = self.stage.workers
        self.running = sum(len(self.stage.vms_on(n)) for n in self.workers)
        self.notes: list[str] = []
        self._single_cost = 0

    def answer(self) -> ClusterFailover:
        """Everything that was asked."""
        singles = self._singles()
        pairs = self._pairs(singles)
        survives, checked, larger = self._exhaustively(singles, pairs)
        found = ClusterFailover(
            cluster=self.name,
            workers=len(self.workers),
            vms=self.running,
            counted="pod" if self.services else "VM",
            survives_nodes=survives,
            checked_nodes=checked,
            losses=singles,
            pairs=pairs,
            search=self._search(checked, larger),
            domains=self._domains(),
        )
        extras = self.question.extras or self.question.while_drained
        if self.running and extras:
            found = self._with_extras(found)
        self._remark(found)
        return replace(found, notes=tuple(self.notes))

    def survives(self) -> int:
        """How many arbitrary workers may be lost at once."""
        singles = self._singles()
        if self.running and all(loss.is_survived for loss in singles) and self._tries_pairs():
            if all(loss.is_survived for _, loss in self._pair_losses()):
                return self._beyond_pairs()[0]
            return 1
        return self._exhaustively(singles, None)[0]

    # -- losses at once ------------------------------------------------------------------------

    def _lose(self, group: Sequence[int], *, explain: bool = True) -> Loss:
        loss = self.stage.lose(group, explain=explain)
        self.stage.rewind()
        return loss

    def _lose_again(self, group: Sequence[int]) -> Loss:
        return self._lose(group)

    def _singles(self) -> tuple[Loss, ...]:
        losses = tuple(self._lose([n]) for n in self.workers)
        self._single_cost = self.stage.spent
        return losses

    def _cost(self, size: int) -> int:
        """Placements that all losses of that size take, going by those of one worker each."""
        count = len(self.workers)
        return comb(count, size) + self._single_cost * comb(max(count - 1, 0), size - 1)

    def _affords(self, cost: int, what: str) -> bool:
        if cost <= self.question.budget:
            return True
        self.notes.append(
            f"{what} were not tried: they take about {cost:,} placements, the budget is "
            f"{self.question.budget:,} (--budget)"
        )
        return False

    def _pairs(self, singles: Sequence[Loss]) -> Pairs | None:
        if not self._tries_pairs():
            return None
        matrix = np.diag([len(loss.not_returned) for loss in singles])
        at = {n: i for i, n in enumerate(self.workers)}

        def losses() -> Iterator[tuple[Sequence[int], Loss]]:
            for (one, other), loss in self._pair_losses():
                i, j = at[one], at[other]
                matrix[i, j] = matrix[j, i] = len(loss.not_returned)
                yield (one, other), loss

        tried = series(losses(), self._lose_again)
        names = self.stage.names(self.workers)
        return Pairs(tried, names, tuple(tuple(row) for row in matrix.tolist()))

    def _tries_pairs(self) -> bool:
        count = len(self.workers)
        if count < 2 or not self.running:
            return False
        if not self._affords(self._cost(2), f"{comb(count, 2):,} pairs of workers"):
            return False
        self._expect(self._cost(2))
        return True

    def _pair_losses(self) -> Iterator[tuple[tuple[int, int], Loss]]:
        """Every pair; whoever stops early leaves the stage as it is then."""
        for i, one in enumerate(self.workers):
            down = self.stage.take([one])
            mark = self.stage.mark()
            for other in self.workers[i + 1 :]:
                both = [*down, *self.stage.take([other])]
                yield (one, other), self.stage.restart((one, other), both, explain=False)
                self.stage.rewind(mark)
            self.stage.rewind()

    def _exhaustively(
        self, singles: Sequence[Loss], pairs: Pairs | None
    ) -> tuple[int, int, Loss | None]:
        """(survived, tried in full, a loss that is not survived): any so many workers at once."""
        count = len(self.workers)
        if not self.running:
            return count, count, None
        failed = next((loss for loss in singles if not loss.is_survived), None)
        if failed is not None:
            return 0, 2 if pairs else 1, failed
        if pairs is None:
            return 1, 1, None
        if pairs.tried.not_survived:
            return 1, 2, pairs.tried.worst[0]
        return self._beyond_pairs()

    def _beyond_pairs(self) -> tuple[int, int, Loss | None]:
        """The same, once every pair is survived."""
        count = len(self.workers)
        for size in range(3, count + 1):
            asked = size <= (self.question.survive or 0)
            if self._cost(size) > (self.question.budget if asked else _BEYOND):
                return size - 1, size - 1, None
            for group in combinations(self.workers, size):
                if not self._lose(group, explain=False).is_survived:
                    return size - 1, size, self._lose(group)
        return count, count, None

    def _search(self, checked: int, failed: Loss | None) -> Search:
        """The smallest number of workers known not to be survived, beyond what is proved."""
        if failed is not None or checked >= len(self.workers):
            return Search(None if failed is None else len(failed.nodes), failed, 0)
        tried, start = 0, self.stage.spent
        for size in range(checked + 1, len(self.workers) + 1):
            for group in self._suspects(size):
                tried += 1
                if not self._lose(group, explain=False).is_survived:
                    return Search(size, self._lose(group), tried)
            if self.stage.spent - start > self.question.budget:
                break
        return Search(None, None, tried)

    def _suspects(self, size: int) -> list[tuple[int, ...]]:
        """Sets of workers likely not to be survivable: the fullest by each resource, and by VMs."""
        requested = self.stage.state.requested
        orders = [[int(requested[n, r]) for n in self.workers] for r in range(requested.shape[1])]
        orders.append([len(self.stage.vms_on(n)) for n in self.workers])
        groups: dict[tuple[int, ...], None] = {}
        for amounts in orders:
            ranked = sorted(range(len(amounts)), key=lambda i: (-amounts[i], i))
            groups[tuple(sorted(self.workers[i] for i in ranked[:size]))] = None
        return list(groups)

    def _domains(self) -> tuple[Loss, ...]:
        """Each zone, each rack, and each value of the labels that were asked for."""
        found: list[Loss] = []
        asked = dict.fromkeys(self.question.domains)
        for label in dict.fromkeys((ZONE_LABEL, *_RACK_LABELS, *asked)):
            values: dict[str, list[int]] = {}
            for n in self.workers:
                value = self.state.nodes[n].labels.get(label)
                if value is not None:
                    values.setdefault(value, []).append(n)
            if not values and (label == ZONE_LABEL or label in asked):
                self.notes.append(f"no worker carries the label {label}: none can be lost by it")
            found += [
                replace(self._lose(values[value]), domain=f"{label}={value}")
                for value in sorted(values)
            ]
            if len(values) == 1 and len(self.workers) > 1:
                self.notes.append(f"all workers that carry {label} share one value of it")
        return tuple(found)

    # -- what comes beside ---------------------------------------------------------------------

    def _with_extras(self, found: ClusterFailover) -> ClusterFailover:
        evicted = evictions(self.run.case, self.run.case.fleet.cluster(self.name), self.vms)
        at_once = self.question.while_drained
        found = replace(
            found,
            second_losses=self._second_losses() if self.question.extras else None,
            drains=self._drains(evicted) if self.question.extras else (),
            drain_rule=drain_rule(self.stage, max(at_once, 1)),
            spare=self._spare(found.losses),
        )
        if not at_once:
            return found
        count = len(self.workers)
        if at_once >= count:
            self.notes.append(
                f"{at_once} workers cannot be drained and one more be lost: there are {count}"
            )
            return found
        groups = comb(count, at_once)
        cost = groups * (count + self._single_cost)
        if not self._affords(cost, f"losses while {groups:,} sets of workers are drained"):
            return found
        self._expect(cost)
        return replace(found, while_drained=while_drained(self.stage, evicted, at_once))

    def _drains(self, evicted: Mapping[str, str]) -> tuple[Drain, ...]:
        if not self._affords(_WORK_OF_A_MIGRATION * self.running, "drains"):
            return ()
        return single_drains(self.stage, evicted)

    def _second_losses(self) -> Series | None:
        count = len(self.workers)
        cost = count * (count + self._single_cost)
        if count < 2 or not self._affords(cost, f"{count * (count - 1):,} second losses"):
            return None
        self._expect(cost)
        return second_losses(self.stage)

    def _spare(self, singles: Sequence[Loss]) -> Spare | None:
        weak = [n for n, loss in zip(self.workers, singles, strict=True) if not loss.is_survived]
        if not weak:
            return None
        by_node = dict(zip(self.workers, singles, strict=True))
        if not self._affords(_TRIES_FOR_A_SPARE * self._single_cost, "spare machines"):
            return None
        worst = max(weak, key=lambda n: (len(by_node[n].not_returned), -n))
        return smallest_spare(self.state, self.vms, self.run.case, worst, weak)

    def _expect(self, placements: int) -> None:
        """Announce much work, so that kernels are compiled before and not in the middle of it."""
        work = placements * len(self.state.nodes)
        if work >= CALLS_WORTH_LOADING:
            expect(schedule_many, work)

    def _remark(self, found: ClusterFailover) -> None:
        """What the numbers do not say."""
        asked, count = self.question.survive, len(self.workers)
        if not count:
            self.notes.append("no worker is in service: there is none to lose")
        elif not self.running:
            self.notes.append(f"{NOTHING_TO_LOSE}: no VM runs on its workers")
        elif asked is not None and asked > count:
            self.notes.append(f"{asked} workers cannot be lost: there are {count}")
        elif (
            asked is not None and found.checked_nodes < asked and not found.search.rules_out(asked)
        ):
            self.notes.append(
                f"whether any {asked} may be lost is not proved: all sets of "
                f"{found.checked_nodes} were tried, and {found.search.tried} larger ones"
            )
        if self.services:
            self.notes.append(
                "it runs no VM: what is lost and placed again are pods of its services"
            )
        waiting = sum(vm.status is VmStatus.PENDING for vm in self.vms)
        if waiting:
            told = "1 VM finds" if waiting == 1 else f"{waiting} VMs find"
            counts = "it does" if waiting == 1 else "they do"
            self.notes.append(f"{told} no node even before a loss: {counts} not count")
        stopped = sum(loss.stopped for loss in found.losses)
        if stopped:
            self.notes.append(f"{stopped} VMs stay down with their worker: so says runStrategy")
        remediation = self.run.case.fleet.cluster(self.name).remediation.kind
        if self.running and remediation == "none" and not self.services:
            self.notes.append(
                "without remediation VMs return only when somebody has fenced the lost worker"
            )
