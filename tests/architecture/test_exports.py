"""Every module says what it offers, says what it is for, and offers nothing that nobody takes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from tests.architecture.source import (
    ROOT,
    Module,
    functions,
    modules_of_tests,
    package_modules,
    report,
)

SOURCED_ROOMS = ("kube", "kubelet", "kubevirt", "ocm", "openshift")
"""Rooms that restate what a real component does."""

UNUSED: dict[str, str] = {}
"""``path:name`` -> why it stands there although nothing here uses it."""

PUBLIC_FOR_TESTS = {
    "ove_capacity/kube/scores/node_resource_topology_match.py:STRATEGIES": "an optional plugin",
    "ove_capacity/kube/preemption.py:preempt": "upstream's whole answer, node by node",
}
"""``path:name`` -> why it stands there although only tests use it."""

WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def test_every_module_has_a_docstring() -> None:
    report(
        (f"{m.path}:1: no docstring" for m in package_modules() if not ast.get_docstring(m.tree)),
        "say in one sentence what the module knows",
    )


def test_what_a_module_exports_is_what_it_defines() -> None:
    report(
        (problem for module in package_modules() for problem in _export_problems(module)),
        "name it in __all__ (ruff keeps that sorted), or make it private with an underscore",
    )


def test_every_rule_names_its_source() -> None:
    report(
        (
            f"{function.place}: {function.qualified} has no line 'Source:'"
            for module in package_modules()
            if module.room in SOURCED_ROOMS
            for function in functions(module)
            if function.is_public and function.is_top_level
            if "Source:" not in (ast.get_docstring(function.node) or "")
        ),
        "name upstream's repository, version, file and function; or 'Source: ours' and the reason",
    )


def test_only_the_command_line_prints() -> None:
    report(
        (
            f"{module.path}:{node.lineno}: prints"
            for module in package_modules()
            if module.room != "cli"
            for node in ast.walk(module.tree)
            if _prints(node)
        ),
        "return a value, or take a callback; showing it is the command line's part",
    )


def test_nothing_is_defined_that_nobody_uses() -> None:
    used_here = _words(package_modules())
    used_here.update(WORD.findall((ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    used_by_tests = _words(modules_of_tests())
    found: dict[str, int] = {}
    for_tests: dict[str, int] = {}
    for module in package_modules():
        for name, line in module.defined.items():
            if used_here[name] > _own_words(module, name) or name.startswith("__"):
                continue
            if name in _registered(module):
                continue
            if used_by_tests[name] and module.room == "testing":
                continue
            table = for_tests if used_by_tests[name] else found
            table[f"{module.path}:{name}"] = line
    problems = [
        *_against(found, UNUSED, "UNUSED", "nothing uses"),
        *_against(for_tests, PUBLIC_FOR_TESTS, "PUBLIC_FOR_TESTS", "only tests use"),
    ]
    report(problems, "delete it; what a person calls from outside belongs to the facade")


def _export_problems(module: Module) -> Iterator[str]:
    public = {name for name in module.defined if not name.startswith("_")}
    if module.exported is None:
        if public or not (module.is_package or module.room == "__main__"):
            yield f"{module.path}:1: has no __all__"
        return
    exported = {name for name in module.exported if not name.startswith("__")}
    if module.is_package:
        exported &= set(module.defined) | _missing(module)
    for name in sorted(public - exported):
        yield f"{module.path}:{module.defined[name]}: {name} is public but not in __all__"
    for name in sorted(exported - public):
        yield f"{module.path}:1: __all__ names {name}, which is not defined here"


def _missing(module: Module) -> set[str]:
    """Exported by a room's __init__ and neither defined nor imported there."""
    if module.room == "":
        return set()  # the facade finds its names when they are used; its own test checks them
    imported = {
        alias.asname or alias.name
        for node in module.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return set(module.exported or ()) - imported


def _prints(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
            return True
        case _:
            return False


def _words(modules: tuple[Module, ...]) -> Counter[str]:
    """How often each identifier is used; in strings too, for the facade and for registries."""
    words: Counter[str] = Counter()
    for module in modules:
        words.update(_uses(module))
    return words


def _uses(module: Module) -> Iterator[str]:
    docstrings = _docstrings(module.tree)
    exports = _export_constants(module.tree)
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.Constant(value=str(text)) if id(node) not in docstrings | exports:
                yield from WORD.findall(text)
            case _:
                pass


def _own_words(module: Module, name: str) -> int:
    """Uses that do not count: the definition itself, and a function or class naming itself."""
    for statement in module.tree.body:
        defines = getattr(statement, "name", None) == name
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        assigns = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if defines or assigns:
            return sum(
                isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement)
            )
    return 0


def _registered(module: Module) -> set[str]:
    """Functions that a decorator hands to somebody: ``@app.callback()``."""
    return {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(each, ast.Call) for each in node.decorator_list)
    }


def _docstrings(tree: ast.Module) -> set[int]:
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _export_constants(tree: ast.Module) -> set[int]:
    return {
        id(inner)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
        for inner in ast.walk(node.value)
    }


def _against(
    found: dict[str, int], allowed: dict[str, str], table: str, complaint: str
) -> Iterator[str]:
    for key, line in found.items():
        if key not in allowed:
            path, _, name = key.partition(":")
            yield f"{path}:{line}: {complaint} {name}; if that is right, name it in {table}"
    for key in allowed.keys() - found.keys():
        yield f"{ROOT.name}: {table} no longer needs to name {key}"
