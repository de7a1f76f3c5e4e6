"""VMs that taints, missing domains, missing company or a LimitRange keep from running."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.checks.scenarios import VM, found, told

TAINTED = "worker: {count: 3, taints: [{key: gpu, value: a100}], node: {cpu: 8, memory: 32Gi}}"
ZONES = "worker: {count: 3, labels: {zone: a}, node: {cpu: 8, memory: 32Gi}}"
ALIKE = "{name: web, template: web, cluster: one, count: 3}"
SPREAD = (
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: WHEN, "
    "labelSelector: {matchLabels: {app: web}}}], "
)
NEAR = (
    "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
    "[{topologyKey: KEY, labelSelector: {matchLabels: {app: APP}}}]}}, "
)
HOST = NEAR.replace("KEY", "kubernetes.io/hostname")
CACHE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache, namespace: vms}
spec: {template: {metadata: {labels: {app: cache}}}}
"""


@pytest.mark.parametrize(
    ("rule", "more", "pools", "own", "expected"),
    [
        ("vm-not-tolerated", "", TAINTED, "", ["error: 3 VMs stay Pending on one (web)"]),
        ("vm-not-tolerated", "tolerations: [{key: gpu, operator: Exists}], ", TAINTED, "", []),
        ("vm-not-tolerated", "tolerations: [{key: gpu, value: a100}], ", TAINTED, "", []),
        ("vm-not-tolerated", "", TAINTED.replace("a100}", "a, effect: PreferNoSchedule}"), "", []),
        ("vm-not-tolerated", "", f"{TAINTED}, {ZONES.replace('worker', 'plain')}", "", []),
        (
            "vm-without-domain",
            SPREAD.replace("WHEN", "DoNotSchedule"),
            *("", "", ["error: 3 VMs stay Pending on one (web)"]),
        ),
        ("vm-without-domain", SPREAD.replace("WHEN", "DoNotSchedule"), ZONES, "", []),
        ("vm-without-domain", SPREAD.replace("WHEN", "ScheduleAnyway"), "", "", []),
        (
            "vm-without-domain",
            NEAR.replace("KEY", "rack").replace("APP", "web"),
            *("", "", ["error: 3 VMs stay Pending on one (web)"]),
        ),
        (
            "vm-near-nobody",
            HOST.replace("APP", "cache"),
            "",
            "",
            [
                "warning: unless such pods come from elsewhere 3 VMs stay Pending on one (web)",
            ],
        ),
        ("vm-near-nobody", HOST.replace("APP", "cache"), "", CACHE, []),
        ("vm-near-nobody", HOST.replace("APP", "web"), "", "", []),
    ],
)
def test_what_keeps_a_vm_out(
    rule: str, more: str, pools: str, own: str, expected: list[str], tmp_path: Path
) -> None:
    hub = VM.format(annotations="", more=more, domain="devices: {}")
    given = {"pools": pools} if pools else {}
    assert told(tmp_path, rule, own=own, hub=hub, vms=ALIKE, **given) == expected


RANGE = """
apiVersion: v1
kind: LimitRange
metadata: {{name: r, namespace: {namespace}}}
spec: {{limits: [{{type: {kind}, {bounds}}}]}}
"""


@pytest.mark.parametrize(
    ("namespace", "kind", "bounds", "path"),
    [
        ("vms", "Container", "max: {memory: 1Gi}", "spec.limits[0].max.memory"),
        ("vms", "Container", "max: {memory: 2Gi}", None),
        ("vms", "Pod", "max: {memory: 1Gi}", "spec.limits[0].max.memory"),
        ("vms", "Container", "min: {cpu: 2}", "spec.limits[0].min.cpu"),
        ("vms", "Container", "min: {cpu: 50m}", None),
        ("vms", "PersistentVolumeClaim", "max: {storage: 1Gi}", None),
        ("vms", "Container", "max: {memory: many}", None),
        ("other", "Container", "max: {memory: 1Gi}", None),
    ],
)
def test_a_limit_range_and_the_pods_of_vms(
    namespace: str, kind: str, bounds: str, path: str | None, tmp_path: Path
) -> None:
    own = RANGE.format(namespace=namespace, kind=kind, bounds=bounds)
    findings = found(tmp_path, "limit-range-refuses", own=own)
    assert [each.problem.path for each in findings] == ([path] if path else [])
    assert all(each.consequence == "3 VMs never start on one (web)" for each in findings)


def test_a_label_that_is_nearly_one_of_the_nodes_is_guessed(tmp_path: Path) -> None:
    hub = VM.format(annotations="", more="nodeSelector: {zoen: a}, ", domain="devices: {}")
    (each,) = found(tmp_path, "vm-selects-no-node", hub=hub, vms=ALIKE, pools=ZONES)
    assert "did you mean 'zone'?" in each.message


PAGES = """
apiVersion: performance.openshift.io/v2
kind: PerformanceProfile
metadata: {{name: p}}
spec: {{hugepages: {{pages: [{{size: {size}, count: 8}}]}}}}
"""


BARE = "worker: {count: 3, node: {cpu: 8, memory: 32Gi}}"
OTHERS = BARE.replace("32Gi", "32Gi, hugepages: {2Mi: 1}")


@pytest.mark.parametrize(
    ("size", "pools", "severity"),
    [("1G", BARE, ""), ("1G", OTHERS, "warning"), ("2M", BARE, "error")],
)
def test_pages_that_a_profile_makes_are_offered_unless_the_nodes_are_said_to_have_others(
    size: str, pools: str, severity: str, tmp_path: Path
) -> None:
    vms = "{name: db, cluster: one, cpu: 1, memory: 1Gi, hugepages: 1Gi, count: 2}"
    own = PAGES.format(size=size)
    lines = told(tmp_path, "vm-device-not-offered", vms=vms, own=own, pools=pools)
    assert lines == ([f"{severity}: 2 VMs stay Pending on one (db)"] if severity else [])


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("LiveMigrat", ["error: 3 VMs are refused on one (web)"]),
        ("LiveMigrateIfPossible", []),
        ("None", []),
    ],
)
def test_an_eviction_strategy_there_is_not(
    strategy: str, expected: list[str], tmp_path: Path
) -> None:
    hub = VM.format(annotations="", more=f"evictionStrategy: {strategy}, ", domain="devices: {}")
    assert told(tmp_path, "eviction-unrecognized", hub=hub, vms=ALIKE) == expected
