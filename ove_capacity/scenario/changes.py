"""``--set path=value`` and ``variants``: changes to a scenario before it is read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ove_capacity.errors import Problem, ScenarioError, did_you_mean
from ove_capacity.manifests.document import (
    Document,
    FieldPath,
    PlacedList,
    PlacedMapping,
    Problems,
)
from ove_capacity.manifests.events import documents_of_text
from ove_capacity.manifests.fields import shown

__all__ = ["Changed", "changed", "field_path", "with_variant"]

_STEP = re.compile(
    r"""(?:^|\.)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>(?:\\.|[^."'\[\]\\])+))"""
    r"""|\[(?P<index>\d{1,9})\]|\[(?:"(?P<dkey>[^"]*)"|'(?P<skey>[^']*)')\]"""
)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Changed:
    """A scenario after its changes."""

    document: Document
    settings: Mapping[FieldPath, str] = field(default_factory=dict)
    """Path of each change from the command line -> how it was written."""
    written: Any = None
    """The value of the document before these."""

    def problem(
        self, path: FieldPath, message: str, suggestion: str = "", key: bool = False
    ) -> Problem:
        """A problem at *path*: in the file, or in the change that put the value there."""
        found = self.document.problem(path, message, suggestion, key)
        for changed_path, written in self.settings.items():
            shared = min(len(path), len(changed_path))
            if path[:shared] != changed_path[:shared]:
                continue
            if shared == len(changed_path) or not _leads_somewhere(self.written, path):
                return Problem(message, f"--set {written}", 0, 0, found.path, suggestion)
        return found


def field_path(text: str) -> FieldPath:
    """Read a path such as ``workloads[0].count``, ``workloads.db.count`` or ``clusters."a.b"``.

    A backslash makes a dot part of a name, as with Helm.

    Raises:
        ValueError: with a sentence.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match.end() == position):
            raise ValueError(f"{text!r} is not a path like workloads[0].count")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            names = ("double", "single", "plain", "dkey", "skey")
            step = next(match[name] for name in names if match[name] is not None).strip()
            steps.append(_ESCAPED.sub(r"\1", step) if match["plain"] else step)
        position = match.end()
    if not steps or isinstance(steps[0], int):
        raise ValueError(f"{text!r} is not a path like workloads[0].count")
    return tuple(steps)


def _leads_somewhere(root: Any, path: FieldPath) -> bool:
    for step in path:
        if isinstance(root, list) and isinstance(step, int):
            if step >= len(root):
                return False
        elif not isinstance(root, Mapping) or step not in root:
            return False
        root = root[step]
    return True


def _copied(value: Any) -> Any:
    """A copy that may be changed; places come along."""
    if isinstance(value, Mapping):
        mapping = PlacedMapping()
        for key, item in value.items():
            mapping[key] = _copied(item)
        if isinstance(value, PlacedMapping):
            mapping.keys_at.update(value.keys_at)
            mapping.values_at.update(value.values_at)
        return mapping
    if isinstance(value, list | tuple):
        items = PlacedList()
        items.extend(_copied(item) for item in value)
        known = value.values_at if isinstance(value, PlacedList) else [0] * len(items)
        items.values_at.extend(known)
        return items
    return value


def _called(items: list[Any], name: str, done: FieldPath) -> int:
    """The index of the item of that name: of its ``name``, or the file that it is."""
    titles = [item.get("name") if isinstance(item, Mapping) else item for item in items]
    known = [title for title in titles if isinstance(title, str)]
    found = [index for index, title in enumerate(titles) if title == name]
    found = found or [
        index
        for index, title in enumerate(titles)
        if isinstance(title, str) and posixpath.basename(title.rstrip("/")) == name
    ]
    if len(found) == 1:
        return found[0]
    where = ".".join(map(str, done))
    if found:
        raise ValueError(f"{len(found)} items of {where} are called {name!r}: write [0], [1] …")
    meant = did_you_mean(name, [posixpath.basename(each.rstrip("/")) for each in known])
    message = f"{where} is a list: write [0], [1] … or an item's name after it; none is {name!r}"
    raise ValueError(f"{message}; did you mean {meant!r}?" if meant else message)


def _child(into: Any, step: str | int, done: FieldPath) -> Any:
    """The container at *step*, made when it is missing; ValueError when there can be none."""
    if isinstance(step, int):
        if not isinstance(into, list):
            raise ValueError(f"{shown(into)} has no item [{step}]")
        if step >= len(into):
            raise ValueError(f"there is no item [{step}]; the list has {len(into)}")
        return into[step]
    if not isinstance(into, PlacedMapping):
        raise ValueError(f"{'.'.join(map(str, done))} is {shown(into)}, which has no fields")
    if into.get(step) is None:
        into[step] = PlacedMapping()
    return into[step]


def _put(root: PlacedMapping, path: FieldPath, value: Any, place: int | None) -> FieldPath:
    """Put *value* there; the path that it has by the indices of lists."""
    into: Any = root
    done: FieldPath = ()
    for index, step in enumerate(path):
        is_named = isinstance(into, list) and isinstance(step, str)
        done = (*done, _called(into, str(step), done) if is_named else step)
        if index < len(path) - 1:
            into = _child(into, done[-1], done[:-1])
    last = done[-1]
    if isinstance(last, int):
        if not isinstance(into, PlacedList) or last > len(into):
            length = len(into) if isinstance(into, list) else 0
            raise ValueError(f"there is no item [{last}]; the list has {length}")
        if last == len(into):
            into.append(value)
            into.values_at.append(place or 0)
        else:
            into[last] = value
        return done
    if not isinstance(into, PlacedMapping):
        _child(into, last, done[:-1])
    into[last] = value
    if place is not None:
        into.values_at[last] = into.keys_at[last] = place
    return done


def _value_of(given: object, problems: Problems) -> Any:
    """A value from the command line: text is read as YAML."""
    if not isinstance(given, str):
        return _copied(given)
    if not given.strip():
        return ""
    documents = list(documents_of_text(given, "--set", problems))
    return documents[0].value if documents else None


def with_variant(document: Document, name: str) -> Document:
    """The scenario as that variant of it has it; a whole is changed before its parts.

    Raises:
        ScenarioError: there is no such variant, or it changes what cannot be changed.
    """
    variants = document.value.get("variants")
    known = variants if isinstance(variants, Mapping) else {}
    if not isinstance(known.get(name), Mapping):
        listed = ", ".join(known) or "none"
        message = f"has no variant {name!r}; it has {listed}"
        raise ScenarioError(document.problem(("variants",), message, did_you_mean(name, known)))
    root = _copied(document.value)
    found, paths = [], {}
    for text in known[name]:
        try:
            paths[text] = field_path(text)
        except ValueError as error:
            found.append(document.problem(("variants", name, text), str(error), key=True))
    # What ``<<`` brings along stands behind what is written, and may be the whole of it.
    for text in sorted(paths, key=lambda each: len(paths[each])):
        place = known[name].values_at.get(text, 0)
        try:
            _put(root, paths[text], _copied(known[name][text]), place)
        except ValueError as error:
            found.append(document.problem(("variants", name, text), str(error), key=True))
    if found:
        raise ScenarioError(found)
    return replace(document, value=root)


def changed(document: Document, settings: Mapping[str, object], problems: Problems) -> Changed:
    """The scenario with each setting put in its place.

    Raises:
        ScenarioError: a path leads nowhere, or a value is not YAML.
    """
    if not settings:
        return Changed(document)
    root = _copied(document.value)
    written: dict[FieldPath, str] = {}
    found: list[Problem] = []
    for text, given in settings.items():
        try:
            path = _put(root, field_path(text), _value_of(given, problems), None)
        except ValueError as error:
            found.append(Problem(str(error), f"--set {text}"))
        except ScenarioError as error:
            found += [Problem(each.message, f"--set {text}") for each in error.problems]
        else:
            written[path] = text
    if found:
        raise ScenarioError(found)
    after = replace(document, value=root)
    return Changed(after, written, document.value)
