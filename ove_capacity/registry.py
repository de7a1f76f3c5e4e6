"""Plugins by name: those in the tree, those a notebook adds, those other packages bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from ove_capacity.errors import UnknownNameError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for; help texts and docs are made from it, not beside it."""

    def __init__(self, kind: str, in_tree: Mapping[str, T], group: str = "") -> None:
        """Start with the plugins of the tree.

        Args:
            kind: what one entry is, for messages: ``prioritizer``.
            in_tree: an explicit dict, so that one can grep for it.
            group: entry-point group that other packages register in; empty: none.
        """
        self.kind = kind
        self.group = group
        self._plugins: dict[str, T] = dict(in_tree)
        self._foreign: dict[str, EntryPoint] | None = None if group else {}

    def add(self, name: str, plugin: T) -> None:
        """Register *plugin* for this process.

        Raises:
            ValueError: the name is taken, by the tree or by another package.
        """
        if name in self._plugins or name in self._entry_points():
            raise ValueError(f"{self.kind} {name!r} exists already")
        self._plugins[name] = plugin

    def remove(self, name: str) -> None:
        """Forget what `add` registered; UnknownNameError if there is nothing of that name."""
        if name not in self._plugins:
            raise UnknownNameError(self.kind, name, self.names())
        del self._plugins[name]

    def get(self, name: str) -> T:
        """The plugin of that name, imported now if another package brings it.

        Raises:
            UnknownNameError: with the known names and the nearest of them.
        """
        if name not in self._plugins:
            if name not in self._entry_points():
                raise UnknownNameError(self.kind, name, self.names())
            self._plugins[name] = cast(T, self._entry_points()[name].load())
        return self._plugins[name]

    def names(self) -> tuple[str, ...]:
        """All names, sorted; nothing is imported for it."""
        return tuple(sorted({*self._plugins, *self._entry_points()}))

    def __contains__(self, name: object) -> bool:
        return name in self._plugins or name in self._entry_points()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _entry_points(self) -> dict[str, EntryPoint]:
        # Read once, and only when the tree does not have the name: scanning packages takes time.
        if self._foreign is None:
            found = sorted(entry_points(group=self.group), key=lambda point: point.name)
            self._foreign = {point.name: point for point in found}
        return self._foreign
