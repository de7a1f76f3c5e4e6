"""Budgets that VMs share: storage below what they ask for, quotas without room to migrate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ove_capacity.analysis.budgets import needs_of
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, launched_by_namespace, launched_vms
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.kubevirt.eviction import MIGRATES, on_eviction
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.pod_requests import effective_requests, pod_limits
from ove_capacity.model.resources import CPU, amounts
from ove_capacity.model.storage import StorageSystem
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["BUDGET_RULES"]

_GIB = 1 << 30
_PODS = ("pods", "count/pods")
_VMS = ("count/virtualmachines.kubevirt.io", "count/virtualmachineinstances.kubevirt.io")
_CLAIMS = ("persistentvolumeclaims", "count/persistentvolumeclaims")
_STORAGE = "requests.storage"
_OF_CLASS = ".storageclass.storage.k8s.io/"
_BYTES = ("memory", "requests.memory", "limits.memory", "ephemeral-storage", _STORAGE)


def _storage_short(subject: Subject) -> Iterator[Finding]:
    """Volumes that are promised beyond what a system holds before it warns.

    Source: red-hat-storage/ocs-operator api/v1/storagecluster_types.go, nearFullRatio; copies and
    ratio of each system are the scenario's, or assumed as docs/model.md says.
    """
    for cluster in subject.case.fleet.clusters if subject.case else ():
        vms = [vm for vm in launched_vms(subject) if vm.cluster.name == cluster.name]
        held: Counter[str] = Counter()
        for vm in vms:
            for name, need in needs_of(cluster, vm.workload).items():
                held[name] += need * vm.count
        for system in cluster.storage:
            name = f"storage:{system.name}"
            need, usable = held[name] + system.held_bytes, system.usable_bytes
            if need > usable:
                own = [vm for vm in vms if needs_of(cluster, vm.workload).get(name)]
                said = f"disks of {need / _GIB:,.0f} GiB on {system.name}"
                said += f", which is near full at {usable / _GIB:,.0f} GiB"
                yield Finding(
                    subject.problem(said, "clusters", cluster.name),
                    consequence=f"{(need - usable) / _GIB:,.0f} GiB too much for what "
                    + affected(own, "asks for", "ask for"),
                    repair=f"{_raw(need - usable, system) // _GIB + 1:,} GiB of raw disks more",
                )


def _raw(excess: int, system: StorageSystem) -> int:
    return excess * system.replicas * 100 // system.near_full_percent


def _hard(quota: Manifest) -> Iterator[tuple[str, int]]:
    """What a quota bounds: resource -> milli-cores, bytes or pieces."""
    for name, value in quota.mapping("spec", "hard").items():
        try:
            quantity = Quantity.parse(str(value))
        except QuantityError:
            continue
        yield str(name), quantity.milli if name.rpartition(".")[2] == CPU else quantity.value


def _counted(vm: Launched) -> Mapping[str, int]:
    """What one launcher pod takes of a quota, by the names that quotas use."""
    assert vm.pod is not None
    asked = amounts(effective_requests(vm.pod))
    found = dict.fromkeys(_PODS, 1)
    found |= {f"requests.{name}": amount for name, amount in asked.items()}
    found |= {name: amount for name, amount in asked.items() if name in (CPU, "memory")}
    limits = amounts(pod_limits(vm.pod.spec))
    return {**found, **{f"limits.{name}": amount for name, amount in limits.items()}}


def _kept(vm: Launched) -> Mapping[str, int]:
    """What one VM takes of a quota once, however often it migrates: itself and its claims."""
    found = Counter(dict.fromkeys(_VMS, 1))
    if vm.vm.resource.get("kind") == "VirtualMachineInstance":
        del found[_VMS[0]]
    for disk in vm.workload.disks:
        for prefix in ("", *([disk.storage_class + _OF_CLASS] if disk.storage_class else ())):
            found[f"{prefix}{_STORAGE}"] += disk.size_bytes
            found[f"{prefix}{_CLAIMS[0]}"] += 1
        found[_CLAIMS[1]] += 1
    return found


def _migrates(vm: Launched) -> bool:
    kubevirt, rules = vm.cluster.kubevirt, rules_of(vm.cluster.release.kubevirt_rules)
    return on_eviction(vm.vmi, kubevirt, rules) == MIGRATES


def _quotas_short(subject: Subject) -> Iterator[Finding]:
    """A quota counts both pods of a migrating VM: full by its VMs, it lets none of them migrate.

    Only unscoped quotas are judged, and only by the VMs known here.

    Source: kubernetes v1.28 pkg/quota/v1/evaluator/core/pods.go; kubevirt/application-aware-quota
    README.md: an ApplicationAwareResourceQuota counts a migrating VM once.
    """
    for quota in subject.of_kind("ResourceQuota", ""):
        if quota.listed("spec", "scopes") or quota.mapping("spec", "scopeSelector"):
            continue
        for cluster in subject.clusters:
            if quota.cluster in (cluster, ""):
                yield from _of_quota(subject, quota, cluster)


def _of_quota(subject: Subject, quota: Manifest, cluster: str) -> Iterator[Finding]:
    vms = launched_by_namespace(subject).get((cluster, quota.namespace or "default"), ())
    counted = [(vm, _counted(vm)) for vm in vms]
    for name, limit in _hard(quota):
        each = [(vm, amounts_of.get(name, 0)) for vm, amounts_of in counted]
        kept = sum(vm.count * _kept(vm).get(name, 0) for vm in vms)
        need = sum(vm.count * amount for vm, amount in each) + kept
        twice = max((amount for vm, amount in each if vm.count and _migrates(vm)), default=0)
        where = f" on {cluster}" if quota.cluster == "" else ""
        said = f"VMs ask for {_shown(name, need)} of {_shown(name, limit)}{where}"
        if need > limit:
            room = ", with room for one migration" if twice else ""
            yield Finding(
                quota.problem(said, "spec", "hard", name),
                consequence="not all start: " + affected(vms, "shares it", "share it"),
                repair=f"at least {_shown(name, need + twice)}{room}",
            )
        elif need and twice and need + twice > limit:
            yield Finding(
                quota.problem(f"{said}, and a migration counts twice", "spec", "hard", name),
                consequence="a drain waits: "
                + affected(vms, "shares what is left", "share what is left"),
                repair=f"{_shown(name, need + twice)}, or an ApplicationAwareResourceQuota",
                severity=Severity.WARNING,
            )


def _shown(name: str, amount: int) -> str:
    if name.rpartition(".")[2] == CPU:
        return f"{amount / 1000:g} CPUs"
    is_bytes = name.rpartition("/")[2] in _BYTES
    return f"{amount / _GIB:,.4g} GiB" if is_bytes else f"{amount:,}"


BUDGET_RULES = (
    Rule("storage-short", "Storage below what VMs ask for", Severity.ERROR, _storage_short),
    Rule("quota-short", "Quotas without room", Severity.ERROR, _quotas_short),
)
"""Storage and quotas."""
