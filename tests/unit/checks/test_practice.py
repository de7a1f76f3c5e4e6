"""The reference architecture's best practices, and what shows that they are followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject
from tests.unit.checks.scenarios import told


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        (32, "info: guests may use the rest"),
        (4, ""),
        (2, "warning: guests get less than planned"),
    ],
)
def test_the_share_of_the_system(cpu: int, expected: str, tmp_path: Path) -> None:
    pools = f"worker: {{count: 3, node: {{cpu: {cpu}, memory: 256Gi}}}}"
    vms = "{name: web, cluster: one, cpu: 1, memory: 1Gi}"
    lines = told(tmp_path, "practice-overhead", pools=pools, vms=vms)
    assert [line.startswith(expected) for line in lines] == [True] * bool(expected)


def test_the_share_is_the_one_that_headroom_tells() -> None:
    fleet = Path(__file__).parents[3] / "scenarios" / "rh-ove.yaml"
    told = [each.problem.message for each in oc.check(fleet, rules=["practice-overhead"]).findings]
    rooms = oc.headroom(oc.load(fleet), shapes=()).clusters.values()
    assert [re.findall(r"[\d.]+ %", message)[0] for message in told] == [
        f"{room.overhead_percent:.1f} %" for room in rooms
    ]


PINNED = "{name: db, cluster: one, cpu: 2, memory: 1Gi, count: 3, dedicatedCpuPlacement: true}"
ALIGNED = """
apiVersion: machineconfiguration.openshift.io/v1
kind: KubeletConfig
metadata: {name: k}
spec: {kubeletConfig: {topologyManagerPolicy: single-numa-node}}
"""


@pytest.mark.parametrize(
    ("own", "vms", "number"),
    [("", PINNED, 1), (ALIGNED, PINNED, 0), ("", PINNED.replace("true", "false"), 0)],
)
def test_pinned_vms_and_numa_cells(own: str, vms: str, number: int, tmp_path: Path) -> None:
    lines = told(tmp_path, "practice-numa", own=own, vms=vms)
    assert lines == ["info: 3 VMs may span cells on one (db)"] * number


NETWORK = """
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {{name: {name}}}
spec: {{config: '{config}'}}
"""
BARE = '{"type": "macvlan", "master": "ens1"}'
APART = '{"type": "macvlan", "master": "ens1.100"}'
TAGGED = '{"type": "bridge", "bridge": "ens1", "vlan": 100}'
LISTED = '{"plugins": [{"type": "macvlan", "master": "ens1"}]}'


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        (BARE, BARE, 2),
        (BARE, LISTED, 2),
        (BARE, APART, 0),
        (BARE, TAGGED, 0),
        (BARE, BARE.replace("ens1", "ens2"), 0),
        (BARE, "[", 0),
    ],
)
def test_networks_that_share_a_segment(one: str, other: str, number: int) -> None:
    objects = (NETWORK.format(name=name, config=each) for name, each in (("a", one), ("b", other)))
    assert len(run_rules(subject("---".join(objects)), ["practice-vlan"]).findings) == number


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: {namespace}}}
spec: {{podSelector: {{}}}}
"""


@pytest.mark.parametrize(("namespace", "number"), [("vms", 0), ("other", 1)])
def test_policies_between_vms(namespace: str, number: int, tmp_path: Path) -> None:
    lines = told(tmp_path, "practice-network-policy", own=POLICY.format(namespace=namespace))
    assert lines == ["info: 3 VMs are reached by every pod on one (web)"] * number


SCHEDULE = """
apiVersion: velero.io/v1
kind: Schedule
metadata: {{name: s}}
spec: {{schedule: 0 2 * * *, template: {{{scope}}}}}
"""


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        ("", 0),
        ("includedNamespaces: ['*']", 0),
        ("includedNamespaces: [vms]", 0),
        ("includedNamespaces: [other]", 1),
        ("excludedNamespaces: [vms]", 1),
    ],
)
def test_vms_in_no_backup(scope: str, number: int, tmp_path: Path) -> None:
    lines = told(tmp_path, "practice-backup", own=SCHEDULE.format(scope=scope))
    assert lines == ["warning: 3 VMs are in no backup on one (web)"] * number


def test_backups_by_something_else_are_not_judged(tmp_path: Path) -> None:
    assert told(tmp_path, "practice-backup") == []


RESTORE = "---\napiVersion: velero.io/v1\nkind: Restore\nmetadata: {name: r}\n"
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: {}\nmetadata: {{name: a}}\n"


@pytest.mark.parametrize(
    ("rule", "text", "number"),
    [
        ("practice-restore", SCHEDULE.format(scope=""), 1),
        ("practice-restore", SCHEDULE.format(scope="") + RESTORE, 0),
        ("practice-gitops", ARGO.format("ArgoCD"), 1),
        ("practice-gitops", ARGO.format("ArgoCD") + "---\n" + ARGO.format("ApplicationSet"), 0),
        ("practice-gitops", ARGO.format("Application"), 0),
    ],
)
def test_what_is_only_half_there(rule: str, text: str, number: int) -> None:
    assert len(run_rules(subject(text), [rule]).findings) == number
