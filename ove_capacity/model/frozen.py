"""A mapping that never changes and can be hashed, so that nouns holding one can be shared."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any, Generic, TypeVar, overload

__all__ = ["FrozenMap"]

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class FrozenMap(Mapping[K, V], Generic[K, V]):
    """Entries in the order they were given; equal to any mapping with the same entries."""

    __slots__ = ("_entries", "_hash")

    def __init__(self, entries: Mapping[K, V] | None = None) -> None:
        known = entries._entries if isinstance(entries, FrozenMap) else dict(entries or {})
        self._entries: dict[K, V] = known
        self._hash: int | None = None

    def __getitem__(self, key: K) -> V:
        return self._entries[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    # Mapping has these, too, and asks __getitem__ for each entry.

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, default: V | D, /) -> V | D: ...
    def get(self, key: K, default: Any = None, /) -> Any:
        """The value of the key, or *default*."""
        return self._entries.get(key, default)

    def items(self) -> ItemsView[K, V]:
        """Each key with its value."""
        return self._entries.items()

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._entries.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMap):
            return self._entries == other._entries
        return self._entries == other

    def __reduce__(self) -> tuple[type[FrozenMap[K, V]], tuple[dict[K, V]]]:
        # Not the hash: that of a string differs from process to process.
        return FrozenMap, (self._entries,)

    def __repr__(self) -> str:
        return f"FrozenMap({self._entries!r})"
