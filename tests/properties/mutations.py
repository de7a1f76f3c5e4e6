"""Valid inputs made wrong: one tree of values, and the ways in which people and tools damage it."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import strategies as st

__all__ = [
    "TEXT_DAMAGE",
    "TREE_DAMAGE",
    "damaged_text",
    "damaged_tree",
    "spoilt",
    "steps",
    "written",
]

PALETTE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    -(10**18),
    10**40,
    2.5,
    1e308,
    float("nan"),
    float("-inf"),
    "",
    "x",
    "5Xi",
    "4 GiB",
    "-3Gi",
    "1e999999",
    "1e400",
    "-0.0",
    "0." + "9" * 900,
    "9" * 400,
    "12:30",
    "1000000d",
    "-1h",
    "${NAME}",
    "{{ .x }}",
    "{{ .Values.none }}",
    "../../etc/passwd",
    "/dev/null",
    "a\nb",
    "\x00",
    "\ud83d",
    "\U0001f600",
    "a.b[0]",
    "kind",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"kind": "List", "items": [1]},
    ["x"] * 50,
)
TREE_DAMAGE = (
    *("drop", "double", "retype", "wrap", "deep", "rename", "swap", "reverse", "move", "edit"),
)
TEXT_DAMAGE = ("truncate", "drop line", "double line", "swap lines", "indent", "insert", "cut")
_INSERTED = ("\t", "{{ x }}", "{% if %}", "&a ", "*a", "<<: *x\n", "!!int ", "\x00", "- ", "|", "'")

_EDITS = (
    *("\\q", '"', "'", "[", "]", "(", "${", "{{", "}}", "%", "-", ".", ",", ":", "/", " ", "*"),
    *("!", "0", "9" * 30, "9" * 5000, "٣", "²", "e9", "Gi", "||", "&&", "=", "@", "\u2028"),
)

steps = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            found += _paths(item, (*path, key))
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def damaged_tree(tree: Any, damage: str, where: int, what: int) -> Any:
    """The tree with one thing wrong; *where* and *what* choose, whatever they are."""
    tree = _copy(tree)
    paths = _paths(tree)
    if not paths:
        return PALETTE[what % len(PALETTE)]
    path = paths[where % len(paths)]
    into = tree
    for step in path[:-1]:
        into = into[step]
    last, other = path[-1], PALETTE[what % len(PALETTE)]
    value = into[last]
    match damage:
        case "drop":
            del into[last]
        case "double" if isinstance(into, list):
            into.insert(what % (len(into) + 1), _copy(value))
        case "retype" | "double":
            into[last] = other
        case "wrap":
            into[last] = [value] if what % 2 else {"x": value}
        case "deep":
            for _ in range(what % 150):
                value = [value] if what % 2 else {"x": value}
            into[last] = value
        case "rename" if isinstance(into, dict):
            into[f"{last}x" if what % 3 else str(other)] = into.pop(last)
        case "swap" | "rename":
            donor = paths[what % len(paths)]
            given = tree
            for step in donor:
                given = given[step]
            into[last] = _copy(given)
        case "edit" if isinstance(value, str):
            spot = where % (len(value) + 1)
            into[last] = value[:spot] + _EDITS[what % len(_EDITS)] + value[spot:]
        case "edit":
            into[last] = f"{value}{_EDITS[what % len(_EDITS)]}"[:9000]
        case "reverse" if isinstance(value, dict | list):
            into[last] = dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]
        case "reverse" | "move":
            del into[last]
            if isinstance(tree, list):
                tree.append(value)
            else:
                tree[str(last)] = value
    return tree


def damaged_text(text: str, damage: str, where: int, what: int) -> str:
    """The text with one thing wrong."""
    lines = text.split("\n")
    line, other = where % len(lines), what % len(lines)
    spot = (where * 7919 + what) % (len(text) + 1)
    match damage:
        case "truncate":
            return text[:spot]
        case "drop line":
            del lines[line]
        case "double line":
            lines.insert(other, lines[line])
        case "swap lines":
            lines[line], lines[other] = lines[other], lines[line]
        case "indent":
            lines[line] = " " * (what % 5) + lines[line].lstrip()
        case "insert":
            return text[:spot] + _INSERTED[what % len(_INSERTED)] + text[spot:]
        case "cut":
            return text[:spot] + text[spot + what % 9 + 1 :]
    return "\n".join(lines)


def written(tree: Any, as_json: bool) -> str:
    """The tree as a file; what YAML cannot say comes out as JSON says it."""
    if not as_json:
        try:
            return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        except (yaml.YAMLError, UnicodeEncodeError):
            pass
    return json.dumps(tree, indent=1)


def spoilt(tree: Any, tree_damage: Any, text_damage: Any, as_json: bool) -> str:
    """The tree as a file, damaged as a tree and then as text."""
    for damage, (where, what) in tree_damage:
        tree = damaged_tree(tree, damage, where, what)
    text = written(tree, as_json)
    for damage, (where, what) in text_damage:
        text = damaged_text(text, damage, where, what)
    return text
