"""The package's own source, read with ast: modules, their imports, definitions and sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

__all__ = [
    "PACKAGE",
    "ROOT",
    "Function",
    "Import",
    "Module",
    "functions",
    "imports",
    "modules_of_tests",
    "package_modules",
    "report",
]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ove_capacity"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file."""

    name: str
    """Dotted: ``ove_capacity.kube.filters.node_ports``."""
    path: str
    """From the root, as an error message names it."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def room(self) -> str:
        """First part below the package: ``kube``, ``place``; empty for the facade."""
        return self.name.partition(".")[2].partition(".")[0]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def exported(self) -> tuple[str, ...] | None:
        """``__all__`` as written, or None."""
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign) and "__all__" in _assigned(statement):
                return tuple(ast.literal_eval(statement.value))
        return None

    @cached_property
    def defined(self) -> dict[str, int]:
        """Names that the module itself defines at top level, with their lines; imports are not."""
        names: dict[str, int] = {}
        for statement in _top_level(self.tree.body):
            if isinstance(statement, FunctionNode | ast.ClassDef):
                names[statement.name] = statement.lineno
            elif not _is_type_variable(statement):
                names.update((name, statement.lineno) for name in _assigned(statement))
        return names


@dataclass(frozen=True)
class Import:
    """One imported module."""

    path: str
    line: int
    target: str
    """Dotted module; for ``from a import b`` it is ``a.b`` when that is one of ours."""
    late: bool
    """Inside a function."""


@dataclass(frozen=True)
class Function:
    """One function or method."""

    path: str
    qualified: str
    node: FunctionNode

    @property
    def place(self) -> str:
        return f"{self.path}:{self.node.lineno}"

    @property
    def is_public(self) -> bool:
        return not any(part.startswith("_") for part in self.qualified.split("."))

    @property
    def is_top_level(self) -> bool:
        return "." not in self.qualified

    @property
    def body_lines(self) -> int:
        """Lines of the body, without the docstring."""
        body = self.node.body[1:] if ast.get_docstring(self.node) else self.node.body
        return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@cache
def package_modules() -> tuple[Module, ...]:
    """Every module of the package, by name."""
    return _modules(PACKAGE)


@cache
def modules_of_tests() -> tuple[Module, ...]:
    """Every module of the tests, by name."""
    return _modules("tests")


def imports(module: Module) -> Iterator[Import]:
    """What a module imports, late, by name or not; ``if TYPE_CHECKING`` counts as well."""
    late = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, FunctionNode)
        for inner in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in _targets(node, module):
                yield Import(module.path, node.lineno, target, id(node) in late)
        match node:
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(target)), *_],
            ):
                yield Import(module.path, node.lineno, target, late=True)


def functions(module: Module) -> Iterator[Function]:
    """Every function and method, nested ones too."""

    def walk(nodes: Iterable[ast.AST], prefix: str) -> Iterator[Function]:
        for node in nodes:
            name = prefix
            if isinstance(node, FunctionNode | ast.ClassDef):
                name = f"{prefix}.{node.name}" if prefix else node.name
            if isinstance(node, FunctionNode):
                yield Function(module.path, name, node)
            yield from walk(ast.iter_child_nodes(node), name)

    return walk(module.tree.body, "")


def report(problems: Iterable[str], advice: str) -> None:
    """Fail with every problem, one a line, and what to do about them."""
    lines = sorted(problems)
    if lines:
        pytest.fail("\n".join([*lines, f"-> {advice}"]), pytrace=False)


def _modules(folder: str) -> tuple[Module, ...]:
    found = []
    for file in sorted((ROOT / folder).rglob("*.py")):
        path = file.relative_to(ROOT)
        parts = path.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path.as_posix(), file.read_text(encoding="utf-8")))
    return tuple(found)


@cache
def _our_names() -> frozenset[str]:
    return frozenset(module.name for module in (*package_modules(), *modules_of_tests()))


def _targets(node: ast.Import | ast.ImportFrom, module: Module) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    source = node.module or ""
    if node.level:
        parts = module.name.split(".")
        keep = len(parts) - node.level + (1 if module.is_package else 0)
        source = ".".join([*parts[:keep], *([source] if source else [])])
    inner = [f"{source}.{alias.name}" for alias in node.names]
    return [name if name in _our_names() else source for name in inner]


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If | ast.Try):
            yield from _top_level(statement.body)
        else:
            yield statement


def _is_type_variable(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec"))):
            return True
        case _:
            return False


def _assigned(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=targets):
            nested = targets
        case ast.AnnAssign(target=target):
            nested = [target]
        case _:
            return []
    return [name.id for target in nested for name in ast.walk(target) if isinstance(name, ast.Name)]
