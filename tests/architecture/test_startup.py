"""What the command line may not load: a person should not wait for what was not asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

HEAVY = (
    *("jinja2", "matplotlib", "numba", "numpy", "polars", "pydantic", "rich", "scipy", "simpy"),
    *("xlsxwriter", "yaml"),
)

SHOW_MODULES = """
import contextlib, io, json, sys
from ove_capacity.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]))
"""


def _loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    code, modules = json.loads(done.stdout)
    assert code == 0, done.stderr
    return set(modules)


def test_help_loads_no_heavy_library() -> None:
    assert _loaded("--help").intersection(HEAVY) == set()


def test_importing_the_facade_loads_no_heavy_library() -> None:
    show = "import sys, ove_capacity; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", show], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert set(done.stdout.split()).intersection({*HEAVY, "typer"}) == set()


@pytest.mark.parametrize("format_", ["text", "json"])
def test_simulate_draws_no_pictures_and_optimises_nothing(format_: str) -> None:
    loaded = _loaded("simulate", "scenarios/rh-ove.yaml", "--format", format_)
    assert (
        loaded.intersection({"jinja2", "matplotlib", "polars", "rich", "scipy", "xlsxwriter"})
        == set()
    )
