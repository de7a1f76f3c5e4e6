"""``hub-load`` on the command line: the same answer in every form."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "hub-load.schema.json").read_text())
ARCHITECTURE = str(ROOT / "scenarios" / "rh-ove.yaml")


def ask(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["hub-load", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def document(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(ask(ARCHITECTURE, "--format", "json", *arguments, capsys=capsys))
    jsonschema.validate(found, SCHEMA)
    answer: dict[str, Any] = found["hub_load"]
    return answer


def test_the_architecture_says_a_tenth_of_what_its_hub_asks_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    found = document(capsys=capsys)
    assert found["hub"] == "management"
    written, real = found["totals"]["written"], found["totals"]["in_effect"]
    assert written["cpu"] == 2200
    assert round(written["memory"] / 2**30, 1) == 5.2
    assert written["storage"] == 1500 << 30
    assert real["cpu"] == 20_729
    assert [loss["not_returned"] for loss in found["losses"]] == [[], [], []]
    assert any("the API server drops" in note for note in found["notes"])


def test_a_scanner_that_is_sized_where_it_can_be_is_as_small_as_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = document("--variant", "intended", capsys=capsys)["parts"]
    (scanner,) = [part for part in parts if part["name"] == "scanner"]
    assert (
        scanner["requests"] == scanner["written"]["requests"] == {"cpu": 200, "memory": 200 << 20}
    )


def test_services_that_stand_nowhere_are_still_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = document("--set", "assume.management=off", capsys=capsys)
    assert found["totals"]["in_effect"]["cpu"] == 20_729
    assert found["losses"] == []
    assert {each["services"]["cpu"] for each in found["machines"].values()} == {0}


def test_the_text_is_a_page_of_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    text = ask(ARCHITECTURE, capsys=capsys)
    assert "The hub's services ask for 20.7 CPUs" in text
    page = text.partition(" errors, ")[0]  # what follows is a command to copy
    assert max(map(len, page.splitlines())) <= 100


def test_the_figure_shows_services_and_managed_clusters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ARCHITECTURE, "--figures", str(tmp_path), capsys=capsys)
    assert (tmp_path / "services.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "services.svg").read_text()
    assert all(f"<!-- {name} -->" in drawn for name in ("RHACS", "OpenShift GitOps", "staging"))


def test_a_fleet_without_a_hub_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(
        "apiVersion: ove-capacity/v1\nname: plain\nclusters:\n  one: {profile: staging}\n"
    )
    assert "No object says what runs on the hub." in ask(str(file), capsys=capsys)


HUB = """\
apiVersion: ove-capacity/v1
name: hub
manifests: [hub.yaml]
clusters:
  hub: {profile: management}
  app: {profile: staging}
"""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{replicas: -1}", "spec.replicas — must be at least 0"),
        ("{replicas: 1000000000}", "spec.replicas — must be at most 1,000"),
        ("{resources: {requests: {cpu: lots}}}", "spec.resources.requests.cpu"),
        ("{storage: 500Gi}", "spec.storage — must be a mapping"),
    ],
)
def test_a_service_that_is_spoilt_is_told_once_with_its_place(
    spec: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hub.yaml").write_text(
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\n"
        f"metadata: {{name: p}}\nspec: {spec}\n"
    )
    (tmp_path / "s.yaml").write_text(HUB)
    assert main(["hub-load", str(tmp_path / "s.yaml")]) == 2
    assert capsys.readouterr().err.count(words) == 1


def test_a_lost_worker_of_a_hub_takes_its_services_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [ARCHITECTURE, "--cluster", "management", "--format", "json"]
    assert main(["failover", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)["clusters"]["management"]["failover"]
    assert (found["vms"], found["survives_nodes"]) == (57, 1)
    assert main(["headroom", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)["clusters"]["management"]["headroom"]
    assert "services" in json.dumps(told)


def test_what_a_hub_without_vms_loses_is_called_pods(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["failover", ARCHITECTURE, "--cluster", "management"]) == 0
    told = capsys.readouterr().out
    assert "Pods that would not return" in told
    assert re.search(r"are\s+lost\s+\d+\s+pods\s+of\s+38\s+would\s+not\s+return", told)
    assert "pods of services of management, where no VM runs" in told
