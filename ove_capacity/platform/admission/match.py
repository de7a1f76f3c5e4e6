"""Which objects a rule of a policy speaks of: match and exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ove_capacity.model.selector import Labels, LabelSelector, Requirement
from ove_capacity.platform.admission.wildcard import has_wildcard, is_like

__all__ = ["Request", "applies", "excepts", "selects"]

_VERSION = re.compile(r"^v\d((alpha|beta)\d)?|\*\Z", re.ASCII)
_OPERATION = "CREATE"
_WITH_VALUES = {"DoesNotExist": False, "Exists": False, "In": True, "NotIn": True}
"""Operators of label selectors -> whether they take values."""
_USERS = ("clusterRoles", "roles", "subjects")


@dataclass(frozen=True, slots=True)
class Request:
    """An object that is to be created, by nobody in particular."""

    resource: Mapping[str, Any]
    namespace_labels: Labels = field(default_factory=dict)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of the object."""
        return _mapping(self.resource.get("metadata"))

    @property
    def kind(self) -> str:
        """Of the object."""
        return str(self.resource.get("kind", ""))

    @property
    def namespace(self) -> str:
        """Where it goes, by default where everything does; of a Namespace its own name."""
        if self.kind == "Namespace":
            return str(self.metadata.get("name") or "")
        return str(self.metadata.get("namespace") or "default")


def applies(rule: Mapping[str, Any], request: Request) -> bool:
    """Whether a rule matches the object and does not exclude it.

    Who creates it is not known: as for requests without user info, `subjects`, `roles` and
    `clusterRoles` of *match* are passed over, and an exclusion by them excludes nothing.

    Source: kyverno v1.12.6 pkg/engine/utils/match.go, MatchesResourceDescription.
    """
    match, exclude = _mapping(rule.get("match")), _mapping(rule.get("exclude"))
    any_of, all_of = _blocks(match, "any"), _blocks(match, "all")
    if any_of:
        included = any(_includes(block, request) for block in any_of)
    else:
        included = all(_includes(block, request) for block in all_of or [match])
    if not included:
        return False
    any_of, all_of = _blocks(exclude, "any"), _blocks(exclude, "all")
    if any_of:
        return not any(_excludes(block, request) for block in any_of)
    return not all(_excludes(block, request) for block in all_of or [exclude])


def excepts(spec: Mapping[str, Any], request: Request) -> bool:
    """Whether an exception matches the object; one that names none matches all.

    Source: kyverno v1.12.6 pkg/utils/match/match.go, CheckMatchesResources.
    """
    match = _mapping(spec.get("match"))
    any_of, all_of = _blocks(match, "any"), _blocks(match, "all")
    if any_of:
        return any(_includes(block, request) for block in any_of)
    return all(_includes(block, request) for block in all_of)


def _blocks(filters: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = filters.get(key)
    return [_mapping(each) for each in found] if isinstance(found, list) else []


def _includes(block: Mapping[str, Any], request: Request) -> bool:
    described = _mapping(block.get("resources"))
    return bool(described) and not any(_mismatches(described, request))


def _excludes(block: Mapping[str, Any], request: Request) -> bool:
    described = _mapping(block.get("resources"))
    if any(block.get(key) for key in _USERS):
        return False
    return bool(described) and not any(_mismatches(described, request))


def _mismatches(described: Mapping[str, Any], request: Request) -> Iterator[bool]:
    """For each attribute in use, whether the object does not have it."""
    metadata = request.metadata
    if operations := _list(described, "operations"):
        yield _OPERATION not in operations
    if kinds := _list(described, "kinds"):
        yield not any(_is_kind(str(each), request.resource) for each in kinds)
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    if wanted := described.get("name"):
        yield not is_like(str(wanted), name)
    if names := _list(described, "names"):
        yield not any(is_like(str(each), name) for each in names)
    if namespaces := _list(described, "namespaces"):
        yield not any(is_like(str(each), request.namespace) for each in namespaces)
    if annotations := _texts(described.get("annotations")):
        own = _texts(metadata.get("annotations"))
        yield not all(_has(own, key, value) for key, value in annotations.items())
    if isinstance(described.get("selector"), Mapping):
        yield not selects(described["selector"], _texts(metadata.get("labels")))
    if isinstance(described.get("namespaceSelector"), Mapping):
        is_namespace = request.kind == "Namespace"
        known = request.namespace_labels
        yield is_namespace or not selects(described["namespaceSelector"], known)


def _is_kind(selector: str, resource: Mapping[str, Any]) -> bool:
    api, kind = str(resource.get("apiVersion", "")), str(resource.get("kind", ""))
    return _names_kind(selector, api, kind)


@lru_cache(maxsize=4096)  # a policy is asked of every VM, and VMs are of one kind
def _names_kind(selector: str, api: str, own_kind: str) -> bool:
    """Whether ``Kind``, ``v1/Kind`` or ``group/v1/Kind`` names the object, no subresource of it.

    Source: kyverno v1.12.6 pkg/utils/kube/kind.go, ParseKindSelector; pkg/utils/match/kind.go,
    CheckKind.
    """
    *head, last = selector.split("/")
    match [*head, *last.split(".")]:
        case [kind]:
            wanted = ("*", "*", kind, "")
        case ["*", "*"]:
            wanted = ("*", "*", "*", "*")
        case ["*", below] if below == below.lower():
            wanted = ("*", "*", "*", below)
        case [version, kind] if _VERSION.search(version):
            wanted = ("*", version, kind, "")
        case [kind, below]:
            wanted = ("*", "*", kind, below)
        case [version, kind, below] if _VERSION.search(version):
            wanted = ("*", version, kind, below)
        case [group, version, kind]:
            wanted = (group, version, kind, "")
        case [group, version, kind, below]:
            wanted = (group, version, kind, below)
        case _:
            return False
    own_group, slash, own_version = api.rpartition("/")
    own = (own_group if slash else "", own_version, own_kind, "")
    return all(map(is_like, wanted, own))


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """A label selector whose matchLabels may hold wildcards; an invalid one selects nothing.

    Source: kyverno v1.12.6 pkg/utils/match/labels.go, CheckSelector; pkg/engine/wildcards/
    wildcards.go, ReplaceInSelector.
    """
    plain: list[Requirement] = []
    for key, value in _texts(selector.get("matchLabels")).items():
        if has_wildcard(key) or has_wildcard(value):
            if not _has(labels, key, value):
                return False
        else:
            plain.append(Requirement(key, "In", (value,)))
    for each in _list(selector, "matchExpressions"):
        given = _mapping(each)
        values = tuple(str(value) for value in _list(given, "values"))
        operator = str(given.get("operator"))
        if _WITH_VALUES.get(operator) is not bool(values):
            return False
        plain.append(Requirement(str(given.get("key")), operator, values))
    return LabelSelector(tuple(plain)).matches(labels)


def _has(labels: Labels, key: str, value: str) -> bool:
    return any(is_like(key, name) and is_like(value, own) for name, own in labels.items())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _texts(value: Any) -> dict[str, str]:
    return {str(key): str(each) for key, each in _mapping(value).items()}
