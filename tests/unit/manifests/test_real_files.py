"""Every file of a folder of real inputs: objects, or a refusal with a place and a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.files import read_documents
from ove_capacity.manifests.objects import Objects, objects_of
from tests.real import REAL, needs_real

REFUSED = {
    "vm": (
        *("is a Jinja template",) * 3,
        *("is a Go template",) * 2,
        *("must be one of ",) * 3,  # generated: every field is filled with its own name
        "is an OpenShift Template",
    ),
    "nodes": ("is a gzip archive",) * 3,
    "nrt": (),
    "ocm": (),
    "autoscaler": ("is not YAML",),
    "perf": (),
    "hco": (),
    "sriov": (),
    "backup": (),
    "kyverno": (),
    "prometheus": ("is not YAML",),
    "instancetypes": (),
    "must-gather": (),
}
"""Folder -> reasons, in order of the files' names."""


@dataclass
class FolderReport:
    """What reading every file of a folder came to."""

    files: int = 0
    refused: list[Problem] = field(default_factory=list)
    """First problem of each file that was refused."""
    found: Objects = field(default_factory=Objects)
    unmodelled_fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    warnings: list[Problem] = field(default_factory=list)


def _add(report: FolderReport, path: Path, file: str) -> None:
    problems, objects = Problems(), Objects()
    try:
        objects_of(read_documents(path, problems, file=file), problems, objects)
        problems.raise_if_any()
    except ScenarioError as error:
        report.refused.append(error.problems[0])
        return
    report.found.read += objects.read
    report.found.unmodelled += objects.unmodelled
    report.found.by_shape += objects.by_shape
    report.unmodelled_fields += problems.unmodelled
    report.warnings += problems.warnings


def folder_report(folder: Path) -> FolderReport:
    """Read every file below a folder, whatever it is called."""
    report = FolderReport()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        report.files += 1
        _add(report, path, path.relative_to(folder.parent).as_posix())
    return report


@needs_real
@pytest.mark.parametrize("folder", REFUSED)
def test_every_real_file_gives_objects_or_a_refusal_with_its_place(folder: str) -> None:
    report = folder_report(Path(REAL, folder))
    assert all(each.line and each.column for each in (*report.refused, *report.warnings))
    told = [each.message for each in report.refused]
    assert len(told) == len(REFUSED[folder]), told
    for reason, sentence in zip(REFUSED[folder], told, strict=True):
        assert reason in sentence
    counted = report.found.read.total() + report.found.unmodelled.total()
    assert counted + len(report.warnings) >= report.files - len(report.refused)
