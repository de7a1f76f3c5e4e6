"""kubevirt.io/v1 and pool.kubevirt.io objects -> nouns: VMs, VMIs, replica sets and pools.

Each function takes a `Document` or a plain dict as the API server would give it, reads what is
written and fills in nothing. Without *problems* it raises ScenarioError when anything is wrong;
fields that are not modelled become warnings there.
"""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.manifests.core import spread_constraints_of, tolerations_of
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.domain import domain_of
from ove_capacity.manifests.fields import Fields, Source, fields_of, warn_of_others
from ove_capacity.manifests.selectors import affinity_of
from ove_capacity.manifests.volumes import disks_of_templates
from ove_capacity.model.vm import Matcher, Network, VirtualMachine, Vmi, VmiSpec, Volume

__all__ = ["KINDS", "virtual_machine_of"]

KINDS = (
    "VirtualMachine",
    "VirtualMachineInstance",
    "VirtualMachineInstanceReplicaSet",
    "VirtualMachinePool",
)
"""Kinds that describe VMs, all read by `virtual_machine_of`."""

_MOST_REPLICAS = 1_000_000
_RUN_STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Halted", "Once", "WaitAsReceiver")
_SPEC_READ = (
    "affinity",
    "architecture",
    "domain",
    "evictionStrategy",
    "hostname",
    "livenessProbe",
    "networks",
    "nodeSelector",
    "priorityClassName",
    "readinessProbe",
    "schedulerName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
)
_SPEC_HARMLESS = (
    "accessCredentials",
    "dnsConfig",
    "dnsPolicy",
    "serviceAccountName",
    "startStrategy",
    "subdomain",
)
_VM_READ = (
    "dataVolumeTemplates",
    "instancetype",
    "preference",
    "runStrategy",
    "running",
    "template",
)


def _network(fields: Fields) -> Network:
    multus = fields.fields("multus")
    return Network(
        name=fields.required_text("name"),
        multus=multus.required_text("networkName") if "multus" in fields else "",
        is_claimed="resourceClaim" in fields,
    )


def _volume(fields: Fields) -> Volume:
    kind = next((key for key in fields.value if key != "name" and key in fields), "")
    source = fields.fields(kind) if kind else fields
    return Volume(
        name=fields.required_text("name"),
        kind=kind,
        claim=source.text("claimName") or (source.text("name") if kind == "dataVolume" else ""),
        hotpluggable=source.flag("hotpluggable"),
    )


def _spec(fields: Fields) -> VmiSpec:
    warn_of_others(fields, _SPEC_READ + _SPEC_HARMLESS)
    grace = fields.whole("terminationGracePeriodSeconds", least=0)
    return VmiSpec(
        domain=domain_of(fields.fields("domain")),
        networks=tuple(_network(each) for each in fields.each("networks")),
        volumes=tuple(_volume(each) for each in fields.each("volumes")),
        architecture=fields.text("architecture"),
        eviction_strategy=fields.text("evictionStrategy"),
        termination_grace_period_seconds=grace
        if "terminationGracePeriodSeconds" in fields
        else None,
        node_selector=fields.labels("nodeSelector"),
        affinity=affinity_of(fields.fields("affinity")) if "affinity" in fields else None,
        tolerations=tolerations_of(fields),
        spread=spread_constraints_of(fields),
        priority_class_name=fields.text("priorityClassName"),
        scheduler_name=fields.text("schedulerName"),
        exec_probes=sum(
            "exec" in fields.fields(probe) for probe in ("livenessProbe", "readinessProbe")
        ),
    )


def _vmi(template: Fields, meta: Fields) -> Vmi:
    """A VMI from where its spec is; *meta* names it."""
    own, spec = template.fields("metadata"), template.fields("spec")
    if "spec" not in template:
        template.error("'spec' is missing")
    return Vmi(
        name=meta.text("name") or meta.text("generateName"),
        namespace=meta.text("namespace") or "default",
        spec=_spec(spec),
        labels=own.labels("labels"),
        annotations=own.labels("annotations"),
        hostname=spec.text("hostname"),
    )


def _matcher(fields: Fields, key: str) -> Matcher | None:
    if key not in fields:
        return None
    matcher = fields.fields(key)
    return Matcher(matcher.text("name"), matcher.text("kind"), matcher.text("inferFromVolume"))


def _run_strategy(fields: Fields) -> str:
    strategy = fields.text("runStrategy")
    if strategy and strategy not in _RUN_STRATEGIES:
        known = ", ".join(_RUN_STRATEGIES)
        fields.error(f"must be one of {known} (got {strategy!r})", "runStrategy")
    if "running" not in fields:
        return strategy
    if strategy:
        fields.error("running and runStrategy exclude each other", "running")
    return "Always" if fields.flag("running") else "Halted"


def _of_vm(vm: Fields, meta: Fields) -> VirtualMachine:
    """A VirtualMachine from where its spec is; *meta* names it."""
    spec = vm.fields("spec")
    warn_of_others(spec, _VM_READ)
    if "template" not in spec:
        spec.error("'template' is missing")
    return VirtualMachine(
        vmi=_vmi(spec.fields("template"), meta),
        run_strategy=_run_strategy(spec),
        instancetype=_matcher(spec, "instancetype"),
        preference=_matcher(spec, "preference"),
        labels=vm.fields("metadata").labels("labels"),
        disks=disks_of_templates(spec),
    )


def _read(fields: Fields) -> VirtualMachine:
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    if "name" not in meta and "generateName" not in meta:
        meta.error("'name' is missing")
    match fields.text("kind"):
        case "VirtualMachinePool":
            vm = _of_vm(spec.fields("virtualMachineTemplate"), meta)
            return _times(vm, spec)
        case "VirtualMachineInstanceReplicaSet":
            vmi = _vmi(spec.fields("template"), meta)
            labels = meta.labels("labels")
            return _times(VirtualMachine(vmi, "Always", labels=labels), spec)
        case "VirtualMachineInstance":
            return VirtualMachine(_vmi(fields, meta), "Once", labels=meta.labels("labels"))
        case "VirtualMachine":
            return _of_vm(fields, meta)
        case kind if kind:
            fields.error(f"must be one of {', '.join(KINDS)} (got {kind!r})", "kind")
    if "template" in spec:
        return _of_vm(fields, meta)
    return VirtualMachine(_vmi(fields, meta), "Once", labels=meta.labels("labels"))


def _times(vm: VirtualMachine, spec: Fields) -> VirtualMachine:
    replicas = spec.whole("replicas", 1, least=0, most=_MOST_REPLICAS)
    return replace(vm, replicas=replicas)


def virtual_machine_of(source: Source, problems: Problems | None = None) -> VirtualMachine:
    """A VM, a VMI, a replica set or a pool; without a kind, a VM if it has a template.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    vm = _read(fields_of(source, log))
    if problems is None:
        log.raise_if_any()
    return vm
