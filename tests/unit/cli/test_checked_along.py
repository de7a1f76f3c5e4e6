"""Every verb tells in one line what `check` finds wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ove_capacity.cli import loading
from ove_capacity.cli.main import main

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  validationFailureAction: Enforce
  rules:
  - name: owner
    match: {any: [{resources: {kinds: [VirtualMachine]}}]}
    validate: {message: whose?, pattern: {metadata: {labels: {owner: "?*"}}}}
"""
SCENARIO = """\
apiVersion: ove-capacity/v1
name: tiny
assume: {virtualization: installed}
clusters:
  lab: {manifests: p.yaml, pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}}
workloads:
  - {name: web, cluster: lab, namespace: vms, cpu: 1, memory: 4Gi LABELS}
"""
VERBS = ("validate", "show", "simulate", "headroom", "failover", "verdict", "placement", "explain")


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """Its only VM is refused."""
    (tmp_path / "p.yaml").write_text(POLICY)
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO.replace("LABELS", ""))
    return str(file)


@pytest.fixture
def sound(scenario: str) -> str:
    """Its only VM is let in."""
    Path(scenario).write_text(SCENARIO.replace("LABELS", ", labels: {owner: me}"))
    return scenario


def told(verb: str, file: str, *more: str) -> int:
    return main([verb, file, *(["--vm", "vms/web-0"] if verb == "explain" else []), *more])


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_ends_with_it(verb: str, scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(verb, scenario, "--set", "seed=1")
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("1 error, ")
    assert last.endswith(f": ove-capacity check {scenario} --set seed=1")


@pytest.mark.parametrize("verb", VERBS)
def test_a_document_counts(verb: str, scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(verb, scenario, "--format", "json")
    found = json.loads(capsys.readouterr().out)["check"]
    assert (found["errors"], set(found)) == (1, {"errors", "warnings"})


def test_tables_have_no_room_for_it(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    told("headroom", scenario, "--format", "csv")
    shown = capsys.readouterr()
    assert "ove-capacity check" not in shown.out
    assert shown.err.splitlines()[-1].startswith("1 error, ")


def test_without_an_error_there_is_no_line(sound: str, capsys: pytest.CaptureFixture[str]) -> None:
    told("headroom", sound)
    assert "ove-capacity check" not in capsys.readouterr().out
    told("headroom", sound, "--format", "json")
    assert json.loads(capsys.readouterr().out)["check"]["errors"] == 0


def test_what_cannot_be_read_is_told_alone(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(scenario).with_name("p.yaml").write_text("a: [")
    assert told("headroom", scenario) == 2
    shown = capsys.readouterr()
    assert "ove-capacity check" not in shown.out + shown.err


def test_many_objects_are_not_checked_along(
    scenario: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_CHECKED_MOST", 0)
    told("headroom", scenario)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"More than 0 objects, not checked along: ove-capacity check {scenario}"
    told("headroom", scenario, "--format", "json")
    assert json.loads(capsys.readouterr().out)["check"] is None


def test_the_verdict_asks_it_and_takes_its_repairs(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told("verdict", scenario, "--format", "json")
    answers = json.loads(capsys.readouterr().out)["clusters"]["lab"]["verdict"]
    assert answers["as_applied"]["answer"] == "NO"
    assert answers["as_applied"]["detail"] == "1 error"
    assert answers["as_applied"]["binding"] == ("policy-refuses-vm: 1 VM is refused on lab (web)")
    for question in ("fits", "as_applied"):
        assert answers[question]["change"] == "set metadata.labels.owner"


def test_manifests_without_an_error_are_a_yes(
    sound: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told("verdict", sound, "--format", "json")
    answers = json.loads(capsys.readouterr().out)["clusters"]["lab"]["verdict"]
    assert answers["as_applied"]["answer"] == "yes"
