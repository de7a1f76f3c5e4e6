"""A node's kubelet once more: dicts that change in place, every combination of hints tried.

Written from what upstream does; nothing of the package is used here.
Sets of cells are frozensets; a hint is (cells or None, preferred).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

from tests.properties.plain_asks import Asks, total
from tests.properties.plain_cpus import Cpus, Short, Thread

Hint = tuple[frozenset[int] | None, bool]


@dataclass
class Setup:
    """A machine and its kubelet's configuration."""

    threads: list[Thread]
    totals: list[dict[str, int]]
    """By cell: memory without hugepages and what is reserved, and hugepages; bytes."""
    policy: str
    scope: str
    options: set[str]
    reserved: set[int]
    distances: list[list[int]] | None = None
    """Where closest cells are preferred."""
    devices: dict[str, dict[int, int]] = field(default_factory=dict)
    static_cpus: bool = True
    static_memory: bool = True
    odd: bool = True
    anywhere: bool = False
    """Hints for devices name cells without any, too (up to 1.34)."""
    careless: bool = False
    """Groups of cells may be broken, and no unbroken core at all is told as an odd number (up to
    1.31)."""


class Refused(Exception):  # noqa: N818 - an answer
    """(reason, message)."""


def subsets(cells) -> list[frozenset[int]]:
    ordered = sorted(cells)
    return [frozenset(c) for k in range(1, len(ordered) + 1) for c in combinations(ordered, k)]


def number(cells: frozenset[int]) -> int:
    return sum(2**cell for cell in cells)


