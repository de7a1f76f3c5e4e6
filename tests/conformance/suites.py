"""The suites, and the verdict on each of their cases.

A suite is a module with `decide(case)`, which answers in the form of the case's ``expected``, and
`difference(expected, ours)`, which tells the first disagreement or None. Where the recorded answers
stand elsewhere, `expected(case)` collects them and `answered(case, ours)` puts ours in their place.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

SUITES: dict[str, str | None] = {
    "scheduler": "tests.conformance.scheduler",
    "kubelet": "tests.conformance.kubelet",
    "nrt": "tests.conformance.nrt",
    "kubevirt": "tests.conformance.kubevirt",
    "placement": "tests.conformance.placement",
    "autoscaler": "tests.conformance.autoscaler",
}
"""Suite -> its module; None: not decided yet."""


class Verdict(NamedTuple):
    """What we decided on one case, and where that first disagrees (None: nowhere)."""

    name: str
    ours: Any
    difference: str | None


def suite_module(name: str) -> ModuleType | None:
    """The module of a suite; None when it decides nothing yet."""
    module = SUITES[name]
    if module is None or importlib.util.find_spec(module) is None:
        return None
    return importlib.import_module(module)


def judge(module: ModuleType | None, case: Mapping[str, Any]) -> Verdict:
    """Decide one case; what we cannot decide is a disagreement."""
    name = str(case["name"])
    if module is None:
        return Verdict(name, None, "not decided yet")
    try:
        ours = module.decide(case)
        recorded = module.expected(case) if hasattr(module, "expected") else case["expected"]
        return Verdict(name, ours, module.difference(recorded, ours))
    except Exception as error:
        return Verdict(name, None, f"raised {type(error).__name__}: {error}")


def answered(module: ModuleType | None, case: Mapping[str, Any], verdict: Verdict) -> Any:
    """The case with our answers in place of the recorded ones."""
    if module is not None and hasattr(module, "answered") and verdict.ours is not None:
        return module.answered(case, verdict.ours)
    return {**case, "expected": verdict.ours}
