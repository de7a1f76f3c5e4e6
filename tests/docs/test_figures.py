"""Figures in documents are what the program draws now."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest

import ove_capacity as oc
from ove_capacity.report.figures.draw import figure_files

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


@pytest.mark.skipif(
    PINNED is None or matplotlib.__version__ != PINNED[1], reason="another matplotlib draws anew"
)
def test_the_verdict_of_the_readme_is_the_example_s() -> None:
    scenario = ROOT / "scenarios" / "rh-ove.yaml"
    case, checked = (ask(scenario, variant="intended") for ask in (oc.load, oc.check))
    drawn = figure_files(oc.verdict(case, checked=checked))
    kept = (ROOT / "docs" / "figures" / "verdict.png").read_bytes()
    assert drawn["verdict.png"] == kept, (
        "ove-capacity verdict scenarios/rh-ove.yaml --variant intended --figures docs/figures; "
        "keep the PNG"
    )
