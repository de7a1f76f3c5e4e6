"""What of a launcher pod's requests is the guest's own."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.compute import compute_resources
from ove_capacity.kubevirt.defaults import with_defaults
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, amounts
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Vmi
from ove_capacity.quantity import Quantity

__all__ = ["guest_requests"]


def guest_requests(vmi: Vmi, kubevirt: KubeVirt, rules: str) -> dict[str, int]:
    """CPU in milli-cores, memory and hugepages in bytes that a VMI asks for as its guest's share.

    What the compute container would request without KubeVirt's memory overhead and without a CPU
    for an isolated emulator thread. What the pod requests beyond it is the launcher's overhead.

    Raises:
        RenderError: upstream renders no pod for it.
        ValueError: *rules* is not a KubeVirt version.

    Source: ours, a split of kubevirt v1.9.0 pkg/virt-controller/services/renderresources.go,
    WithCPUPinning, WithMemoryOverhead and WithHugePages: what they add to the guest's own.
    """
    release = rules_of(rules)
    domain = vmi.spec.domain
    alone = replace(domain, cpu=replace(domain.cpu, isolate_emulator_thread=False))
    written = replace(vmi, spec=replace(vmi.spec, domain=alone))
    asked, _ = compute_resources(
        with_defaults(written, kubevirt, release), kubevirt, release, Quantity(0)
    )
    return amounts(
        {
            name: quantity
            for name, quantity in asked.items()
            if name in (CPU, MEMORY) or name.startswith(HUGEPAGES_PREFIX)
        }
    )