class PlainNode:
    """One node and everything on it."""

    def __init__(self, setup: Setup) -> None:
        self.on = setup
        self.cpus = Cpus(setup.threads, setup.options, setup.odd)
        self.cells = frozenset(range(len(setup.totals)))
        self.shared = set(self.cpus.all)
        if "strict-cpu-reservation" in setup.options:
            self.shared -= setup.reserved
        self.free = [dict(each) for each in setup.totals]
        self.uses = [0] * len(setup.totals)
        self.group = [frozenset([cell]) for cell in sorted(self.cells)]
        self.devices = {
            name: {(cell, i) for cell, count in places.items() for i in range(count)}
            for name, places in setup.devices.items()
        }
        self.pods: dict[str, dict[str, dict[str, Any]]] = {}

    # -- a pod comes

    def admit(self, name: str, pod: list[Asks], guaranteed: bool):
        """What each container got, in order; raises Refused."""
        self.reuse_cpus: set[int] = set()
        self.reuse_memory: dict[tuple[frozenset[int], str], int] = {}
        self.reuse_devices: dict[str, set[tuple[int, int]]] = {n: set() for n in self.devices}
        held = self.pods[name] = {}
        pod = [copy.deepcopy(each) for each in pod]
        for each in pod:
            each.devices = {n: c for n, c in each.devices.items() if n in self.devices}
            if not guaranteed:
                each.cpus = 0
        try:
            hint = self.hint(total(pod), guaranteed) if self.on.scope == "pod" else None
            for place, each in enumerate(pod):
                if self.on.scope == "container":
                    hint = self.hint(each, guaranteed)
                got = held[each.name] = {"hint": hint, "cpus": set(), "blocks": [], "devices": {}}
                self.give(
                    each, got, guaranteed, [held[e.name] for e in pod[:place] if e.kind == "init"]
                )
        except Refused:
            self.remove(name)
            raise
        told = copy.deepcopy(held)
        for each in pod:
            if each.kind == "init":
                self.drop_memory(held[each.name])
        return told

    def give(self, asks: Asks, got, guaranteed: bool, before) -> None:
        cells, preferred = got["hint"] or (None, False)
        for name, count in sorted(asks.devices.items()):
            self.give_devices(asks, name, count, cells, got)
        if self.on.static_cpus and asks.cpus:
            self.give_cpus(asks, cells, got)
        if self.on.static_memory and guaranteed:
            self.give_memory(asks, cells, preferred, got, before)

    # -- hints

    def hint(self, asks: Asks, guaranteed: bool) -> Hint | None:
        if self.on.policy == "none":
            return None
        factors: list[list[Hint]] = []
        for provided in (
            {name: self.device_hints(name, count) for name, count in asks.devices.items()},
            {"cpu": self.cpu_hints(asks.cpus)} if self.on.static_cpus and asks.cpus else {},
            self.memory_hints(asks.memory) if self.on.static_memory and guaranteed else {},
        ):
            if not provided:
                factors.append([(None, True)])
            factors.extend(
                [(None, True)] if hints is None else hints or [(None, False)]
                for hints in provided.values()
            )
        merged = self.merged(factors)
        if not merged[1] and self.on.policy != "best-effort":
            raise Refused(
                "TopologyAffinityError", "Resources cannot be allocated with Topology locality"
            )
        return merged

    def merged(self, factors: list[list[Hint]]) -> Hint:
        single = self.on.policy == "single-numa-node"
        if single:
            factors = [[h for h in f if h[1] and (h[0] is None or len(h[0]) == 1)] for f in factors]
        narrow = [min(len(h[0]) for h in f if h[0]) for f in factors if any(h[0] for h in f)]
        aim = max(narrow, default=0)
        best, found = (self.cells, False), []
        for chosen in product(*factors):
            masks = [cells for cells, _ in chosen if cells is not None]
            both = self.cells.intersection(*masks)
            if both:
                alike = all(mask == masks[0] for mask in masks)
                found.append((both, alike and all(preferred for _, preferred in chosen)))
        if found:
            best = min(found, key=lambda hint: self.rank(hint, aim, single))
        return (None, best[1]) if single and best[0] == self.cells else best

    def rank(self, hint: Hint, aim: int, single: bool):
        cells, preferred = hint
        far = 0.0
        if self.on.distances and not single:
            pairs = [self.on.distances[a][b] for a in cells for b in cells]
            far = sum(pairs) / len(pairs)
        narrow = (len(cells), far, number(cells))
        if preferred:
            return (0, 0, *narrow)
        if len(cells) <= aim:
            return (1, aim - len(cells), *narrow)
        return (2, 0, *narrow)

    def cpu_hints(self, count: int) -> list[Hint]:
        free = (self.shared - self.on.reserved) | self.reuse_cpus
        cells = self.cpus.units("cell", self.cpus.all)

        def inside(mask) -> set[int]:
            return set().union(*(self.cpus.of("cell", cell) for cell in mask))

        fewest = min(
            (len(m) for m in subsets(cells) if len(inside(m)) >= count), default=len(cells)
        )
        found = []
        for mask in subsets(cells):
            cpus = inside(mask)
            if self.reuse_cpus <= cpus and len(free & cpus) >= count:
                preferred = len(mask) == fewest
                if "align-by-socket" in self.on.options:
                    sockets = self.cpus.units("socket", cpus)
                    per_socket = len(cells) // self.cpus.count("socket")
                    preferred |= len(sockets) == -(-fewest // per_socket)
                found.append((mask, preferred))
        return found

    def device_hints(self, name: str, count: int) -> list[Hint] | None:
        every = {(c, i) for c, n in self.on.devices[name].items() for i in range(n)}
        bearing = {cell for cell, _ in every if cell >= 0}
        reuse = self.reuse_devices[name]
        if not bearing:
            return None  # they belong nowhere
        if len(self.devices[name] | reuse) < count:
            return []
        cells = self.cells if self.on.anywhere else bearing
        found, fewest = [], len(cells)
        for mask in subsets(cells):
            if sum(cell in mask for cell, _ in every) >= count:
                fewest = min(fewest, len(mask))
            here = [d for d in self.devices[name] | reuse if d[0] in mask]
            if all(cell in mask for cell, _ in reuse if cell >= 0) and len(here) >= count:
                found.append(mask)
        return [(mask, len(mask) == fewest) for mask in found]

    def memory_hints(self, asks: dict[str, int]) -> dict[str, list[Hint]]:
        if not asks:
            return {}
        could = [
            mask
            for mask in subsets(self.cells)
            if all(sum(self.on.totals[c][t] for c in mask) >= n for t, n in asks.items())
        ]
        fewest = min((len(mask) for mask in could), default=0)
        found = []
        for mask in could:
            if len(mask) == 1 and any(len(self.group[c]) > 1 for c in mask):
                continue
            if len(mask) > 1 and self.mixes(mask):
                continue
            if all(
                self.room(mask, t) + self.reuse_memory.get((mask, t), 0) >= n
                for t, n in asks.items()
            ):
                found.append((mask, len(mask) == fewest))
        return dict.fromkeys(asks, found) if found else {}

    def mixes(self, mask: frozenset[int]) -> bool:
        return any(
            self.uses[c] > 0 and (len(self.group[c]) == 1 or self.group[c] != mask) for c in mask
        )

    def room(self, mask: frozenset[int], kind: str) -> int:
        return sum(self.free[cell][kind] for cell in mask)

    # -- allocation

    def give_devices(self, asks: Asks, name: str, count: int, cells, got) -> None:
        if not any(self.on.devices[name].values()):
            raise unexpected(
                f"no healthy devices present; cannot allocate unhealthy devices {name}"
            )
        reuse = self.reuse_devices[name]
        again = sorted(reuse)[:count]
        left = count - len(again)
        free = self.devices[name]
        if len(free) < left:
            raise unexpected(
                f"requested number of devices unavailable for {name}. "
                f"Requested: {left}, Available: {len(free)}"
            )
        order = sorted(free, key=lambda d: (d[0] < 0, cells is not None and d[0] not in cells, d))
        taken = set(again) | set(order[:left])
        self.devices[name] = free - taken
        got["devices"][name] = taken
        self.reuse_devices[name] = reuse | taken if asks.kind == "init" else reuse - taken

    def give_cpus(self, asks: Asks, cells, got) -> None:
        need, threads, reserved = asks.cpus, self.cpus.mean("core"), self.on.reserved
        if "full-pcpus-only" in self.on.options:
            broken = self.cpus.units("core", reserved)
            physical = len(self.shared.difference(*(self.cpus.of("core", n) for n in broken)))
            if need % threads or (self.on.careless and not physical):
                raise misaligned(f"requested {need} cpus not multiple cpus per core = {threads}")
            if need > physical:
                raise misaligned(
                    f"not enough free physical CPUs: available physical CPUs = {physical}, "
                    f"requested CPUs = {need}, CPUs per core = {threads}"
                )
        free = (self.shared - reserved) | self.reuse_cpus
        taken: set[int] = set()
        try:
            if cells is not None:
                near = set().union(*(self.cpus.of("cell", cell) for cell in cells))
                if "align-by-socket" in self.on.options:
                    sockets = self.cpus.units("socket", near)
                    near = set().union(*(self.cpus.of("socket", each) for each in sockets))
                taken = self.cpus.take(free & near, min(need, len(free & near)))
            taken = taken | self.cpus.take(free - taken, need - len(taken))
        except Short as short:
            raise unexpected(str(short)) from short
        got["cpus"] = taken
        self.shared -= taken
        if asks.kind == "init":
            self.reuse_cpus |= taken
        else:
            self.reuse_cpus -= taken

    def give_memory(self, asks: Asks, cells, preferred: bool, got, before) -> None:
        wanted = asks.memory
        hints = next(iter(self.memory_hints(wanted).values()), [])

        def narrowest(among: list[Hint]) -> Hint:
            return min(among, key=lambda hint: (not hint[1], len(hint[0]), number(hint[0])))

        if cells is None:
            if not hints:
                raise unexpected(
                    "[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with "
                    "enough memory is available"
                )
            default = narrowest(hints)
            if preferred and not default[1]:
                raise unexpected("[memorymanager] failed to find the default preferred hint")
            cells, preferred = default
        if any(self.room(cells, kind) < amount for kind, amount in wanted.items()):
            wider = [hint for hint in hints if cells <= hint[0]]
            if not wider:
                raise unexpected(
                    "[memorymanager] failed to find NUMA nodes to extend the current topology hint"
                )
            extended = narrowest(wider)
            if preferred and not extended[1]:
                raise unexpected("[memorymanager] failed to find the extended preferred hint")
            cells = extended[0]
        if len(cells) > 1 and self.mixes(cells) and not self.on.careless:
            raise unexpected("[memorymanager] preferred hint violates NUMA node allocation")
        for kind, amount in sorted(wanted.items()):
            again = self.reuse_memory.get((cells, kind), 0)
            self.book(cells, kind, max(0, amount - again))
            got["blocks"].append([cells, kind, amount])
            if asks.kind == "init":
                self.reuse_memory[cells, kind] = max(again, amount)
            else:
                self.reuse_memory[cells, kind] = max(0, again - amount)
            left = amount
            for block in (block for init in before for block in init["blocks"]):
                if block[:2] == [cells, kind]:
                    part = min(left, block[2])
                    block[2] -= part
                    left -= part

    def book(self, cells: frozenset[int], kind: str, needed: int) -> None:
        for cell in sorted(cells):
            self.uses[cell] += 1
            self.group[cell] = cells
            part = min(self.free[cell][kind], needed)
            self.free[cell][kind] -= part
            needed -= part

    # -- a pod goes

    def remove(self, name: str) -> None:
        for each in self.pods.pop(name).values():
            self.drop_memory(each)
            self.shared |= each["cpus"]
            for resource, taken in each["devices"].items():
                self.devices[resource] = self.devices[resource] | taken

    def drop_memory(self, got) -> None:
        for cells, kind, amount in got["blocks"]:
            left = amount
            for cell in sorted(cells):
                self.uses[cell] -= 1
                if not self.uses[cell]:
                    self.group[cell] = frozenset([cell])
                owed = self.on.totals[cell][kind] - self.free[cell][kind]
                part = min(owed, left)
                self.free[cell][kind] += part
                left -= part
        got["blocks"] = []


def unexpected(what: str) -> Refused:
    return Refused(
        "UnexpectedAdmissionError", f"Allocate failed due to {what}, which is unexpected"
    )


def misaligned(what: str) -> Refused:
    return Refused("SMTAlignmentError", f"SMT Alignment Error: {what}")
