"""``python -m tests.conformance SUITE FILE [--show NAME] [--emit OUT]``.

Exit 0: all cases agree; 1: some disagree; 2: the file cannot be read, or the suite is unknown.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.conformance.cases import CaseFileError, read_cases, write_cases
from tests.conformance.suites import SUITES, Verdict, answered, judge, suite_module

SHOWN_DISAGREEMENTS = 10


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("suite", help=f"one of {', '.join(SUITES)}")
    parser.add_argument("file", type=Path, help="recorded cases, .jsonl or .jsonl.gz")
    parser.add_argument("--show", metavar="NAME", help="print one case whole")
    parser.add_argument("--emit", metavar="OUT", type=Path, help="write the cases with our answers")
    return parser.parse_args(argv)


def _show(case: dict[str, Any], verdict: Verdict) -> None:
    print(json.dumps(case, indent=1, sort_keys=True))
    print("ours:", json.dumps(verdict.ours, indent=1, sort_keys=True, default=str))
    print(f"difference: {verdict.difference or 'none'}")


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    if arguments.suite not in SUITES:
        known = ", ".join(SUITES)
        print(f"unknown suite {arguments.suite!r}; known: {known}", file=sys.stderr)
        return 2
    try:
        cases = read_cases(arguments.file)
    except CaseFileError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.show and arguments.show not in [case["name"] for case in cases]:
        print(f"no case {arguments.show!r} in {arguments.file}", file=sys.stderr)
        return 2
    module = suite_module(arguments.suite)
    verdicts = [judge(module, case) for case in cases]
    for case, verdict in zip(cases, verdicts, strict=True):
        if verdict.name == arguments.show:
            _show(case, verdict)
    if arguments.emit:
        ours = (answered(module, case, v) for case, v in zip(cases, verdicts, strict=True))
        try:
            write_cases(arguments.emit, ours)
        except OSError as error:
            print(error, file=sys.stderr)
            return 2
    wrong = [verdict for verdict in verdicts if verdict.difference]
    for verdict in wrong[:SHOWN_DISAGREEMENTS]:
        print(f"{verdict.name}: {verdict.difference}")
    if len(wrong) > SHOWN_DISAGREEMENTS:
        print(f"… and {len(wrong) - SHOWN_DISAGREEMENTS} more")
    print(f"{arguments.suite}: {len(cases) - len(wrong)} of {len(cases)} cases agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
