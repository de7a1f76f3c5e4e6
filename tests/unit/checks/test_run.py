"""Rules are run once each, over whatever could be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.checks import Checked, Finding, Rule, Severity, Subject, run_rules
from ove_capacity.cli.main import main
from ove_capacity.errors import Problem, ScenarioError, UnknownNameError
from ove_capacity.report.checks import checked_text
from ove_capacity.testing.manifests import subject

SCENARIO = """
apiVersion: ove-capacity/v1
name: small
manifests: [hub.yaml]
clusters:
  one: {pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}, manifests: [own.yaml]}
  two: {pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}, manifests: [own.yaml]}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: vms}\n"


def _written(folder: Path, **files: str) -> Path:
    for name, text in {"hub": NAMESPACE, "own": NAMESPACE, **files}.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "scenario.yaml").write_text(SCENARIO)
    return folder / "scenario.yaml"


def _names(subject: Subject) -> Iterator[Finding]:
    """Every object has a name."""
    for each in subject.manifests:
        yield Finding(each.problem(f"is {each.name}", "metadata", "name"))


NAMES = Rule("names", "Names", Severity.WARNING, _names)


@pytest.fixture
def names() -> Iterator[None]:
    oc.rules.add("names", NAMES)
    yield
    oc.rules.remove("names")


@pytest.mark.usefixtures("names")
def test_a_file_that_two_clusters_list_is_told_once(tmp_path: Path) -> None:
    checked = oc.check(_written(tmp_path), rules=["names"])
    found = [Path(each.problem.file).name for each in checked.findings]
    assert found == ["hub.yaml", "own.yaml"]


@pytest.mark.usefixtures("names")
def test_a_broken_file_is_a_finding_among_the_others(tmp_path: Path) -> None:
    checked = oc.check(_written(tmp_path, own="kind: [\n"), rules=["names", "unreadable"])
    told = [(Path(each.problem.file).name, each.rule) for each in checked.findings]
    assert told == [("hub.yaml", "names"), ("own.yaml", "unreadable")]
    assert not checked.is_ok


def test_a_broken_file_does_not_keep_rules_from_the_vms_of_the_others(tmp_path: Path) -> None:
    scenario = _written(tmp_path, own="kind: [\n")
    sized = "{name: big, cluster: one, cpu: 1, memory: 64Gi}"
    scenario.write_text(f"{SCENARIO}workloads:\n- {sized}\n")
    checked = oc.check(scenario, rules=["vm-too-large", "unreadable"])
    assert [each.rule for each in checked.findings] == ["unreadable", "vm-too-large"]


def test_a_scenario_that_is_none_cannot_be_checked(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("name: 3\n")
    with pytest.raises(ScenarioError, match="apiVersion"):
        oc.check(tmp_path / "s.yaml")


def test_a_rule_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'unreadable'"):
        run_rules(subject(NAMESPACE), ["unreadeble"])


def test_every_rule_says_why_it_matters_and_where_that_is_written() -> None:
    without = [name for name in oc.rules if "Source:" not in oc.rules.get(name).docs]
    assert without == []


def test_objects_within_a_list_keep_their_places() -> None:
    listed = "kind: List\napiVersion: v1\nitems:\n- " + NAMESPACE.replace("\n", "\n  ")
    checked = run_rules(subject(listed), ["unreadable"])
    (each,) = subject(listed).manifests
    assert (each.name, each.problem("x").line, checked.findings) == ("vms", 5, ())


@pytest.mark.usefixtures("names")
def test_the_verb_ends_with_1_only_when_there_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = str(_written(tmp_path))
    assert main(["check", scenario, "--rule", "names"]) == 0
    assert "own.yaml\n  3:18 warning [names] metadata.name: is vms" in capsys.readouterr().out
    (tmp_path / "own.yaml").write_text("kind: [\n")
    assert main(["check", scenario, "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"][-1:]
    assert {"rule", "severity", "file", "line", "column", "message", "consequence"} <= set(found)


def test_the_text_tells_the_same_thing_three_times_and_counts_the_rest() -> None:
    alike = [Finding(Problem("is odd", "a.yaml", line, 1), rule="x") for line in range(1, 8)]
    lines = checked_text(Checked("s", tuple(alike), ())).splitlines()
    assert sum("is odd" in line for line in lines) == 4
    assert lines[-1] == "  … and 4 more here by [x]: is odd"


def test_the_verb_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list"]) == 0
    assert "unreadable (error): Files and fields" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["check"], ["check", "nowhere.yaml"], ["check", "--rule"]])
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    assert main(arguments) == 2


THEIRS = """
from ove_capacity.checks import Finding, Rule, Severity


def _find(subject):
    for each in subject.of_kind("Namespace"):
        yield Finding(each.problem("is theirs"), consequence="0 VMs are touched")


RULE = Rule("theirs", "A rule of another package", Severity.ERROR, _find)
"""


def test_another_package_brings_a_rule_by_its_entry_point(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "their_rules-1.dist-info").mkdir(parents=True)
    (site / "their_rules.py").write_text(THEIRS)
    metadata = "Metadata-Version: 2.1\nName: their-rules\nVersion: 1\n"
    (site / "their_rules-1.dist-info" / "METADATA").write_text(metadata)
    points = "[ove_capacity.rules]\ntheirs = their_rules:RULE\n"
    (site / "their_rules-1.dist-info" / "entry_points.txt").write_text(points)
    command = [sys.executable, "-m", "ove_capacity", "check", str(_written(tmp_path))]
    ended = subprocess.run(
        [*command, "--rule", "theirs", "--format", "json"],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 1, ended.stderr
    assert {each["rule"] for each in json.loads(ended.stdout)["findings"]} == {"theirs"}
