"""VMs that keep their node from being drained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, gathered, launched_vms, nodes_for
from ove_capacity.checks.subject import Subject
from ove_capacity.errors import did_you_mean
from ove_capacity.kubevirt.eviction import MIGRATES, SHUTS_DOWN, on_eviction
from ove_capacity.kubevirt.rules import rules_of

__all__ = ["MIGRATION_RULES"]

_STUCK = ("keeps its node from being drained", "keep their nodes from being drained")
_CLAIMING = ("dataVolume", "persistentVolumeClaim")
_SHARED = "ReadWriteMany"
_STRATEGIES = ("External", "LiveMigrate", "LiveMigrateIfPossible", "None")


def _evicted(vm: Launched) -> str:
    kubevirt, rules = vm.cluster.kubevirt, rules_of(vm.cluster.release.kubevirt_rules)
    return on_eviction(vm.vmi, kubevirt, rules)


def _cannot_migrate(subject: Subject) -> Iterator[Finding]:
    """A VM that must migrate and cannot blocks its node's drain, and with it the upgrade.

    Source: kubevirt v1.9.0 pkg/virt-handler/vm.go, calculateLiveMigrationCondition, and
    pkg/virt-api/webhooks/validating-webhook/admitters/pod-eviction-admitter.go.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            said = _evicted(vm)
            if said not in (MIGRATES, SHUTS_DOWN):
                repair = "" if "External" in said else _repair(said)
                yield vm.finding(subject, said, "domain", "devices", repair=repair), vm

    yield from gathered(found(), *_STUCK)


def _repair(said: str) -> str:
    return "masquerade" if "pod network" in said else "evictionStrategy: LiveMigrateIfPossible"


def _claims(subject: Subject) -> Mapping[tuple[str, str, str], Mapping[str, Any]]:
    """(cluster, namespace, name) -> the claim of a DataVolume or a PersistentVolumeClaim."""
    return subject.once(_all_claims)


def _all_claims(subject: Subject) -> Mapping[tuple[str, str, str], Mapping[str, Any]]:
    found = {}
    for kind in ("PersistentVolumeClaim", "DataVolume"):
        for each in subject.of_kind(kind):
            found[each.cluster, each.namespace or "default", each.name] = _claim(each.value)
    return found


def _claim(value: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = value.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    inner = spec.get("storage") or spec.get("pvc") or spec
    return inner if isinstance(inner, Mapping) else {}


def _templates(vm: Launched) -> Mapping[str, Mapping[str, Any]]:
    """Claims that come with the VM, by name."""
    spec = vm.vm.resource.get("spec")
    if vm.vm.resource.get("kind") == "VirtualMachinePool" and isinstance(spec, Mapping):
        inner = spec.get("virtualMachineTemplate")
        spec = inner.get("spec") if isinstance(inner, Mapping) else {}
    listed = spec.get("dataVolumeTemplates") if isinstance(spec, Mapping) else None
    found = {}
    for each in listed if isinstance(listed, list) else ():
        metadata = each.get("metadata") if isinstance(each, Mapping) else None
        if isinstance(metadata, Mapping):
            found[str(metadata.get("name"))] = _claim(each)
    return found


def _alone(claim: Mapping[str, Any]) -> bool:
    modes = claim.get("accessModes")
    return isinstance(modes, list) and bool(modes) and _SHARED not in modes


def _unshared(subject: Subject, vm: Launched) -> str:
    """The first disk that only one node may hold, "" if there is none."""
    claims, own = _claims(subject), _templates(vm)
    for volume in vm.vmi.spec.volumes:
        if volume.kind == "hostDisk":
            return f"disk {volume.name} lies on its host"
        if volume.kind not in _CLAIMING:
            continue
        near = (vm.cluster.name, vm.vmi.namespace, volume.claim)
        claim = own.get(volume.claim) or claims.get(near) or claims.get(("", *near[1:])) or {}
        if _alone(claim):
            return f"disk {volume.name} is {' '.join(map(str, claim['accessModes']))}"
    return ""


def _disks_not_shared(subject: Subject) -> Iterator[Finding]:
    """A disk that one node holds alone cannot be open on the target while the VM migrates.

    Source: kubevirt v1.9.0 pkg/virt-handler/vm.go, checkVolumesForMigration: claims must be
    ReadWriteMany; a claim without accessModes gets those of its StorageProfile, not known here.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            why = _unshared(subject, vm)
            if why and _evicted(vm) == MIGRATES and not _may_shut_down(vm):
                repair = "ReadWriteMany, or evictionStrategy: LiveMigrateIfPossible"
                yield vm.finding(subject, f"cannot migrate: {why}", "volumes", repair=repair), vm

    yield from gathered(found(), *_STUCK)


def _may_shut_down(vm: Launched) -> bool:
    strategy = vm.vmi.spec.eviction_strategy or vm.cluster.kubevirt.eviction_strategy
    return strategy == "LiveMigrateIfPossible"


def _nowhere_to_go(subject: Subject) -> Iterator[Finding]:
    """A VM that only one node may run has no target to migrate to.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            if vm.pod is None or _evicted(vm) != MIGRATES:
                continue
            nodes = nodes_for(subject, vm.cluster, vm.pod.spec)
            if len(nodes) == 1:
                message = f"{nodes[0].name} is the only node that may run it: it has no target"
                yield vm.finding(subject, message, "nodeSelector"), vm

    yield from gathered(found(), *_STUCK)


def _shut_down(subject: Subject) -> Iterator[Finding]:
    """A VM whose strategy is None is shut down by a drain, and starts elsewhere if it restarts.

    Source: as for VMs that cannot migrate.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            if _evicted(vm) == SHUTS_DOWN:
                yield (
                    vm.finding(
                        subject, "does not migrate when its node drains", "evictionStrategy"
                    ),
                    vm,
                )

    yield from gathered(found(), "is shut down by every drain", "are shut down by every drain")


def _unrecognized(subject: Subject) -> Iterator[Finding]:
    """KubeVirt's webhook refuses a VM whose eviction strategy it does not recognize.

    Source: kubevirt v1.9.0 pkg/virt-api/webhooks/validating-webhook/admitters/
    vmi-create-admitter.go, validateLiveMigration.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            said = vm.vmi.spec.eviction_strategy
            if said and said not in _STRATEGIES:
                guess = did_you_mean(said, _STRATEGIES)
                message = f"{said!r} is no eviction strategy"
                message += f"; did you mean {guess!r}?" if guess else ""
                yield vm.finding(subject, message, "evictionStrategy", repair=guess), vm

    yield from gathered(found(), "is refused", "are refused")


MIGRATION_RULES = (
    Rule("eviction-unrecognized", "Strategies there are not", Severity.ERROR, _unrecognized),
    Rule("vm-cannot-migrate", "VMs that block a drain", Severity.WARNING, _cannot_migrate),
    Rule("vm-disk-not-shared", "Disks of one node", Severity.WARNING, _disks_not_shared),
    Rule("vm-single-node", "VMs that one node may run", Severity.WARNING, _nowhere_to_go),
    Rule("vm-shut-down", "VMs that a drain shuts down", Severity.INFO, _shut_down),
)
"""Drains."""
