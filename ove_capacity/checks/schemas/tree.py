"""What a CRD of a release lets through: looked up by kind, compared with an object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ove_capacity.errors import did_you_mean
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.fields import shown
from ove_capacity.releases import OpenShiftVersion, Release

__all__ = [
    "Departure",
    "Schema",
    "departures",
    "elsewhere",
    "is_certain",
    "releases_with",
    "schema_of",
    "served_releases",
]

_KUBEVIRT = "kubevirt"
_INT32, _UINT32 = 2**31, 2**32
"""Unsigned numbers (sockets, cores, threads) are int32 in the CRDs, too."""
_LONGEST_MATCHED = 256
_ROOT_FIELDS = frozenset(("apiVersion", "kind", "metadata", "status"))
"""Of every object: the API server itself knows them."""


@dataclass(frozen=True, slots=True)
class _Product:
    """The schemas of one repository."""

    name: str
    since: Mapping[str, str]
    """Release -> the first OpenShift release it goes with."""
    assumed: bool
    """Whether that is our assumption: operators with versions of their own."""
    kinds: Mapping[str, Mapping[str, int]]
    """``group/version/Kind`` -> release -> number of the root."""
    nodes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """What one release makes of one kind."""

    product: str
    release: str
    key: str
    """``group/version/Kind``."""
    root: int


@dataclass(frozen=True, slots=True)
class Departure:
    """One place where an object is not as its schema has it."""

    what: str
    """unknown, ignored, type, required, enum, range or pattern."""
    path: FieldPath
    message: str
    suggestion: str = ""
    value: Any = None
    known: tuple[str, ...] = ()
    """Fields that the schema has at this place."""
    below: tuple[str, ...] = ()
    """Fields of the same name one level further down."""


@cache
def _read(name: str) -> Any:
    folder = resources.files("ove_capacity.checks.schemas")
    return json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))


@cache
def _product(name: str) -> _Product:
    read = _read(name)
    return _Product(name, read["since"], read["assumed"], read["kinds"], tuple(read["nodes"]))


def _release_of(product: _Product, release: Release) -> str:
    """The release of a product that goes with a cluster's; the first one when all are younger."""
    if product.name == _KUBEVIRT:
        minor = release.kubevirt.split(".")[1]
        return next((each for each in product.since if each.split(".")[1] == minor), "")
    fitting = [
        each
        for each, since in product.since.items()
        if OpenShiftVersion.parse(since) <= release.openshift
    ]
    return fitting[-1] if fitting else next(iter(product.since))


def schema_of(key: str, release: Release) -> Schema | None:
    """The schema of ``group/version/Kind`` in a release; None when it is not served or unknown."""
    name = _read("index").get(key)
    if name is None:
        return None
    product = _product(name)
    chosen = _release_of(product, release)
    root = product.kinds[key].get(chosen)
    return None if root is None else Schema(name, chosen, key, root)


def served_releases(key: str) -> tuple[str, ...]:
    """The releases, of those modelled, that serve ``group/version/Kind``; empty: unknown."""
    name = _read("index").get(key)
    return tuple(_product(name).kinds[key]) if name else ()


def elsewhere(key: str, release: Release) -> tuple[str, ...]:
    """Each apiVersion that serves the same kind in that release; empty unless the kind is known.

    A group that is not modelled may have a kind of the same name: then nothing is claimed.
    """
    version, _, kind = key.rpartition("/")
    index: Mapping[str, str] = _read("index")
    group = version.partition("/")[0]
    if not any(each.partition("/")[0] == group for each in index):
        return ()
    others = [each for each in index if each.endswith(f"/{kind}") and each != key]
    return tuple(each.rpartition("/")[0] for each in others if schema_of(each, release))


def releases_with(schema: Schema, path: FieldPath) -> tuple[str, ...]:
    """Other releases of the same kind that know the field at *path*."""
    product = _product(schema.product)
    roots = product.kinds[schema.key]
    return tuple(
        release
        for release, root in roots.items()
        if release != schema.release and _leads(product.nodes, root, path)
    )


def _leads(nodes: tuple[Mapping[str, Any], ...], at: int, path: FieldPath) -> bool:
    for step in path:
        node = nodes[at]
        if isinstance(step, int):
            following = node.get("items")
        else:
            following = node.get("fields", {}).get(step, node.get("values"))
        if following is None:
            return False
        at = following
    return not nodes[at].get("ignored")


