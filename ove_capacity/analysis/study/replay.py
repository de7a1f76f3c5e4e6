"""One policy through one year: what it moves, and what that does to the VMs."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ove_capacity.analysis.study.deciding import Decider, Standing
from ove_capacity.analysis.study.hazards import Hazards
from ove_capacity.analysis.study.rooms import Rooms
from ove_capacity.analysis.study.year import YEAR_MS, Happening, Year
from ove_capacity.ocm import POLL_MS, next_tick_ms
from ove_capacity.simtime import DAY_MS, HOUR_MS

__all__ = ["Levels", "Outcome", "Setting", "replay"]

_FOR_EVER = 1 << 62
_CAUSES = {
    "unreachable": "a cluster was unreachable",
    "available": "a cluster was back",
    "size": "a cluster grew or a node was closed",
    "heard": "a cluster grew or a node was closed",
    "joined": "another cluster joined",
    "expired": "a toleration expired",
}


class Levels(NamedTuple):
    """What is so between two happenings."""

    vms: int
    """That each chosen cluster is to run."""
    unfit: int
    """Of those on the clusters that run them, without a node."""
    uneven: float
    """Between the fullest and the emptiest cluster."""
    spare: float
    """Share of one cluster's VMs that another one takes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all policies and years."""

    at: int
    """Which of the hub's Placements is studied."""
    wanted: int | None
    """Clusters that it wants at once; None: all that it may choose."""
    eligible: frozenset[str]
    """Clusters that it may choose."""
    rooms: Rooms
    hazards: Hazards
    epoch_ms: int = 0
    levels: dict[tuple[object, ...], Levels] = field(default_factory=dict)
    """What was asked before."""


@dataclass(slots=True)
class Outcome:
    """A year under a policy."""

    moves: int = 0
    """Times that the workload was started on a cluster that had not had it just before."""
    flaps: int = 0
    """Of them, those to a cluster that it had left within a day."""
    homeless_vm_h: float = 0.0
    """VM-hours without a cluster that runs them."""
    unfit_vm_h: float = 0.0
    """VM-hours on a cluster none of whose nodes takes them."""
    unfit_vms: int = 0
    """VMs that found no node when they were sent."""
    homeless_h: float = 0.0
    """Hours of clusters wanted and not had."""
    doubled_h: float = 0.0
    """Hours in which a cluster that is cut off ran the workload beside its replacement."""
    imbalance: float = 0.0
    """Mean difference between the fullest and the emptiest cluster it may choose, as a share."""
    spare: float = 0.0
    """Mean share of one cluster's VMs that find a node on another one, not chosen."""
    is_restless: bool = False
    """A decision never came to rest."""
    causes: Counter[str] = field(default_factory=Counter)
    """What moves came of."""

    @property
    def down_vm_h(self) -> float:
        """VM-hours that VMs do not run which should."""
        return self.homeless_vm_h + self.unfit_vm_h


def replay(setting: Setting, decider: Decider, year: Year, poll_phase_ms: int) -> Outcome:
    """Play the year; GitOps follows decisions at its polls."""
    return _Replay(setting, decider, year, poll_phase_ms).run()


