"""Imports go down the floors, and each third-party library stays in its room.

The import graph is the knowledge graph: a component that may not import another cannot know more
than the real one does.
"""

from __future__ import annotations

import sys

from tests.architecture.source import (
    PACKAGE,
    Import,
    Module,
    imports,
    modules_of_tests,
    package_modules,
    report,
)

WORDS = ("errors", "quantity", "registry", "releases", "simtime", "streams", "tables")

FLOORS = (
    WORDS,
    ("model",),
    ("kernels",),
    ("state",),
    ("kube", "kubevirt", "ocm", "platform"),
    ("kubelet", "openshift"),
    ("place",),
    ("sim",),
    ("analysis",),
    ("manifests",),
    ("scenario", "ingest"),
    ("checks",),
    ("report",),
    ("",),  # the facade
    ("cli", "testing"),
    ("__main__",),
    ("__main__",),
)
"""From the ground up; rooms of one floor do not meet, only the words do."""

HOMES = {
    "cel": ("ocm",),
    "jinja2": ("report",),
    "matplotlib": ("report",),
    "numba": ("kernels",),
    "numpy": (
        *("streams", "kernels", "state", "kube", "kubevirt", "ocm", "platform", "kubelet"),
        *("openshift", "place", "sim", "analysis", "testing"),
    ),
    "polars": ("analysis", "sim.log", "ingest", "report"),
    "pydantic": ("manifests", "scenario"),
    "pydantic_core": ("manifests", "scenario"),
    "rich": ("cli",),
    "scipy": ("analysis",),
    "simpy": ("sim",),
    "typer": ("cli",),
    "xlsxwriter": ("report",),
    "yaml": ("manifests",),
}
"""Third-party library -> where it may be imported."""

LATE = {
    ("ove_capacity/kernels/compile.py", "numba"): "half a second that small work must not pay",
    ("ove_capacity/kernels/compile.py", "numba.np.arraymath"): "as numba",
    ("ove_capacity/ocm/cel/program.py", "cel"): "a quarter second for what few Placements use",
}
"""(file, imported) -> why that import inside a function is right; beside the facade and cli."""

FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def test_every_room_stands_on_a_floor() -> None:
    unknown = {m.path for m in package_modules() if m.room not in FLOOR_OF}
    report(
        (f"{path}:1: its room is on no floor" for path in unknown),
        "give the room a floor in FLOORS of this test, or move the file to the room it belongs to",
    )


def test_imports_go_down_the_floors() -> None:
    report(
        (
            f"{use.path}:{use.line}: {module.room or 'the facade'} may not import {use.target}"
            for module, use in _own_imports()
            if not _is_downward(module.room, _room(use.target))
        ),
        "move what needs both upstairs (place, sim, analysis), or pass the value in as an argument",
    )


def test_modules_of_a_room_import_each_other_without_a_cycle() -> None:
    graph: dict[str, set[str]] = {module.name: set() for module in package_modules()}
    for module, use in _own_imports():
        if use.target in graph and use.target != module.name and not use.late:
            graph[module.name].add(use.target)
    while leaves := [name for name, targets in graph.items() if not targets]:
        for leaf in leaves:
            del graph[leaf]
        for targets in graph.values():
            targets.difference_update(leaves)
    report(
        (f"{name} imports {', '.join(sorted(targets))}" for name, targets in graph.items()),
        "these wait for each other: take what they share into a module of its own",
    )


def test_third_party_libraries_stay_in_their_rooms() -> None:
    report(
        (
            f"{use.path}:{use.line}: {use.target.partition('.')[0]} does not live here"
            for module in package_modules()
            for use in imports(module)
            if not _is_home(module, use)
        ),
        "call the room that owns the library (HOMES of this test), or bring plain values instead",
    )


def test_scipy_is_imported_by_no_fast_test() -> None:
    report(
        (
            f"{use.path}:{use.line}: imports {use.target}"
            for module in modules_of_tests()
            for use in imports(module)
            if use.target.startswith("scipy") and not module.name.startswith("tests.verification")
        ),
        "importing scipy.stats costs a second: move the test to tests/verification",
    )


def test_imports_stand_at_the_top_of_the_file() -> None:
    found = {
        (use.path, use.target): use.line
        for module in package_modules()
        for use in imports(module)
        if use.late and module.room not in ("", "cli")
    }
    problems = [
        f"{path}:{line}: imports {target} inside a function"
        for (path, target), line in found.items()
        if (path, target) not in LATE
    ]
    problems += [f"{path}: LATE still names {target}" for path, target in LATE.keys() - found]
    report(problems, "import at the top; only the facade and cli may wait until a name is used")


def _own_imports() -> list[tuple[Module, Import]]:
    return [
        (module, use)
        for module in package_modules()
        for use in imports(module)
        if use.target.partition(".")[0] == PACKAGE
    ]


def _room(target: str) -> str:
    return target.partition(".")[2].partition(".")[0]


def _is_downward(room: str, imported: str) -> bool:
    if room == imported:
        return True
    if imported not in FLOOR_OF:
        return False
    if room in WORDS and imported in WORDS:
        return True
    return FLOOR_OF[imported] < FLOOR_OF[room]


def _is_home(module: Module, use: Import) -> bool:
    library = use.target.partition(".")[0]
    if library == PACKAGE or library in sys.stdlib_module_names:
        return True
    local = module.name.partition(".")[2]
    return any(local == home or local.startswith(f"{home}.") for home in HOMES.get(library, ()))
