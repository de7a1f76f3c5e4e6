"""Each example runs, and prints what is written down beside it.

When an answer changes on purpose, write it anew and say why in the commit:
``ove-capacity simulate scenarios/rh-ove.yaml -o tests/docs/expected/rh-ove.txt``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).with_name("expected")
SCHEMA = json.loads((ROOT / "docs" / "schema" / "simulate.schema.json").read_text())
SCENARIOS = sorted(file.stem for file in (ROOT / "scenarios").glob("*.yaml"))
PAGES = {name: ["simulate", f"scenarios/{name}.yaml"] for name in SCENARIOS}
PAGES["rh-ove-intended"] = [*PAGES["rh-ove"], "--variant", "intended"]


def test_every_example_has_its_expected_output() -> None:
    assert sorted(file.stem for file in EXPECTED.glob("*.txt")) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_an_example_prints_what_is_expected(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(PAGES[name]) == 0
    printed = capsys.readouterr().out
    assert printed == (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    assert max(len(line) for line in printed.splitlines()) <= 100


@pytest.mark.parametrize("name", PAGES)
def test_an_example_gives_the_same_bytes_in_any_order_of_sets_and_compiled_or_plain(
    name: str,
) -> None:
    documents = [_document(name, "1", "plain"), _document(name, "2", "compiled")]
    assert documents[0] == documents[1]
    jsonschema.validate(json.loads(documents[0]), SCHEMA)


@pytest.mark.parametrize("name", ["rh-ove", "rh-ove-intended"])
def test_the_readme_shows_pages_as_they_are(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(rf"<!-- {name} -->\n```text\n(.*?)```", readme, re.DOTALL)
    page = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    assert shown
    assert page.startswith(shown[0])
    assert all(each in page for each in shown)


def _document(name: str, hash_seed: str, kernels: str) -> bytes:
    program = "import sys; from ove_capacity.cli.main import main; sys.exit(main())"
    arguments = [*PAGES[name], "--format", "json"]
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OVE_CAPACITY_KERNELS": kernels},
        capture_output=True,
        check=True,
    ).stdout
