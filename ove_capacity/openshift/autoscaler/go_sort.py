"""The order in which Go's `sort.Slice` leaves equal elements: it decides which pod comes first.

Go sorts by pattern-defeating quicksort (Peters, 2021): insertion sort up to 12 elements, which is
stable; above that equal elements change places, always in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

__all__ = ["go_sorted"]

T = TypeVar("T")

_INSERTION = 12
_NINTHER = 50
_SHIFTING = 50
_SHIFTS = 5
_SWAPS_OF_NINTHER = 12
_WORD = (1 << 64) - 1
_ORDERS = 64


def go_sorted(items: Sequence[T], key: Callable[[T], Any]) -> list[T]:
    """The items by ascending key, equal ones in the order that `sort.Slice` leaves them in.

    Source: go1.26 src/sort/zsortfunc.go, pdqsort_func; sort.go, xorshift.
    """
    keys = [key(item) for item in items]
    if all(one <= other for one, other in pairwise(keys)):
        return list(items)
    rank = {value: number for number, value in enumerate(sorted(set(keys)))}
    return [items[i] for i in _order(tuple(rank[value] for value in keys))]


@lru_cache(maxsize=_ORDERS)
def _order(ranks: tuple[int, ...]) -> tuple[int, ...]:
    """Where the elements of these ranks come from once they are sorted."""
    return tuple(_Sorting(ranks).run())


class _Sorting:
    """One sort in place, of numbers by their ranks."""

    def __init__(self, ranks: Sequence[int]) -> None:
        self.ranks = ranks
        self.items = list(range(len(ranks)))

    def run(self) -> list[int]:
        self._quick(0, len(self.items), len(self.items).bit_length())
        return self.items

    def _less(self, i: int, j: int) -> bool:
        return self.ranks[self.items[i]] < self.ranks[self.items[j]]

    def _swap(self, i: int, j: int) -> None:
        self.items[i], self.items[j] = self.items[j], self.items[i]

    def _quick(self, low: int, high: int, bad_choices_left: int) -> None:
        balanced = partitioned = True
        while high - low > _INSERTION:
            length = high - low
            if bad_choices_left == 0:
                self._heap(low, high)
                return
            if not balanced:
                self._scatter(low, high)
                bad_choices_left -= 1
            pivot, hint = self._pivot(low, high)
            if hint == "decreasing":
                self.items[low:high] = self.items[low:high][::-1]
                pivot = high - 1 - (pivot - low)
                hint = "increasing"
            if balanced and partitioned and hint == "increasing" and self._nearly(low, high):
                return
            if low > 0 and not self._less(low - 1, pivot):
                low = self._part_equal(low, high, pivot)
                continue
            middle, partitioned = self._part(low, high, pivot)
            left, right = middle - low, high - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self._quick(low, middle, bad_choices_left)
                low = middle + 1
            else:
                self._quick(middle + 1, high, bad_choices_left)
                high = middle
        # Insertion sort is stable, as this one is.
        self.items[low:high] = sorted(self.items[low:high], key=self.ranks.__getitem__)

    def _pivot(self, low: int, high: int) -> tuple[int, str]:
        """Where the pivot stands, and what choosing it tells of the order so far."""
        length = high - low
        quarter = length // 4
        first, second, third = (low + quarter * n for n in (1, 2, 3))
        swaps = 0
        if length >= _NINTHER:
            first, more = self._median(first - 1, first, first + 1)
            second, again = self._median(second - 1, second, second + 1)
            third, once = self._median(third - 1, third, third + 1)
            swaps = more + again + once
        second, more = self._median(first, second, third)
        swaps += more
        hints = {0: "increasing", _SWAPS_OF_NINTHER: "decreasing"}
        return second, hints.get(swaps, "unknown")

    def _median(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Index of the median of three, and how many pairs were out of order."""
        swaps = 0
        if self._less(b, a):
            a, b, swaps = b, a, swaps + 1
        if self._less(c, b):
            b, swaps = c, swaps + 1
        if self._less(b, a):
            b, swaps = a, swaps + 1
        return b, swaps

    def _part(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        """Smaller ones left of the pivot; where it stands now, and whether they did already."""
        self._swap(low, pivot)
        i, j = low + 1, high - 1
        moved = False
        while True:
            while i <= j and self._less(i, low):
                i += 1
            while i <= j and not self._less(j, low):
                j -= 1
            if i > j:
                break
            self._swap(i, j)
            moved = True
            i, j = i + 1, j - 1
        self._swap(j, low)
        return j, not moved

    def _part_equal(self, low: int, high: int, pivot: int) -> int:
        """Those equal to the pivot, which are the least, left of the others; where these begin."""
        self._swap(low, pivot)
        i, j = low + 1, high - 1
        while True:
            while i <= j and not self._less(low, i):
                i += 1
            while i <= j and self._less(low, j):
                j -= 1
            if i > j:
                return i
            self._swap(i, j)
            i, j = i + 1, j - 1

    def _nearly(self, low: int, high: int) -> bool:
        """Sort by a few shifts; whether that was enough."""
        i = low + 1
        for _ in range(_SHIFTS):
            while i < high and not self._less(i, i - 1):
                i += 1
            if i == high:
                return True
            if high - low < _SHIFTING:
                return False
            self._swap(i, i - 1)
            if i - low >= 2:
                j = i - 1
                while j >= 1 and self._less(j, j - 1):
                    self._swap(j, j - 1)
                    j -= 1
            if high - i >= 2:
                j = i + 1
                while j < high and self._less(j, j - 1):
                    self._swap(j, j - 1)
                    j += 1
        return False

    def _scatter(self, low: int, high: int) -> None:
        """Move three elements away, so that an unlucky pattern does not come again."""
        length = high - low
        state, mask = length, (1 << length.bit_length()) - 1
        middle = low + length // 4 * 2 - 1
        for i in range(3):
            state ^= state << 13 & _WORD
            state ^= state >> 7
            state ^= state << 17 & _WORD
            other = state & mask
            self._swap(middle + i, low + (other - length if other >= length else other))

    def _heap(self, low: int, high: int) -> None:
        size = high - low
        for root in range((size - 1) // 2, -1, -1):
            self._sift(root, size, low)
        for last in range(size - 1, -1, -1):
            self._swap(low, low + last)
            self._sift(0, last, low)

    def _sift(self, root: int, size: int, low: int) -> None:
        while 2 * root + 1 < size:
            child = 2 * root + 1
            if child + 1 < size and self._less(low + child, low + child + 1):
                child += 1
            if not self._less(low + root, low + child):
                return
            self._swap(low + root, low + child)
            root = child
