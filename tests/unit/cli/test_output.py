from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ove_capacity.cli.options import Format
from ove_capacity.cli.output import deliver, refuse_unwritable
from ove_capacity.errors import OveCapacityError


def write(file: Path, text: str = "done") -> None:
    deliver(dict, lambda: text, form=Format.TEXT, file=file)


def test_only_the_form_that_is_asked_for_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(lambda: {"b": 1, "a": "µ"}, lambda: 1 / 0 and "", form=Format.JSON, file=None)
    assert capsys.readouterr().out == '{\n  "b": 1,\n  "a": "µ"\n}\n'


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    file.write_text("old")
    file.chmod(0o640)
    write(file, "new")
    assert file.read_text() == "new\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_result_that_cannot_be_made_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("old")
    with pytest.raises(ValueError, match="not JSON compliant"):
        deliver(lambda: {"x": float("nan")}, str, form=Format.JSON, file=file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    write(tmp_path / "out.txt")
    (tmp_path / "plain.txt").write_text("x")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_link_keeps_pointing_and_its_target_is_written(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "target.txt")
    write(link)
    assert link.is_symlink()
    assert (tmp_path / "target.txt").read_text() == "done\n"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write(Path(os.devnull))
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("name", "reason"), [("", "it is a folder"), ("no/where/out.txt", "there is no folder")]
)
def test_a_place_that_cannot_be_written_is_refused_before_the_run(
    name: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(OveCapacityError, match=reason):
        refuse_unwritable(tmp_path / name)
    with pytest.raises(OveCapacityError, match="cannot write"):
        write(tmp_path / name)
