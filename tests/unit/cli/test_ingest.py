"""How ``ingest`` ends when it is handed what it cannot use: a sentence, or a document."""

import json
from pathlib import Path

import pytest

from ove_capacity.cli.main import main

VERBS = ("nodes", "must-gather", "vms", "rvtools", "vsphere-json")
INPUTS = ("folder", "empty", "noise", "broken.yaml", "other.json", "none", "/dev/null")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("inputs")
    (place / "folder").mkdir()
    (place / "folder" / "broken.yaml").write_text("a: [")
    (place / "broken.yaml").write_text("a: [")
    (place / "other.json").write_text('{"a": 1}')
    (place / "empty").write_bytes(b"")
    (place / "noise").write_bytes(bytes(range(256)) * 9)
    return place


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("given", INPUTS)
def test_what_is_no_inventory_is_a_problem_of_that_file(verb, given, inputs, capsys):
    source = str(inputs / given)
    assert main(["ingest", verb, source, "--format", "json"]) == 2
    out = capsys.readouterr()
    document = json.loads(out.out)
    assert document["valid"] is False
    assert [each["file"].startswith(source) for each in document["problems"]] == [True]
    assert all(each["message"].strip() for each in document["problems"])
    assert out.err == ""
    assert main(["ingest", verb, source]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith(source)


@pytest.mark.parametrize("verb", VERBS)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(verb, inputs, capsys):
    output = inputs / "nowhere" / "out.yaml"
    assert main(["ingest", verb, str(inputs / "none"), "-o", str(output)]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["nodes", "vms"])
def test_a_folder_of_files_that_cannot_be_read_says_why(verb, inputs, capsys):
    assert main(["ingest", verb, str(inputs / "folder")]) == 2
    assert "broken.yaml:2:1 — is not YAML" in capsys.readouterr().err
