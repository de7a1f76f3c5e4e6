"""Whole processes, from outside: CPU seconds, wall seconds, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEMO = ["simulate", "scenarios/rh-ove.yaml", "--variant", "intended"]
RUNS = 5


def _run(arguments: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of one run."""
    command = [sys.executable, "-m", "ove_capacity", *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{' '.join(command)} ended with {process.returncode}"
    return usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024


def median(arguments: list[str], runs: int, environment: dict[str, str]) -> dict[str, float]:
    """Of several runs of one command line."""
    figures = [_run(arguments, environment) for _ in range(runs)]
    cpu_s, wall_s, peak_mib = (statistics.median(column) for column in zip(*figures, strict=True))
    return {
        "cpu_s": round(cpu_s, 2),
        "wall_s": round(wall_s, 2),
        "peak_mib": round(peak_mib),
        "runs": runs,
    }


def help_screen() -> dict[str, float]:
    _run(["--help"], {})
    return median(["--help"], RUNS, {})


def simulate_warm() -> dict[str, float]:
    _run(DEMO, {})
    return median(DEMO, RUNS, {})


def simulate_cold() -> dict[str, float]:
    """With no compiled kernel in any cache."""
    with tempfile.TemporaryDirectory() as empty:
        return median(DEMO, 1, {"XDG_CACHE_HOME": empty})
