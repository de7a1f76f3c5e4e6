"""Which nodes a launcher pod may go to: node selector and affinity."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import is_secure_execution, is_sev
from ove_capacity.model.pod import Affinity, PreferredNodeTerm
from ove_capacity.model.selector import NodeSelectorTerm, Requirement
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, VmiSpec

__all__ = ["node_affinity", "node_selector"]

_SCHEDULABLE = "kubevirt.io/schedulable"
_ARCH = "kubernetes.io/arch"
_VM_ARCH = "kubevirt.io/vm-arch-"
_CPU_MODEL = "cpu-model.node.kubevirt.io/"
_CPU_FEATURE = "cpu-feature.node.kubevirt.io/"
_CPU_VENDOR = "cpu-vendor.node.kubevirt.io/"
_HYPERV = "hyperv.node.kubevirt.io/"
_MACHINE_TYPE = "machine-type.node.kubevirt.io/"
_TSC = "scheduling.node.kubevirt.io/tsc-frequency-"
_OBSOLETE_HOST_MODEL = "node-labeller.kubevirt.io/obsolete-host-model"
_GENERIC_MODELS = ("", "host-model", "host-passthrough")
_HYPERV_LABELLED = (
    "vpindex",
    "runtime",
    "reset",
    "synic",
    "synictimer",
    "frequencies",
    "reenlightenment",
    "tlbflush",
    "ipi",
)
_PREFERRED_ARCH_WEIGHT = 100


def _needs_tsc(domain: Domain) -> bool:
    """Whether the guest's clock depends on the frequency of the host's time stamp counter."""
    invtsc = any(
        feature.name == "invtsc" and feature.policy in ("require", "force")
        for feature in domain.cpu.features
    )
    return invtsc or domain.hyperv.get("reenlightenment", False)


def _cpu_labels(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> list[str]:
    labels = []
    if domain.cpu.dedicated_cpu_placement:
        prefix = "kubevirt.io/" if rules.cpu_manager_label_prefixed else ""
        labels.append(f"{prefix}cpumanager")
    if rules.enables("HypervStrictCheck", kubevirt.gates):
        labels += [_HYPERV + name for name in _HYPERV_LABELLED if domain.hyperv.get(name)]
        if domain.hyperv.get("evmcs"):
            labels.append(_CPU_VENDOR + "Intel")
    if domain.cpu.model not in _GENERIC_MODELS:
        labels.append(_CPU_MODEL + domain.cpu.model)
    if rules.machine_type_label and domain.machine_type:
        labels.append(_MACHINE_TYPE + domain.machine_type)
    labels += [
        _CPU_FEATURE + feature.name
        for feature in domain.cpu.features
        if feature.policy in ("", "require")
    ]
    if kubevirt.tsc_frequency_hz and _needs_tsc(domain):
        labels.append(f"{_TSC}{kubevirt.tsc_frequency_hz}")
    return labels


def _protection_labels(spec: VmiSpec, rules: Rules) -> list[str]:
    domain = spec.domain
    security = domain.launch_security
    labels = ["kubevirt.io/realtime"] if domain.cpu.realtime is not None else []
    if is_sev(domain, rules):
        labels.append("kubevirt.io/sev")
    if security is not None and security.kind == "sev" and security.encrypted_state:
        labels.append("kubevirt.io/sev-es")
    if security is not None and rules.snp_and_tdx and security.kind in ("snp", "tdx"):
        labels.append("kubevirt.io/sev-snp" if security.kind == "snp" else "kubevirt.io/tdx")
    if rules.secure_execution_label and is_secure_execution(spec):
        labels.append("kubevirt.io/s390-pv")
    return labels


def node_selector(spec: VmiSpec, kubevirt: KubeVirt, rules: Rules) -> dict[str, str]:
    """Labels a node must carry; those that follow from the VM itself win over all others.

    Source: kubevirt v1.1.0 and v1.9.0 pkg/virt-controller/services/nodeselectorrenderer.go,
    Render; pkg/virt-controller/watch/topology/tsc.go; v1.1.0
    pkg/virt-api/webhooks/mutating-webhook/mutators/vmi-mutator.go.
    """
    selector = {_SCHEDULABLE: "true", _ARCH: spec.architecture.lower()}
    selector |= kubevirt.node_selectors
    selector |= spec.node_selector
    if rules.enables("CrossArchitectureVirtualization", kubevirt.gates):
        selector.pop(_ARCH, None)
        selector[_VM_ARCH + spec.architecture] = "true"
    selector |= dict.fromkeys(_cpu_labels(spec.domain, kubevirt, rules), "true")
    value = "true" if rules.labels_say_true else ""
    return selector | dict.fromkeys(_protection_labels(spec, rules), value)


def _rejecting(affinity: Affinity, label: str) -> Affinity:
    """The affinity, and no node with that label: added to each of the ORed terms."""
    absent = Requirement(label, "DoesNotExist")
    if affinity.node_required is None:
        return replace(affinity, node_required=(NodeSelectorTerm((absent,)),))
    terms = tuple(
        replace(term, match_expressions=(*term.match_expressions, absent))
        for term in affinity.node_required
    )
    return replace(affinity, node_required=terms)


def node_affinity(spec: VmiSpec, kubevirt: KubeVirt, rules: Rules) -> Affinity | None:
    """The VM's affinity, away from obsolete host models and forbidden CPU features.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/template.go, setNodeAffinityForPod and
    setPreferredArchitectureAffinity.
    """
    cpu = spec.domain.cpu
    rejected = [_OBSOLETE_HOST_MODEL] if cpu.model in ("", "host-model") else []
    rejected += [_CPU_FEATURE + each.name for each in cpu.features if each.policy == "forbid"]
    affinity = spec.affinity
    for label in rejected:
        affinity = _rejecting(affinity or Affinity(), label)
    if rules.enables("CrossArchitectureVirtualization", kubevirt.gates):
        native = Requirement(_ARCH, "In", (spec.architecture.lower(),))
        term = PreferredNodeTerm(_PREFERRED_ARCH_WEIGHT, NodeSelectorTerm((native,)))
        affinity = affinity or Affinity()
        affinity = replace(affinity, node_preferred=(*(affinity.node_preferred or ()), term))
    return affinity
