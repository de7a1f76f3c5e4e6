"""What goes wrong in operation: guests without a disk, drains, scaling, pinning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.checks.scenarios import VM, found, told

OF_WEB = "{name: web, template: web, cluster: one, count: 3}"
DISK = "volumes: [{name: d, persistentVolumeClaim: {claimName: c}}], "
CONFIG = "volumes: [{name: d, configMap: {name: c}}], "
ALONE = "devices: {autoattachPodInterface: false}"
MASQUERADE = "devices: {interfaces: [{name: default, masquerade: {}}]}"
POD_NETWORK = "networks: [{name: default, pod: {}}], "


def _of(
    folder: Path, rule: str, more: str, domain: str, own: str = "", notes: str = ""
) -> list[str]:
    hub = VM.format(annotations=notes, more=more, domain=domain)
    return told(folder, rule, hub=hub, own=own, vms=OF_WEB)


@pytest.mark.parametrize(
    ("more", "domain", "expected"),
    [
        ("", ALONE, "error: 3 VMs run without a guest on one (web)"),
        (CONFIG, ALONE, "error: 3 VMs run without a guest on one (web)"),
        ("", "devices: {}", "info: 3 VMs run without a guest on one (web)"),
        (DISK, ALONE, ""),
        ("", f"{ALONE}, firmware: {{kernelBoot: {{container: {{image: k}}}}}}", ""),
    ],
)
def test_something_to_boot(more: str, domain: str, expected: str, tmp_path: Path) -> None:
    assert _of(tmp_path, "vm-nothing-to-boot", more, domain) == [expected] * bool(expected)


@pytest.mark.parametrize(("domain", "number"), [(ALONE, 1), ("devices: {}", 0), (MASQUERADE, 0)])
def test_a_network(domain: str, number: int, tmp_path: Path) -> None:
    more = POD_NETWORK if domain is MASQUERADE else ""
    lines = _of(tmp_path, "vm-without-network", more, domain)
    assert (
        lines == ["warning: 3 VMs have no network, no tun and no vhost-net on one (web)"] * number
    )


@pytest.mark.parametrize(
    ("request_memory", "expected"),
    [("1Gi", "guests may use 6 GiB, and 3 GiB are asked for"), ("2Gi", ""), ("3Gi", "")],
)
def test_memory_promised_twice(request_memory: str, expected: str, tmp_path: Path) -> None:
    domain = f"memory: {{guest: 2Gi}}, resources: {{requests: {{memory: {request_memory}}}}}"
    lines = _of(tmp_path, "vm-memory-overcommitted", "", domain)
    assert [expected in each for each in lines] == [True] * bool(expected)


STUCK = ["warning: 3 VMs keep their nodes from being drained on one (web)"]
GPU = "devices: {gpus: [{name: g, deviceName: nvidia.com/A100}]}"
IF_POSSIBLE = "evictionStrategy: LiveMigrateIfPossible, "


@pytest.mark.parametrize(
    ("more", "domain", "expected"),
    [
        ("", GPU, STUCK),
        (IF_POSSIBLE, GPU, []),
        ("evictionStrategy: External, ", MASQUERADE, STUCK),
        (POD_NETWORK, MASQUERADE, []),
        ("evictionStrategy: None, ", GPU, []),
    ],
)
def test_vms_that_must_migrate_and_cannot(
    more: str, domain: str, expected: list[str], tmp_path: Path
) -> None:
    assert _of(tmp_path, "vm-cannot-migrate", more, domain) == expected


def test_a_vm_that_a_drain_shuts_down(tmp_path: Path) -> None:
    line = ["info: 3 VMs are shut down by every drain on one (web)"]
    assert _of(tmp_path, "vm-shut-down", "evictionStrategy: None, ", MASQUERADE) == line
    assert _of(tmp_path, "vm-shut-down", POD_NETWORK, MASQUERADE) == []


CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: c, namespace: vms}}
spec: {{accessModes: [{mode}]}}
"""


@pytest.mark.parametrize(
    ("mode", "more", "expected"),
    [
        ("ReadWriteOnce", "", STUCK),
        ("ReadWriteMany", "", []),
        ("ReadWriteOnce", IF_POSSIBLE, []),
        ("ReadWriteOnce", "evictionStrategy: None, ", []),
    ],
)
def test_disks_of_one_node(mode: str, more: str, expected: list[str], tmp_path: Path) -> None:
    own = CLAIM.format(mode=mode)
    volumes = f"{more}{POD_NETWORK}{DISK}"
    assert _of(tmp_path, "vm-disk-not-shared", volumes, MASQUERADE, own) == expected


