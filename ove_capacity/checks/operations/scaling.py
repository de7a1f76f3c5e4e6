"""What the autoscaler does not do for VMs, whatever its settings promise."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import affected, launched_vms
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.openshift.machines import PLATFORMS, PROVISIONED_SHARE
from ove_capacity.simtime import format_duration, parse_duration

__all__ = ["SCALING_RULES"]

_SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_MINUTE_MS = 60_000
_STARTUP_MS = 10 * _MINUTE_MS
"""Default of nodeStartupTimeout.

Source: openshift/machine-api-operator release-4.15 install/…machinehealthcheck.crd.yaml.
"""
_PROVISION_MS = 15 * _MINUTE_MS
"""Default of maxNodeProvisionTime.

Source: kubernetes/autoscaler cluster-autoscaler-1.28.0 main.go, --max-node-provision-time.
"""
_KINDS = {
    "BareMetalMachineProviderSpec": "baremetal",
    "VSphereMachineProviderSpec": "vsphere",
}
"""Kind of a providerSpec -> platform; any other is a cloud.

Source: openshift/api machine/v1beta1 and metal3-io/cluster-api-provider-baremetal.
"""


def _minimum_is_a_floor(subject: Subject) -> Iterator[Finding]:
    """A minimum keeps scale-down from going below it; a smaller pool is not raised to it.

    Source: kubernetes/autoscaler cluster-autoscaler-1.28.0 main.go,
    --enforce-node-group-min-size (false), which the operator of OpenShift 4.15 does not set.
    """
    for scaler in subject.of_kind("MachineAutoscaler"):
        least = scaler.get("spec", "minReplicas")
        if not isinstance(least, int) or isinstance(least, bool) or least < 1:
            continue
        now = _replicas(subject, scaler)
        below = now is not None and now < least
        stays = (
            f"the pool stays at {now}" if below else "a pool that loses machines is not refilled"
        )
        yield Finding(
            scaler.problem(f"{least} is only a floor for scale-down", "spec", "minReplicas"),
            consequence=f"{stays}: machines are added when pods are Pending, not before",
            repair=f"replicas: {least} in the MachineSet" if below else "",
            severity=Severity.WARNING if below else None,
        )


def _replicas(subject: Subject, scaler: Manifest) -> int | None:
    """Of its MachineSet; without one, the workers of the cluster."""
    name = scaler.get("spec", "scaleTargetRef", "name")
    for each in subject.of_kind("MachineSet"):
        if each.name == name and each.cluster == scaler.cluster:
            said = each.get("spec", "replicas")
            return said if isinstance(said, int) else 1
    fleet = subject.case.fleet.clusters if subject.case else ()
    return next((len(each.workers) for each in fleet if each.name == scaler.cluster), None)


def _vms_block_scale_down(subject: Subject) -> Iterator[Finding]:
    """A launcher pod belongs to a VMI, which the autoscaler does not know as a controller.

    So no worker with a running VM is ever given back, however idle it is, unless the VM's template
    is annotated; then the drain must migrate its VMs within two minutes.

    Source: kubernetes/autoscaler cluster-autoscaler-1.28.0 utils/drain/drain.go (not replicated;
    local storage); kubevirt v1.9.0 pkg/virt-controller/services/template.go (owner, annotations).
    """
    for scaler in subject.of_kind("ClusterAutoscaler"):
        if scaler.get("spec", "scaleDown", "enabled") is not True:
            continue
        vms = [
            vm
            for vm in launched_vms(subject)
            if scaler.cluster in ("", vm.cluster.name)
            and vm.is_used
            and vm.vmi.annotations.get(_SAFE) != "true"
        ]
        if vms:
            keys = ("spec", "scaleDown", "enabled")
            yield Finding(
                scaler.problem("workers with a running VM are never given back", *keys),
                consequence=affected(vms, "holds its worker", "hold their workers"),
                repair=f'{_SAFE}: "true" on the template, or count on no scale-down',
            )


def _milliseconds(value: object, default: int) -> int | None:
    """A duration as Go writes it; None when it is none."""
    if value is None:
        return default
    try:
        return 0 if value in (0, "0") else parse_duration(str(value))
    except ValueError:
        return None


def _waiting(subject: Subject, check: Manifest) -> int:
    """How long the autoscaler of its cluster waits for a machine; 0: there is none."""
    found = [
        _milliseconds(scaler.get("spec", "maxNodeProvisionTime"), _PROVISION_MS) or 0
        for scaler in subject.of_kind("ClusterAutoscaler")
        if scaler.cluster == check.cluster
    ]
    return max(found, default=0)


def _platforms(subject: Subject, check: Manifest) -> set[str]:
    """Of the machine sets of its cluster."""
    path = ("spec", "template", "spec", "providerSpec", "value", "kind")
    return {
        _KINDS.get(str(machines.get(*path)), "cloud")
        for machines in subject.of_kind("MachineSet")
        if machines.cluster == check.cluster
    }


def _longer_phase(whole_ms: int) -> int:
    """Of a machine's time: until its instance exists, or from then until its node is ready."""
    return round(whole_ms * max(PROVISIONED_SHARE, 1 - PROVISIONED_SHARE))


def _startup_too_short(subject: Subject) -> Iterator[Finding]:
    """A health check that gives up before a machine has booted deletes it, and the next one too.

    The time begins anew when the machine has its instance. What machines take, and how much of it
    until then, is assumed by us, as docs/model.md says.

    Source: openshift/machine-api-operator 95119612 pkg/controller/machinehealthcheck/
    machinehealthcheck_controller.go, needsRemediation; pkg/controller/machine/controller.go,
    updateStatus.
    """
    for check in subject.of_kind("MachineHealthCheck"):
        given = _milliseconds(check.get("spec", "nodeStartupTimeout"), _STARTUP_MS)
        times = [PLATFORMS[each] for each in _platforms(subject, check)]
        half = _longer_phase(max((each.p50_ms for each in times), default=0))
        most = _longer_phase(max((each.p95_ms for each in times), default=0))
        waits = _longer_phase(_waiting(subject, check))
        if not given or given >= max(waits, most):
            continue
        why, longest = f"one in 20 is assumed to take {format_duration(most)} for one", most
        if given < half:
            why = f"half of them are assumed to take {format_duration(half)} for one"
        elif given < waits:
            why = f"the autoscaler waits as long as for one of {format_duration(waits)}"
            longest = max(waits, most)
        said = f"machines have {format_duration(given)} for each phase, and {why}"
        yield Finding(
            check.problem(said, "spec", "nodeStartupTimeout"),
            consequence="a slow machine is deleted and made again: the pool never grows",
            repair=f"nodeStartupTimeout: more than {format_duration(longest)}",
            severity=None if given < max(half, waits) else Severity.INFO,
        )


SCALING_RULES = (
    Rule(
        "min-replicas-floor", "Minimums that are only a floor", Severity.INFO, _minimum_is_a_floor
    ),
    Rule(
        "scale-down-blocked", "VMs that hold their workers", Severity.WARNING, _vms_block_scale_down
    ),
    Rule(
        "startup-timeout", "Health checks that give up early", Severity.WARNING, _startup_too_short
    ),
)
"""Growing and shrinking."""