def is_certain(schema: Schema, departure: Departure, value: Mapping[str, Any]) -> bool:
    """Whether a departure holds in whatever release may run.

    Operators with versions of their own are paired with OpenShift releases by assumption: then it
    must hold in every release that is modelled.
    """
    product = _product(schema.product)
    if not product.assumed:
        return True
    others = [
        Schema(schema.product, release, schema.key, root)
        for release, root in product.kinds[schema.key].items()
        if release != schema.release
    ]
    place = departure.what, departure.path, departure.message
    return all(
        any((each.what, each.path, each.message) == place for each in departures(other, value))
        for other in others
    )


def departures(schema: Schema, value: Mapping[str, Any]) -> Iterator[Departure]:
    """Where an object is not as the schema has it; its metadata and status are left out."""
    walk = _Walk(_product(schema.product).nodes)
    own = {key: item for key, item in value.items() if key not in _ROOT_FIELDS}
    yield from walk.object(own, walk.nodes[schema.root], ())


class _Walk:
    """One comparison."""

    def __init__(self, nodes: tuple[Mapping[str, Any], ...]) -> None:
        self.nodes = nodes

    def value(self, value: Any, at: int, path: FieldPath) -> Iterator[Departure]:
        node = self.nodes[at]
        if value is None:  # the API server drops it, or lets it stand: nothing was said
            return
        if node.get("ignored"):
            yield Departure("ignored", path, "is kept for old objects and ignored", value=value)
        match node["type"]:
            case "any":
                return
            case "object" if isinstance(value, Mapping):
                yield from self.object(value, node, path)
            case "array" if isinstance(value, list):
                for index, item in enumerate(value):
                    yield from self.value(item, node["items"], (*path, index))
            case kind if _has_type(value, kind):
                yield from _scalar(value, node, path)
            case kind:
                message = f"must be {_WORDS[kind]} (got {shown(value)})"
                yield Departure("type", path, message, value=value)

    def object(
        self, value: Mapping[str, Any], node: Mapping[str, Any], path: FieldPath
    ) -> Iterator[Departure]:
        fields: Mapping[str, int] = node.get("fields", {})
        others: int | None = node.get("values")
        for name in node.get("required", ()):
            if value.get(name) is None:
                yield Departure("required", path, f"{name!r} is missing")
        for name, item in value.items():
            if name in fields:
                yield from self.value(item, fields[name], (*path, name))
            elif others is not None:
                yield from self.value(item, others, (*path, name))
            elif not node.get("keeps") and item is not None:
                missing = [each for each in fields if each not in value]
                guess = _misspelt(name, missing)
                below = tuple(
                    f"{field}.{name}"
                    for field, at in fields.items()
                    if name in self.nodes[at].get("fields", {})
                )
                place = (*path, name)
                yield Departure(
                    "unknown", place, "no such field", guess, item, tuple(fields), below
                )


_WORDS: Mapping[str, str] = {
    "array": "a list",
    "boolean": "true or false",
    "int-or-string": "a whole number or text",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


def _has_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number", "int-or-string")
    if isinstance(value, float):
        return kind == "number" or (kind == "integer" and value.is_integer())
    return isinstance(value, str) and kind in ("string", "int-or-string")


def _scalar(value: Any, node: Mapping[str, Any], path: FieldPath) -> Iterator[Departure]:
    enum = node.get("enum")
    if enum and value not in enum:
        message = f"must be one of {', '.join(map(repr, enum))} (got {shown(value)})"
        yield Departure("enum", path, message, did_you_mean(str(value), enum), value)
    if isinstance(value, int) and not isinstance(value, bool):
        low, high = node.get("least"), node.get("most")
        if node.get("format") == "int32" and not -_INT32 <= value < _UINT32:
            yield Departure("range", path, f"does not fit 32 bits (got {value})", value=value)
        if low is not None and value < low:
            yield Departure("range", path, f"must be at least {low} (got {value})", value=value)
        if high is not None and value > high:
            yield Departure("range", path, f"must be at most {high} (got {value})", value=value)
    pattern = node.get("pattern")
    is_short = isinstance(value, str) and len(value) <= _LONGEST_MATCHED
    if pattern and is_short and re.search(pattern, value) is None:
        message = f"must match {pattern} (got {shown(value)})"
        yield Departure("pattern", path, message, value=value)


def _misspelt(name: str, fields: list[str]) -> str:
    """The field that was meant, when at most two letters are wrong; "" otherwise."""
    guess = did_you_mean(name, fields)
    if guess and _distance(name.casefold(), guess.casefold()) <= min(2, len(name) // 4):
        return guess
    return ""


def _distance(one: str, other: str) -> int:
    """Letters to change, add or drop."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]
