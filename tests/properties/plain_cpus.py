"""The kubelet's choice of CPUs once more: sets of numbers, lists made anew at every stage.

Written from what upstream does; nothing of the package is used here.
"""

from __future__ import annotations

from itertools import combinations
from math import ceil
from typing import NamedTuple


class Thread(NamedTuple):
    """One CPU and where it is; a core is known by its lowest CPU."""

    cpu: int
    core: int
    socket: int
    cell: int
    cache: int


class Short(Exception):  # noqa: N818 - an answer on its way
    """There are not enough CPUs."""


class Cpus:
    """All CPUs of a machine."""

    def __init__(self, threads: list[Thread], options: set[str], odd: bool = True):
        self.threads, self.options, self.odd = threads, options, odd
        self.all = {each.cpu for each in threads}

    def of(self, unit: str, number: int) -> set[int]:
        return {each.cpu for each in self.threads if getattr(each, unit) == number}

    def units(self, unit: str, cpus: set[int]) -> list[int]:
        return sorted({getattr(each, unit) for each in self.threads if each.cpu in cpus})

    def count(self, unit: str) -> int:
        return len(self.units(unit, self.all))

    def mean(self, unit: str) -> int:
        return len(self.all) // self.count(unit)

    # -- orders: fewest available first, then the lower number

    def fewest(self, unit: str, inside: set[int], free: set[int]) -> list[int]:
        return sorted(
            self.units(unit, inside & free), key=lambda n: (len(self.of(unit, n) & free), n)
        )

    @property
    def cells_first(self) -> bool:
        return self.count("socket") >= self.count("cell")

    def order(self, unit: str, free: set[int]) -> list[int]:
        large, small = ("cell", "socket") if self.cells_first else ("socket", "cell")
        larger = self.fewest(large, free, free)
        smaller = [n for up in larger for n in self.fewest(small, self.of(large, up), free)]
        if unit == "core":
            return [n for up in smaller for n in self.fewest("core", self.of(small, up), free)]
        if unit == "cache":
            cells = larger if large == "cell" else smaller
            return [n for up in cells for n in self.fewest("cache", self.of("cell", up), free)]
        return larger if unit == large else smaller

    # -- packed

    def packed(self, free: set[int], need: int, by_cache: bool = False) -> set[int]:
        if need < 1:
            return set()
        if need > len(free):
            raise Short(
                "not enough cpus available to satisfy request: "
                f"requested={need}, available={len(free)}"
            )
        got: set[int] = set()
        for stage in self.stages(by_cache):
            got = stage(free, got, need)
            if len(got) >= need:
                break
        return got

    def stages(self, by_cache: bool):
        units = ["cell", "socket"] if self.cells_first else ["socket", "cell"]
        stages = [lambda free, got, need, u=u: self.whole(u, free, got, need) for u in units]
        if by_cache:
            stages.append(self.caches)
        if "distribute-cpus-across-cores" not in self.options:
            stages.append(lambda free, got, need: self.whole("core", free, got, need))
        return [*stages, self.singles]

    def whole(self, unit: str, free: set[int], got: set[int], need: int) -> set[int]:
        left = free - got
        size = {"socket": self.mean("socket"), "core": self.mean("core")}
        for number in self.order(unit, left):
            cpus = self.of(unit, number)
            is_free = len(cpus & left) == size.get(unit, len(cpus))
            if is_free and need - len(got) >= len(cpus):
                got = got | cpus
        return got

    def caches(self, free: set[int], got: set[int], need: int) -> set[int]:
        for cache in self.order("cache", free - got):
            if need - len(got) >= self.mean("cache"):
                got = self.whole("cache", free, got, need)
            if len(got) == need:
                return got
            got = got | self.part(cache, free - got, need - len(got))
            if len(got) == need:
                return got
        return got

    def part(self, cache: int, left: set[int], rest: int) -> set[int]:
        threads = self.mean("core")
        cores = (rest + threads - 1) // threads if self.odd else rest // threads
        chosen = self.units("core", self.of("cache", cache) & left)[:cores]
        cpus = {cpu for core in chosen for cpu in self.of("core", core) & left}
        if self.odd and rest % 2 == 1 and threads > 1 and len(cpus) > rest:
            cpus.remove(max(cpus))
        return cpus if len(cpus) == rest else set()

    def singles(self, free: set[int], got: set[int], need: int) -> set[int]:
        left = free - got
        unit = "socket" if "distribute-cpus-across-cores" in self.options else "core"
        in_turn = [cpu for n in self.order(unit, left) for cpu in sorted(self.of(unit, n) & left)]
        return got | set(in_turn[: need - len(got)])

    # -- distributed

    def distributed(self, free: set[int], need: int, group: int) -> set[int]:
        if need % group or need < 1 or need > len(free):
            return self.packed(free, need)
        cells = self.order("cell", free)
        have = {cell: len(self.of("cell", cell) & free) for cell in cells}
        groups, of_all = ceil(need / group), ceil(len(self.all) / group)
        per_cell = ceil(of_all / self.count("cell"))
        for size in range(ceil(groups / per_cell), min(groups, len(cells)) + 1):
            best = None
            for combo in combinations(cells, size):
                if best is not None and best[0] == 0:
                    break
                found = shared_out(have, combo, need, group)
                if found is not None and (best is None or found[0] < best[0]):
                    best = (*found, combo)
            if best is not None:
                return self.gathered(free, need, group, best[2], best[1])
        return self.packed(free, need)

    def gathered(self, free, need, group, combo, givers) -> set[int]:
        each = need // len(combo) // group * group
        got: set[int] = set()
        for cell in combo:
            got |= self.packed(self.of("cell", cell) & free - got, each)
        while len(got) < need:
            for cell in givers:
                left = self.of("cell", cell) & free - got
                if len(got) < need and len(left) >= group:
                    got |= self.packed(left, group)
        return got

    def take(self, free: set[int], need: int) -> set[int]:
        if "distribute-cpus-across-numa" in self.options:
            whole = "full-pcpus-only" in self.options
            return self.distributed(free, need, self.mean("core") if whole else 1)
        return self.packed(free, need, "prefer-align-cpus-by-uncorecache" in self.options)


def deviation(values) -> float:
    def rounded(number: float) -> float:
        return int(number * 1000 + 0.5) / 1000

    mean = rounded(sum(values) / len(values))
    return rounded((sum((each - mean) ** 2 for each in values) / len(values)) ** 0.5)


def shared_out(have, combo, need, group):
    """(balance, cells that give the remainder), or None where these cells cannot serve."""
    each = need // len(combo) // group * group
    if sum(have[c] for c in combo) < need or sum(have[c] // group for c in combo) * group < need:
        return None
    if any(have[c] < each for c in combo):
        return None
    after = {c: n - each * (c in combo) for c, n in have.items()}
    rest = need - each * len(combo)
    if rest == 0:
        return deviation(after.values()), ()
    able = [c for c in combo if after[c] >= group]
    best = None
    for size in range(len(able), 0, -1):
        for subset in combinations(able, size):
            if sum(after[c] for c in subset) < rest:
                continue
            left, owed = dict(after), rest
            while owed and any(left[c] >= group for c in subset):
                for c in subset:
                    if owed and left[c] >= group:
                        left[c] -= group
                        owed -= group
            balance = deviation(left.values())
            if not owed and (best is None or balance < best[0]):
                best = (balance, subset)
    return best
