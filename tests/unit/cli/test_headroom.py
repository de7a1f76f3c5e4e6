"""``headroom`` on the command line: the same numbers in every form, and answers in words."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "headroom.schema.json").read_text())
SCENARIO = """\
apiVersion: ove-capacity/v1
name: tiny
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker: {count: 2, node: {cpu: 8, memory: 32Gi}}
      large: {count: 1, role: worker, node: {cpu: 16, memory: 64Gi}}
    storage: {odf: {raw: 400Gi, replicas: 1}}
  spare:
    pools:
      master: {count: 3, node: {cpu: 8, memory: 32Gi}}
workloads:
  - {name: web, cluster: lab, namespace: vms, count: 2, cpu: 1, memory: 4Gi, disks: 60Gi}
  - {name: db, cluster: lab, namespace: vms, count: 1, cpu: 2, memory: 16Gi}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "tiny.yaml"
    file.write_text(SCENARIO)
    return str(file)


def ask(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["headroom", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_the_document_obeys_its_schema(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(ask(scenario, "--ladder", "--format", "json", capsys=capsys))
    jsonschema.validate(document, SCHEMA)
    assert list(document["clusters"]["lab"]) == ["headroom", "ladder"]


def test_simulate_tells_the_same_numbers(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = json.loads(ask(scenario, "--format", "json", capsys=capsys))["clusters"]
    assert main(["simulate", scenario, "--until", "1h", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["clusters"]
    for name, cluster in told.items():
        room, fits = asked[name]["headroom"], cluster["headroom"].pop("fits")
        assert cluster["headroom"] == {key: room[key] for key in cluster["headroom"]}
        assert fits == room["fits"][: len(fits)]


def test_the_page_says_what_binds_and_what_is_not_counted(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ask(scenario, "--ladder", capsys=capsys)
    for told in (
        "3 (storage:odf)",
        "lab/large",
        "The same by pool",
        "1 VMs name no disks and hold no storage",
        "spare has no worker in service: nothing fits there",
        "no VM is listed here, and no mix is named",
        "Every cluster is within what the vendor has tested.",
    ):
        assert told in page
    assert max(map(len, page.splitlines())) <= 100


def test_a_mix_brings_the_ladder_with_it(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = ask(scenario, "--cluster", "lab", "--mix", "web=3, u1.medium=1", capsys=capsys)
    assert "web 75%, u1.medium 25%" in page
    assert "spare" not in page


def test_only_the_shapes_that_are_named_are_asked_about(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ask(
        scenario, "--shape", "cx1.large", "--shape", "web", "--format", "json", capsys=capsys
    )
    fits = json.loads(told)["clusters"]["lab"]["headroom"]["fits"]
    assert [fit["shape"] for fit in fits] == ["cx1.large", "web"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shape", "u1.hueg"], "unknown shape 'u1.hueg'"),
        (["--shape", "wbe"], "Did you mean 'web'?"),
        (["--cluster", "labb"], "Did you mean 'lab'?"),
        (["--mix", "wbe=1"], "Did you mean 'web'?"),
        (["--mix", "web"], "--mix web: write it as name=weight, web=0.7,db=0.3"),
        (["--mix", "web=1,web=2"], "web is there twice"),
        (["--mix", "web=-1"], "--mix web=-1: write it as"),
        (["--mix", "web=nan"], "--mix web=nan: write it as"),
        (["--mix", "web=inf"], "--mix web=inf: write it as"),
        (["--mix", "web=1e-9"], "a weight is from 0.0001 to 1,000,000"),
    ],
)
def test_what_is_asked_wrongly_is_wrong_input(
    arguments: list[str], message: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["headroom", scenario, *arguments]) == 2
    assert message in capsys.readouterr().err
