from __future__ import annotations

import pytest

from ove_capacity.cli.main import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate"],
        ["simulate", "x.yaml", "--frmat", "json"],
        ["simulate", "x.yaml", "--fail-on", "everything"],
        ["simulate", "x.yaml", "--seed", "minus one"],
        ["simulate", "x.yaml", "--until", "soon"],
        ["explain", "x.yaml"],
        ["explain", "x.yaml", "--vm", "a/b", "--at", "-1d"],
        ["simulat", "x.yaml"],
        ["simulate", "x.yaml", "--set", "pools"],
        ["simulate", "x.yaml", "-o", "/no/such/folder/out.json"],
    ],
)
def test_a_wrong_command_line_ends_with_two_and_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err
    assert not printed.out
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("verb", ["validate", "show", "simulate", "placement", "explain"])
def test_every_verb_has_a_help_that_fits_the_screen(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    printed = capsys.readouterr().out
    assert "SCENARIO" in printed
    assert max(len(line) for line in printed.splitlines()) <= 100


def test_the_first_help_names_every_verb_with_a_whole_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    for verb in ("validate", "show", "simulate", "placement", "explain"):
        assert f"  {verb} " in printed
    assert "..." not in printed.partition("Commands:")[2]


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "ove-capacity 0.1.0\n"