@pytest.mark.parametrize(
    ("label", "number"), [("kubernetes.io/hostname: one-worker-1", 1), ("", 0)]
)
def test_a_vm_that_one_node_may_run(label: str, number: int, tmp_path: Path) -> None:
    more = f"{POD_NETWORK}nodeSelector: {{{label}}}, "
    assert _of(tmp_path, "vm-single-node", more, MASQUERADE) == STUCK * number


APART = (
    "{{name: db, cluster: one, cpu: 1, memory: 1Gi, count: {count}, antiAffinity: {rule}{more}}}"
)


@pytest.mark.parametrize(
    ("count", "rule", "more", "expected"),
    [
        (2, "hostname", "", ""),
        (3, "preferred-hostname", "", ""),
        (3, "hostname", ", evictionStrategy: None", ""),
        (3, "hostname", "", "warning: 3 VMs find no target on one (db): no drain completes"),
        (5, "hostname", "", "error: 2 VMs stay Pending"),
    ],
)
def test_vms_with_a_machine_each(
    count: int, rule: str, more: str, expected: str, tmp_path: Path
) -> None:
    vms = APART.format(count=count, rule=rule, more=more)
    lines = told(tmp_path, "anti-affinity-blocks-drain", vms=vms)
    assert len(lines) == bool(expected)
    assert all(each.startswith(expected) for each in lines)


BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: b, namespace: {namespace}}}
spec: {{{spec}, selector: {{matchLabels: {{kubevirt.io: virt-launcher}}}}}}
"""


@pytest.mark.parametrize(
    ("namespace", "spec", "number"),
    [
        ("vms", "maxUnavailable: 0", 1),
        ("vms", "minAvailable: 100%", 1),
        ("vms", "maxUnavailable: 1", 1),
        ("vms", "maxUnavailable: 50%", 1),
        ("vms", "minAvailable: 50%", 1),
        ("vms", "minAvailable: 3", 1),
        ("vms", "minAvailable: 2", 0),
        ("other", "maxUnavailable: 0", 0),
    ],
)
def test_budgets_of_zero(namespace: str, spec: str, number: int, tmp_path: Path) -> None:
    own = BUDGET.format(namespace=namespace, spec=spec)
    lines = _of(tmp_path, "budget-blocks-drain", STAYS, MASQUERADE, own)
    assert lines == ["warning: 3 VMs keep their nodes on one (web) from being drained"] * number


STAYS = "evictionStrategy: None, "
WHERE_POSSIBLE = "evictionStrategy: LiveMigrateIfPossible, "
HELD = "warning: 3 VMs keep their nodes on one (web) from being drained"
ASKED_BY_NO_DRAIN = (
    "info: 3 VMs migrate on one (web): no drain asks the budget, only an autoscaler before it "
    "removes a node"
)
BRIDGE = "devices: {interfaces: [{name: default, bridge: {}}]}"


@pytest.mark.parametrize(
    ("strategy", "domain", "expected"),
    [
        ("evictionStrategy: LiveMigrate, ", MASQUERADE, ASKED_BY_NO_DRAIN),
        ("evictionStrategy: LiveMigrate, ", BRIDGE, ""),
        ("evictionStrategy: External, ", MASQUERADE, ""),
        (WHERE_POSSIBLE, MASQUERADE, ASKED_BY_NO_DRAIN),
        (WHERE_POSSIBLE, BRIDGE, HELD),
        (STAYS, MASQUERADE, HELD),
    ],
)
def test_a_budget_holds_only_vms_that_are_shut_down(
    strategy: str, domain: str, expected: str, tmp_path: Path
) -> None:
    own = BUDGET.format(namespace="vms", spec="maxUnavailable: 0")
    lines = _of(tmp_path, "budget-blocks-drain", POD_NETWORK + strategy, domain, own)
    assert lines == [expected] * bool(expected)


@pytest.mark.parametrize(
    ("openshift", "strategy", "number"),
    [
        ("4.18", "LiveMigrate", 1),
        ("4.19", "LiveMigrate", 0),
        ("4.18", "None", 0),
        ("4.18", "External", 0),
    ],
)
def test_a_budget_beside_kubevirts_own(
    openshift: str, strategy: str, number: int, tmp_path: Path
) -> None:
    own = BUDGET.format(namespace="vms", spec="minAvailable: 1")
    hub = VM.format(
        annotations="", more=f"{POD_NETWORK}evictionStrategy: {strategy}, ", domain=MASQUERADE
    )
    lines = told(
        tmp_path,
        "budget-beside-kubevirts",
        hub=hub,
        own=own,
        vms=OF_WEB,
        more=f'platform: {{openshift: "{openshift}"}}\n',
    )
    assert len(lines) == number
    assert all(each.startswith("warning: 3 VMs end drains of their nodes") for each in lines)


SCALER = """
apiVersion: autoscaling.openshift.io/v1
kind: ClusterAutoscaler
metadata: {{name: default}}
spec: {{scaleDown: {{enabled: {on}}}}}
"""
SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict: "true"'


@pytest.mark.parametrize(
    ("on", "notes", "number"), [("true", "", 1), ("true", SAFE, 0), ("false", "", 0)]
)
def test_vms_hold_their_workers(on: str, notes: str, number: int, tmp_path: Path) -> None:
    own = SCALER.format(on=on)
    lines = _of(tmp_path, "scale-down-blocked", "", MASQUERADE, own, notes)
    assert lines == ["warning: 3 VMs hold their workers on one (web)"] * number


MACHINES = """
apiVersion: autoscaling.openshift.io/v1beta1
kind: MachineAutoscaler
metadata: {{name: a}}
spec: {{minReplicas: {least}, maxReplicas: 9, scaleTargetRef: {{kind: MachineSet, name: w}}}}
"""


@pytest.mark.parametrize(
    ("least", "expected"), [(5, "warning: the pool stays at 3"), (2, "info: a pool"), (0, "")]
)
def test_a_minimum_is_only_a_floor(least: int, expected: str, tmp_path: Path) -> None:
    lines = told(tmp_path, "min-replicas-floor", own=MACHINES.format(least=least))
    assert len(lines) == bool(expected)
    assert all(each.startswith(expected) for each in lines)


CHECK = """
apiVersion: machine.openshift.io/v1beta1
kind: MachineHealthCheck
metadata: {{name: h}}
spec: {{{timeout}unhealthyConditions: [{{type: Ready, status: Unknown, timeout: 300s}}]}}
---
apiVersion: machine.openshift.io/v1beta1
kind: MachineSet
metadata: {{name: w}}
spec: {{template: {{spec: {{providerSpec: {{value: {{kind: {provider}}}}}}}}}}}
"""
METAL, CLOUD = "BareMetalMachineProviderSpec", "AWSMachineProviderConfig"


@pytest.mark.parametrize(
    ("timeout", "provider", "expected"),
    [
        ("", METAL, ["info 20m"]),
        ("nodeStartupTimeout: 9m, ", METAL, ["warning 20m"]),
        ("nodeStartupTimeout: 19m, ", METAL, ["info 20m"]),
        ("nodeStartupTimeout: 20m, ", METAL, []),
        ('nodeStartupTimeout: "0", ', METAL, []),
        ("", CLOUD, []),
        ("nodeStartupTimeout: 3m, ", CLOUD, ["info 4m"]),
        ("nodeStartupTimeout: 1m, ", CLOUD, ["warning 4m"]),
    ],
)
def test_a_health_check_that_gives_up(
    timeout: str, provider: str, expected: list[str], tmp_path: Path
) -> None:
    own = CHECK.format(timeout=timeout, provider=provider)
    findings = found(tmp_path, "startup-timeout", own=own)
    assert [f"{each.severity} {each.repair.split()[-1]}" for each in findings] == expected


def test_a_health_check_waits_as_long_as_the_autoscaler(tmp_path: Path) -> None:
    for given, number in (("7m", 1), ("8m", 0)):
        check = CHECK.format(timeout=f"nodeStartupTimeout: {given}, ", provider=CLOUD)
        own = f"{check}---{SCALER.format(on='true')}"
        assert len(found(tmp_path, "startup-timeout", own=own)) == number


STRICT = """
apiVersion: machineconfiguration.openshift.io/v1
kind: KubeletConfig
metadata: {{name: k}}
spec: {{kubeletConfig: {{cpuManagerPolicy: static, cpuManagerPolicyOptions: {{{option}}}}}}}
"""
WHOLE = 'full-pcpus-only: "true"'


@pytest.mark.parametrize(("option", "cpu", "number"), [(WHOLE, 3, 1), (WHOLE, 4, 0), ("", 3, 0)])
def test_pinned_vms_with_half_a_core(option: str, cpu: int, number: int, tmp_path: Path) -> None:
    vms = f"{{name: db, cluster: one, cpu: {cpu}, memory: 1Gi, dedicatedCpuPlacement: true}}"
    lines = told(tmp_path, "pinned-odd", vms=vms, own=STRICT.format(option=option))
    assert lines == ["error: 1 VM is refused by its kubelet on one (db)"] * number
