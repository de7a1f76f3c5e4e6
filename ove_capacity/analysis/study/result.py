"""What a study found: policies by what their VMs lose, with paired intervals."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.analysis.study.policies import Policy
from ove_capacity.model.assumption import Assumption
from ove_capacity.tables import Cell, Table

__all__ = ["Interval", "PolicyScore", "Standings"]

_SHOWN_ROWS = 15
_COARSE = 20
"""From there on nobody reads tenths."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over years, and where it lies: all intervals of a study with 95 % confidence."""

    mean: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """For JSON output."""
        return {"mean": _short(self.mean), "low": _short(self.low), "high": _short(self.high)}

    def __str__(self) -> str:
        widest = max(abs(self.low), abs(self.high))
        places = 0 if widest >= _COARSE or not widest else 1
        told = (f"{each:+,.{places}f}" for each in (self.mean, self.low, self.high))
        return "{} ({} to {})".format(*told)


@dataclass(frozen=True, slots=True)
class PolicyScore:
    """One policy over all years; policies that did the same in each of them stand together."""

    policy: Policy
    alike: tuple[str, ...]
    """Names of others that did exactly the same."""
    means: dict[str, float]
    """Measure -> mean a year."""
    against_own: Interval
    """VM-hours down a year, less those under the Placement's own policy, year by year."""
    against_best: Interval
    causes: dict[str, float]
    """Why it moved -> times a year."""
    is_restless: bool

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        tolerations = self.policy.placement.tolerations
        return {
            "policy": self.policy.name,
            "alike": list(self.alike),
            "mode": self.policy.placement.mode or "Additive",
            "weighs": self.policy.weighs,
            "tolerations": [{"key": each.key, "seconds": each.seconds} for each in tolerations],
            "a_year": {name: _short(value) for name, value in self.means.items()},
            "against_own": self.against_own.to_dict(),
            "against_best": self.against_best.to_dict(),
            "moves_by_cause": {name: _short(value) for name, value in self.causes.items()},
            "comes_to_rest": not self.is_restless,
        }


@dataclass(frozen=True, slots=True)
class Standings:
    """Policies by rank."""

    placement: str
    """``namespace/name``."""
    years: int
    scores: tuple[PolicyScore, ...]
    """The best first; those that never come to rest last."""
    own: PolicyScore
    """The Placement's own policy's, among them."""
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> PolicyScore:
        """The first."""
        return self.scores[0]

    @property
    def is_improvable(self) -> bool:
        """Whether a policy that comes to rest is clearly better than the Placement's own."""
        return self.leader.against_own.high < 0

    @property
    def leader(self) -> PolicyScore:
        """The first that is clearly better than the Placement's own; without one, the best."""
        at_rest = [each for each in self.scores if not each.is_restless]
        return next((each for each in at_rest if each.against_own.high < 0), self.best)

    @property
    def answer(self) -> str:
        """The result in a sentence."""
        own = self.own.means["down_vm_h"]
        if not self.is_improvable:
            return f"No policy is clearly better than the Placement's own: {own:,.0f} VM-hours down"
        best = self.leader
        saved = -best.against_own.mean
        return (
            f"{best.policy.name} is better than as written: "
            f"{best.means['down_vm_h']:,.0f} VM-hours down a year instead of {own:,.0f}, "
            f"{saved:,.0f} less ({-best.against_own.high:,.0f} to {-best.against_own.low:,.0f})"
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """Policies by rank; and what the own and the leader lose, and why they move."""
        return (self._ranking(), self._why())

    def _ranking(self) -> Table:
        shown = list(self.scores[:_SHOWN_ROWS])
        if self.own not in shown:
            shown.append(self.own)
        rows: list[tuple[Cell, ...]] = [self._row(each) for each in shown]
        columns = (
            *("rank", "policy", "VM-hours down", "against as written", "moves", "flaps"),
            *("homeless h", "doubled h", "unfit VMs", "imbalance %", "spare %"),
        )
        left = len(self.scores) - len(shown)
        notes = [f"{left} more are worse"] if left > 0 else []
        equals = [each.policy.name for each in self.scores[1:] if each.against_best.low <= 0]
        if equals:
            notes.append(f"not clearly worse than the first: {'; '.join(equals)}")
        title = f"Placement {self.placement}: policies over the same {self.years} years, a year"
        return Table(title, columns, tuple(rows), (*notes, *self.notes))

    def _row(self, each: PolicyScore) -> tuple[Cell, ...]:
        name = each.policy.name
        if each.alike:
            name += f" (and {len(each.alike)} alike)"
        if each.is_restless:
            name += "; never comes to rest"
        means = each.means
        return (
            self.scores.index(each) + 1,
            name,
            round(means["down_vm_h"]),
            "-" if each is self.own else str(each.against_own),
            round(means["moves"], 1),
            round(means["flaps"], 1),
            round(means["homeless_h"], 1),
            round(means["doubled_h"], 1),
            round(means["unfit_vms"], 1),
            round(means["imbalance_percent"]),
            round(means["spare_percent"]),
        )

    def _why(self) -> Table:
        """The two policies side by side."""
        own, best = self.own, self.leader
        lost = {"homeless": "homeless_vm_h", "on clusters without a node for them": "unfit_vm_h"}
        rows: list[tuple[Cell, ...]] = [
            (f"VM-hours {where}", *(round(each.means[name], 1) for each in (own, best)))
            for where, name in lost.items()
        ]
        rows += [
            (f"moves because {why}", *(round(each.causes.get(why, 0), 2) for each in (own, best)))
            for why in dict.fromkeys((*own.causes, *best.causes))
        ]
        return Table.of("Why", ("a year", "as written", best.policy.name), rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "placement": self.placement,
            "years": self.years,
            "answer": self.answer,
            "best": self.best.policy.name,
            "own": self.own.policy.name,
            "is_improvable": self.is_improvable,
            "policies": [each.to_dict() for each in self.scores],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n\n".join((self.answer + ".", *(table.text() for table in self.tables)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def _short(value: float) -> float:
    return round(value, 4)
