"""The files a scenario names: found relative to it, kept within its folder, read once."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.files import each_document, files_below
from ove_capacity.manifests.objects import Objects, objects_of
from ove_capacity.scenario.changes import Changed

__all__ = ["Inputs"]


@dataclass(slots=True)
class Inputs:
    """Reads what a scenario names."""

    scenario: Path
    changed: Changed
    problems: Problems
    allow_outside: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    """File, as the scenario names it -> sha256 of its content."""
    documents: list[tuple[FieldPath, Document]] = field(default_factory=list)
    """Everything that was read, and where the scenario names its file or folder."""
    keeps_most: int | None = None
    """Of more objects than that no *documents* are kept: what is only compiled can be let go."""
    objects: int = 0
    """How many were read, an item of a list as one."""

    def read(
        self,
        names: Mapping[FieldPath, str],
        values: Mapping[str, Any] | None = None,
        into: Objects | None = None,
    ) -> Objects:
        """The objects of files and folders.

        Args:
            names: where the scenario names each -> its name.
            values: for ``{{ .Values.x }}``.
            into: objects to add to.
        """
        found = Objects() if into is None else into
        for where, name in names.items():
            for path, shown in self._files(where, name):
                self._read(where, path, shown, values, found)
        return found

    def _read(
        self,
        where: FieldPath,
        path: Path,
        shown: str,
        values: Mapping[str, Any] | None,
        found: Objects,
    ) -> None:
        file = str(self.scenario.parent / shown)
        digest = hashlib.sha256()
        documents = each_document(path, self.problems, file=file, values=values, seen=digest.update)
        documents = self._kept(where, documents)
        try:
            objects_of(documents, self.problems, found)
        except ScenarioError as error:
            self.problems.errors += error.problems
            return
        self.digests[shown] = digest.hexdigest()

    def _kept(self, where: FieldPath, documents: Iterator[Document]) -> Iterator[Document]:
        for document in documents:
            self.objects += _size(document.value)
            if self.is_whole:
                self.documents.append((where, document))
            else:
                self.documents.clear()
            yield document

    @property
    def is_whole(self) -> bool:
        """Whether all documents were kept."""
        return self.keeps_most is None or self.objects <= self.keeps_most

    def _files(self, where: FieldPath, name: str) -> list[tuple[Path, str]]:
        """Files with the name each is known by: the folder's as written, and the rest."""
        path = self._path(where, name)
        if path is None:
            return []
        if not path.is_dir():
            return [(path, name)]
        below = files_below(path)
        if not below:
            problem = self.changed.problem(where, f"{name!r} holds no YAML or JSON file")
            self.problems.errors.append(problem)
        return [
            (each, posixpath.join(name.rstrip("/") or name[:1], each.relative_to(path).as_posix()))
            for each in below
            if self._is_allowed(where, each)
        ]

    def _path(self, where: FieldPath, name: str) -> Path | None:
        from_command = self._is_from_command(where)
        path = self.scenario.parent / name
        try:
            if from_command and not path.exists():
                path = Path(name)
            exists = path.exists()
        except (OSError, ValueError):
            exists = False
        if not exists:
            message = f"there is no file or folder {name!r}"
            self.problems.errors.append(self.changed.problem(where, message))
            return None
        return path if self._is_allowed(where, path) else None

    def _is_from_command(self, where: FieldPath) -> bool:
        return any(where[: len(path)] == path for path in self.changed.settings)

    def _is_allowed(self, where: FieldPath, path: Path) -> bool:
        """Whether the file lies below the scenario's folder, or was named on the command line."""
        if self.allow_outside or self._is_from_command(where):
            return True
        folder = self.scenario.parent.resolve()
        if path.resolve().is_relative_to(folder):
            return True
        message = "leads out of the scenario's folder, which needs --allow-outside"
        self.problems.errors.append(self.changed.problem(where, f"{str(path)!r} {message}"))
        return False


def _size(value: Any) -> int:
    """Objects in a document: one, or the items of a list."""
    items = value.get("items") if isinstance(value, Mapping) else None
    return len(items) if isinstance(items, list) else 1
