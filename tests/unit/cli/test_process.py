"""What only a process of its own can show: pipes, full disks and signals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = "from ove_capacity.cli.output import deliver; from ove_capacity.cli.options import Format"
VERB = f"""
import sys
import typer
{SHOW}
from ove_capacity.cli.endings import ends_decently

app = typer.Typer()

@app.command()
@ends_decently
def verb() -> None:
    deliver(dict, lambda: "line\\n" * 100_000, form=Format.TEXT, file=None)

app()
"""


def test_a_reader_that_leaves_early_ends_it_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", VERB], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", VERB], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"cannot print: No space left on device\n")


def test_a_terminal_without_our_characters_gets_question_marks() -> None:
    program = "import sys; from ove_capacity.cli.main import main; main(['nothing—here'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        stderr=subprocess.PIPE,
        check=True,
    )
    assert b"nothing?here" in done.stderr


def test_closed_output_is_no_bug() -> None:
    program = "import sys; from ove_capacity.cli.main import main; sys.exit(main(['--help']))"
    done = subprocess.run(["/bin/sh", "-c", f'{sys.executable} -c "$0" >&-', program], check=False)
    assert done.returncode == 0
