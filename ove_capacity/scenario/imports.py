"""``imports``: parts of a scenario in files of their own, put below what the scenario says itself.

Mappings are merged, key by key; of two single values or lists the importing file's wins, except
that ``workloads`` and ``events`` are joined. Paths in a part are relative to that part.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import (
    Document,
    PlacedList,
    PlacedMapping,
    Problems,
    in_file,
)
from ove_capacity.manifests.fields import shown
from ove_capacity.manifests.files import read_documents

__all__ = ["with_imports"]

_IMPORTS = "imports"
_LONGEST_CHAIN = 20
_JOINED = ("events", "workloads")
_PATHS = ("manifests", "nodes", "vms")


@dataclass(slots=True)
class _Importer:
    """Reads the parts of one scenario, each once."""

    folder: Path
    allow_outside: bool
    problems: Problems
    files: list[str] = field(default_factory=list)
    """The parts, as messages name them, in the order they were read."""
    errors: list[Problem] = field(default_factory=list)

    def whole(self, document: Document, place: Path, above: tuple[Path, ...]) -> PlacedMapping:
        """The value of a document with all that it imports, above *place* in the chain."""
        own: PlacedMapping = document.value
        merged = PlacedMapping()
        for index, name in enumerate(self._names(document)):
            listed = isinstance(own.get(_IMPORTS), list)
            where = (_IMPORTS, index) if listed else (_IMPORTS,)
            part = self._part(document, where, name, place, above)
            if part is not None:
                _merge(merged, part)
        _merge(merged, own)
        return merged

    def _names(self, document: Document) -> list[str]:
        given = document.value.get(_IMPORTS)
        names = given if isinstance(given, list) else [] if given is None else [given]
        if all(isinstance(name, str) and name for name in names):
            return names
        message = f"must be names of files (got {shown(given)})"
        self.errors.append(document.problem((_IMPORTS,), message))
        return []

    def _part(
        self,
        document: Document,
        where: tuple[str | int, ...],
        name: str,
        place: Path,
        above: tuple[Path, ...],
    ) -> PlacedMapping | None:
        path = place.parent / name
        found = path.resolve()
        chain = (*above, place.resolve())
        if found in chain:
            names = [each.name for each in (*chain[chain.index(found) :], found)]
            message = f"imports itself: {' → '.join(names)}"
            self.errors.append(document.problem(where, message))
            return None
        if len(chain) > _LONGEST_CHAIN:
            message = f"is the {_LONGEST_CHAIN}th import in a row; that is deep enough"
            self.errors.append(document.problem(where, message))
            return None
        if not self.allow_outside and not found.is_relative_to(self.folder.resolve()):
            message = f"{name!r} leads out of the scenario's folder, which needs --allow-outside"
            self.errors.append(document.problem(where, message))
            return None
        if not found.is_file():
            self.errors.append(document.problem(where, f"there is no file {name!r}"))
            return None
        if str(path) in self.files:
            return None
        return self._read(path, chain)

    def _read(self, path: Path, chain: tuple[Path, ...]) -> PlacedMapping | None:
        try:
            documents = read_documents(path, self.problems)
        except ScenarioError as error:
            self.errors += error.problems
            return None
        part = documents[0]
        if len(documents) > 1 or not isinstance(part.value, PlacedMapping):
            message = "is not a part of a scenario: it must be one mapping"
            self.errors.append(part.problem((), message))
            return None
        if "kind" in part.value:
            message = "is a Kubernetes object, not a part of a scenario: name it under manifests"
            self.errors.append(part.problem(("kind",), message))
            return None
        self.files.append(str(path))
        number = len(self.files)
        moved = _rebased(part.value, posixpath.relpath(path.parent, self.folder))
        numbered = replace(part, value=_numbered(moved, number))
        # What it imports in turn is known by its own number: only its own places are changed here.
        return self.whole(replace(numbered, imported=tuple(self.files)), path, chain)


def _numbered(value: Any, number: int) -> Any:
    """A copy whose places say which file they are in."""
    if isinstance(value, PlacedMapping):
        mapping = PlacedMapping()
        for key, item in value.items():
            mapping[key] = _numbered(item, number)
        mapping.keys_at.update({k: in_file(at, number) for k, at in value.keys_at.items()})
        mapping.values_at.update({k: in_file(at, number) for k, at in value.values_at.items()})
        return mapping
    if isinstance(value, PlacedList):
        items = PlacedList()
        items.extend(_numbered(item, number) for item in value)
        items.values_at.extend(in_file(at, number) for at in value.values_at)
        return items
    return value


def _merge(into: PlacedMapping, over: PlacedMapping, depth: int = 0) -> None:
    """Put *over* on top of *into*."""
    for key, value in over.items():
        known = into.get(key)
        if isinstance(known, PlacedMapping) and isinstance(value, PlacedMapping):
            both = PlacedMapping()
            _merge(both, known, depth + 1)
            _merge(both, value, depth + 1)
            into[key] = both
        elif not depth and key in _JOINED and isinstance(known, list) and isinstance(value, list):
            joined = PlacedList()
            for each in (known, value):
                joined.extend(each)
                joined.values_at.extend(getattr(each, "values_at", ()))
            into[key] = joined
        else:
            into[key] = value
        into.keys_at[key] = over.keys_at.get(key, 0)
        into.values_at[key] = over.values_at.get(key, 0)


def _moved(value: Any, folder: str) -> Any:
    """A path, a list of paths or of mappings with one, as seen from the scenario's folder."""
    if isinstance(value, str):
        slash = "/" if value.endswith("/") else ""
        return posixpath.normpath(posixpath.join(folder, value)) + slash
    if isinstance(value, PlacedList):
        items = PlacedList()
        items.extend(_moved(item, folder) for item in value)
        items.values_at.extend(value.values_at)
        return items
    if isinstance(value, PlacedMapping) and "path" in value:
        return _with(value, {"path": _moved(value["path"], folder)})
    return value


def _with(mapping: PlacedMapping, changes: Mapping[str, Any]) -> PlacedMapping:
    changed = PlacedMapping()
    changed.update(mapping)
    changed.update(changes)
    changed.keys_at.update(mapping.keys_at)
    changed.values_at.update(mapping.values_at)
    return changed


def _rebased(part: PlacedMapping, folder: str) -> PlacedMapping:
    """The part with the paths it names as seen from the scenario's folder."""
    if folder == ".":
        return part
    found = {key: _moved(part[key], folder) for key in _PATHS if key in part}
    clusters = part.get("clusters")
    if isinstance(clusters, PlacedMapping):
        found["clusters"] = _with(
            clusters,
            {
                name: _with(one, {key: _moved(one[key], folder) for key in _PATHS if key in one})
                for name, one in clusters.items()
                if isinstance(one, PlacedMapping)
            },
        )
    return _with(part, found)


def with_imports(document: Document, allow_outside: bool, problems: Problems) -> Document:
    """The scenario with all parts that it imports, and that these import.

    Raises:
        ScenarioError: a part does not exist, is none, imports itself, or lies outside.
    """
    if document.value.get(_IMPORTS) is None:
        return document
    place = Path(document.file)
    importer = _Importer(place.parent, allow_outside, problems)
    merged = importer.whole(document, place, ())
    if importer.errors:
        raise ScenarioError(importer.errors)
    if _IMPORTS in document.value:
        merged[_IMPORTS] = document.value[_IMPORTS]
    return replace(document, value=merged, imported=tuple(importer.files))