class _Replay:
    def __init__(self, setting: Setting, decider: Decider, year: Year, phase_ms: int) -> None:
        self.setting, self.decider, self.year, self.phase_ms = setting, decider, year, phase_ms
        self.out = Outcome()
        self.inventory, self.sizes = year.inventory, year.sizes
        self.size = dict.fromkeys(year.inventory.index, (0, False))
        """Of each cluster there is."""
        self.sized = tuple(self.size.items())
        self.step = 0
        self.down: set[str] = set()
        self.silent: Counter[str] = Counter()
        self.now_ms = 0
        self.agenda: list[tuple[int, int, str]] = []
        self.standing = decider.first(self.inventory, self.sizes, setting.epoch_ms)
        self.followed = self._chosen(self.standing)
        self.ready: dict[str, int] = dict.fromkeys(self.followed, 0)
        """Cluster that has the workload -> since when, or from when, it runs."""
        self.orphans: set[str] = set()
        """Clusters that GitOps would take it from, if it reached them."""
        self.left: dict[str, int] = {}
        self.cause = ""
        self._measure()

    def _chosen(self, standing: Standing) -> tuple[str, ...]:
        return standing.names[self.setting.at]

    def run(self) -> Outcome:
        for each in self.year.happenings:
            self._until(each.time_ms)
            self._account(each.time_ms)
            self._happen(each)
            self._measure()
        self._until(YEAR_MS)
        self._account(YEAR_MS)
        self.out.imbalance /= YEAR_MS
        self.out.spare /= YEAR_MS
        return self.out

    def _until(self, time_ms: int) -> None:
        """What follows from decisions before that moment."""
        while self.agenda and self.agenda[0][0] < time_ms:
            at, _, what = heapq.heappop(self.agenda)
            self._account(at)
            if what == "poll":
                self._follow()
            elif what == "expired":
                self._decide("expired")
            self._measure()

    def _later(self, at: int, what: str) -> None:
        entry = (at, len(what), what)
        if entry not in self.agenda:
            heapq.heappush(self.agenda, entry)

    def _happen(self, each: Happening) -> None:
        name, kind = each.cluster, each.kind
        if kind == "down":
            self.down.add(name)
            if name in self.ready:
                self.ready[name] = _FOR_EVER
        elif kind == "up":
            self.down.discard(name)
            if name in self.ready and name not in self.orphans:
                self._start(name)
        elif kind in ("silent", "heard"):
            self.silent[name] += 1 if kind == "silent" else -1
            if not self.silent[name] and name in self.orphans:
                self._take_away(name)
        elif kind == "growth":
            self.step += 1
        if kind in ("size", "joined"):
            self.size[name] = each.size
            self.sized = tuple(self.size.items())
        if each.inventory is not None:
            self.inventory, self.sizes = each.inventory, each.sizes
            self._decide(kind)

    def _take_away(self, name: str) -> None:
        """GitOps reaches it again: what was to go goes, and what is to be there starts anew."""
        self.orphans.discard(name)
        if name in self.followed:
            self._start(name)
        else:
            del self.ready[name]

    def _start(self, name: str) -> None:
        if name in self.down:
            self.ready[name] = _FOR_EVER
            return
        self.ready[name] = self.now_ms + self.setting.hazards.start_ms
        self._later(self.ready[name], "ready")

    def _decide(self, kind: str) -> None:
        now_ms = self.setting.epoch_ms + self.now_ms
        before = self._chosen(self.standing)
        self.standing = self.decider.decide(self.standing, self.inventory, self.sizes, now_ms)
        self.out.is_restless |= self.standing.is_restless
        if set(self._chosen(self.standing)) != set(before):
            self.cause = _CAUSES[kind]
            self._later(next_tick_ms(self.now_ms, POLL_MS, self.phase_ms), "poll")
        timer_ms = self.decider.timer_ms(self.standing, self.inventory, now_ms)
        if timer_ms is not None:
            self._later(self.now_ms + timer_ms, "expired")

    def _follow(self) -> None:
        before, after = self.followed, self._chosen(self.standing)
        self.followed = after
        for name in before:
            if name not in after:
                self.left[name] = self.now_ms
                if self.silent[name]:
                    self.orphans.add(name)
                else:
                    del self.ready[name]
        for name in after:
            if name not in before:
                self._move_to(name)

    def _move_to(self, name: str) -> None:
        out, left_ms = self.out, self.left.get(name)
        out.moves += 1
        out.causes[self.cause] += 1
        out.flaps += left_ms is not None and self.now_ms - left_ms <= DAY_MS
        rooms = self.setting.rooms
        fitting = rooms.fitting(name, self.size[name], self.step)
        out.unfit_vms += rooms.load.vms(self.step) - fitting
        if name not in self.orphans:
            self._start(name)

    def _measure(self) -> None:
        """What is so until something else happens."""
        running = [name for name, since_ms in self.ready.items() if since_ms <= self.now_ms]
        wanted = self.setting.wanted
        if wanted is None:
            wanted = sum(name in self.setting.eligible for name in self.size)
        self.missing = max(0, wanted - len(running))
        stray = sum(name in self.orphans for name in running)
        self.doubled = min(stray, max(0, len(running) - wanted))
        key = (self.sized, self.step, frozenset(self.down), *running, None, *self.ready)
        levels = self.setting.levels.get(key)
        if levels is None:
            levels = self.setting.levels[key] = self._levels(running)
        self.levels = levels

    def _levels(self, running: list[str]) -> Levels:
        setting, size, step = self.setting, self.size, self.step
        rooms, vms = setting.rooms, setting.rooms.load.vms(step)
        unfit = sum(vms - rooms.fitting(name, size[name], step) for name in running)
        up = [n for n in size if n in setting.eligible and n not in self.down]
        full = [rooms.used(n, size[n][0], step, n in running) for n in up]
        others = [n for n in up if n not in self.ready]
        most = max((rooms.fitting(n, size[n], step) for n in others), default=0)
        uneven = max(full) - min(full) if full else 0.0
        return Levels(vms, unfit, uneven, most / vms if vms else float(bool(others)))

    def _account(self, time_ms: int) -> None:
        lasting_ms, self.now_ms = time_ms - self.now_ms, time_ms
        if not lasting_ms:
            return
        out, hours = self.out, lasting_ms / HOUR_MS
        out.homeless_h += self.missing * hours
        out.homeless_vm_h += self.missing * self.levels.vms * hours
        out.unfit_vm_h += self.levels.unfit * hours
        out.doubled_h += self.doubled * hours
        out.imbalance += self.levels.uneven * lasting_ms
        out.spare += self.levels.spare * lasting_ms
