"""The reference architecture, as written and as intended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ove_capacity.analysis.settle import settle
from ove_capacity.scenario import load
from ove_capacity.sim.run import Run

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "rh-ove.yaml"
ALL = {"web": 120, "db": 7, "db-replica": 9, "app": 20, "rehearsal": 12, "desk": 10}


def settled(variant: str | None = None, **changes: object) -> Run:
    return settle(load(SCENARIO, variant=variant, set=changes))


def counts(run: Run) -> dict[str, Counter[str]]:
    """Status -> VMs by workload."""
    found: dict[str, Counter[str]] = {}
    for vm in run.vms:
        found.setdefault(str(vm.status), Counter())[vm.workload] += 1
    return found


def test_as_written_no_vm_runs() -> None:
    run = settled()
    assert counts(run) == {
        "refused": {"db": 7, "db-replica": 9, "app": 20},
        "pending": {"rehearsal": 12, "desk": 10},
    }
    nowhere = "workload web: Placement vm-production/vm-workload-placement chose no cluster"
    assert nowhere in " ".join(run.warnings)


@pytest.mark.parametrize("variant", ["intended", "spare", "no-remediation"])
def test_as_intended_all_vms_run(variant: str) -> None:
    assert counts(settled(variant)) == {"running": ALL}


TEMPLATE = "rh-ove/manifests/hub/scalable-vm-template.yaml"
PRIMARY, SECONDARY = "clusters.production-primary.", "clusters.production-secondary."


@pytest.mark.parametrize(
    ("undone", "standing"),
    [
        ({"clusters.staging.pools.worker.labels": {}}, {"rehearsal": 12}),
        ({PRIMARY + "pools.worker.node.hugepages": {}}, {"db": 7}),
        ({SECONDARY + "kubelet": {}}, {"db-replica": 9}),
        ({"workloads.app.labels": {}}, {"app": 20}),
        ({'manifests."scalable-vm-template.yaml"': TEMPLATE}, {"web": 120}),
        ({"manifests[8]": "rh-ove/repairs/prometheus-rules.yaml"}, {"web": 120}),
        ({"clusters.development.manifests": ["rh-ove/manifests/managed-cluster/"]}, {"desk": 10}),
    ],
)
def test_each_repair_is_needed(undone: dict[str, object], standing: dict[str, int]) -> None:
    running = counts(settled("intended", **undone))["running"]
    assert {name: count - running[name] for name, count in ALL.items()} == {
        name: standing.get(name, 0) for name in ALL
    }
