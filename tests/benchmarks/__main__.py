"""``python -m tests.benchmarks [NAME …] [--json]``: timings with named sizes, and their ratios.

Nothing here passes or fails: a timing is a fact of a machine. Ratios are taken in one run.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.benchmarks import (
    admission,
    deciding,
    losing,
    placing,
    processes,
    room,
    scaling,
    studying,
    workbooks,
)

BENCHMARKS = {
    "help": processes.help_screen,
    "simulate-warm": processes.simulate_warm,
    "simulate-cold": processes.simulate_cold,
    "ingest-rvtools-5000": workbooks.ingest_rvtools,
    "admit-2-cells": admission.two_cells,
    "admit-8-cells": admission.eight_cells,
    "admit-relay": admission.relay,
    "admit-unpinned-ratio": admission.unpinned_against_totals,
    "relay-ratio": admission.relay_against_scheduler,
    "place-100k-on-5000": placing.hundred_thousand_on_five_thousand,
    "placement-5000-clusters": deciding.five_thousand_clusters,
    "placement-study-6-clusters": studying.fifty_policies,
    "headroom-100-workers": room.hundred_workers,
    "failover-100-workers": losing.all_pairs,
    "failover-copy-ratio": losing.rewound_against_copied,
    "scaling-decision": scaling.decision,
    "scaling-idle-year": scaling.idle_year,
    "scaling-quarter-5000-vms": scaling.quarter_of_growth,
    "place-plain-ratio": placing.compiled_against_plain,
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; none: all")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    results = {}
    for name in arguments.names or BENCHMARKS:
        results[name] = BENCHMARKS[name]()
        if not arguments.json:
            facts = ", ".join(f"{key} {value}" for key, value in results[name].items())
            print(f"{name}: {facts}", flush=True)
    if arguments.json:
        print(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
