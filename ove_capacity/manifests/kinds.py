"""What kind of object something is: as it says, as its list says, or by what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ove_capacity.manifests.document import FieldPath, path_text

__all__ = ["field_in_kind", "kind_by_shape"]


def _mapping(value: Any, *keys: str) -> Mapping[str, Any] | None:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else None


def kind_by_shape(value: Mapping[str, Any]) -> tuple[str, str]:
    """(apiVersion, kind) of an object that names none, as archives of Insights hold them.

    Both are empty when it looks like none that we know.
    """
    if _mapping(value, "metadata") is None:
        return "", ""
    status, spec = _mapping(value, "status") or {}, _mapping(value, "spec") or {}
    if _mapping(status, "nodeInfo") is not None and _mapping(status, "capacity") is not None:
        return "v1", "Node"
    if isinstance(spec.get("containers"), list):
        return "v1", "Pod"
    if _mapping(spec, "template", "spec", "domain") is not None:
        return "kubevirt.io/v1", "VirtualMachine"
    if _mapping(spec, "domain") is not None:
        return "kubevirt.io/v1", "VirtualMachineInstance"
    return "", ""


def field_in_kind(root: Any, path: FieldPath) -> tuple[str, str]:
    """(kind, path within that object) of a place in a document: list items look alike."""
    kind, begin, value, is_list, listed = "", 0, root, False, ""
    for index in range(len(path) + 1):
        if isinstance(value, Mapping):
            said = value.get("kind")
            if isinstance(said, str) and (not index or "apiVersion" in value):
                kind, begin = said, index
                is_list, listed = not index and said.endswith("List"), said.removesuffix("List")
            elif is_list and index == 2:
                kind, begin = listed or kind_by_shape(value)[1], index
            elif not index:
                kind = kind_by_shape(value)[1]
        if index == len(path):
            break
        step = path[index]
        if isinstance(value, Mapping) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            value = None
    steps = path[begin:]
    text = path_text(tuple(0 if isinstance(step, int) else step for step in steps))
    return kind, text.replace("[0]", "[]")
