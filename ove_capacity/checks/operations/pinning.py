"""Pinned VMs that their node refuses after the scheduler has chosen it."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, gathered, launched_vms
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.model.resources import CPU

__all__ = ["PINNING_RULES"]

_OPTION = "full-pcpus-only"
_ALIGNING = "single-numa-node"
_THREADS = 2
"""Of a core, where the machine's processors are not described; our assumption."""


def _whole_cores_only(each: Manifest) -> bool:
    """Whether an object makes kubelets hand out whole cores.

    Source: openshift/cluster-node-tuning-operator 069ef8f pkg/performanceprofile/controller/
    performanceprofile/components/kubeletconfig/kubeletconfig.go, New: a profile with the policy
    single-numa-node sets the option, unless its own snippet says otherwise.
    """
    if each.kind == "PerformanceProfile":
        return bool(each.get("spec", "numa", "topologyPolicy") == _ALIGNING)
    options = each.mapping("spec", "kubeletConfig", "cpuManagerPolicyOptions")
    return str(options.get(_OPTION)).lower() == "true"


def _threads(vm: Launched) -> int:
    shapes = [node.topology for node in vm.cluster.workers if node.topology is not None]
    return min((each.threads_per_core for each in shapes), default=_THREADS)


def _odd_pinned(subject: Subject) -> Iterator[Finding]:
    """Under full-pcpus-only a container with half a core's worth of threads too many is refused.

    Source: kubernetes v1.28 pkg/kubelet/cm/cpumanager/policy_static.go, SMTAlignmentError; kubevirt
    v1.1.0 pkg/virt-controller/services/renderresources.go: an isolated emulator thread takes one
    CPU more, or two with the annotation alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity.
    """
    kinds = ("KubeletConfig", "PerformanceProfile")
    strict = {
        each.cluster for kind in kinds for each in subject.of_kind(kind) if _whole_cores_only(each)
    }

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            cpu = vm.vmi.spec.domain.cpu
            if vm.cluster.name not in strict or vm.pod is None or not cpu.dedicated_cpu_placement:
                continue
            compute = vm.pod.spec.containers[0].requests.get(CPU)
            threads = _threads(vm)
            if compute is not None and compute.value % threads:
                said = f"pins {compute.value} CPUs, which are no whole cores of {threads} threads"
                repair = (
                    "an even number of vCPUs with the emulator's, by its even-parity annotation"
                )
                yield vm.finding(subject, said, "domain", "cpu", repair=repair), vm

    yield from gathered(found(), "is refused by its kubelet", "are refused by their kubelets")


PINNING_RULES = (Rule("pinned-odd", "Pinned VMs with half a core", Severity.ERROR, _odd_pinned),)
"""The CPU manager."""
