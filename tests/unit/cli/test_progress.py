from __future__ import annotations

import sys

import pytest

from ove_capacity.cli import progress
from ove_capacity.cli.progress import progress_bar


def test_there_is_no_bar_when_nobody_watches() -> None:
    with progress_bar("simulating") as advance:
        assert advance is None


@pytest.mark.parametrize(("patience_s", "is_shown"), [(0.0, True), (3600.0, False)])
def test_a_bar_appears_only_when_it_takes_long(
    patience_s: float,
    is_shown: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_PATIENCE_S", patience_s)
    with progress_bar("simulating") as advance:
        assert advance is not None
        advance(1, 10)
        advance(5, 10)
    printed = capsys.readouterr()
    assert ("simulating" in printed.err) is is_shown
    assert printed.out == ""
