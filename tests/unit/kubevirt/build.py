"""VMs for the tests, from the fields that matter to them."""

from __future__ import annotations

from typing import Any

from ove_capacity.kubevirt.defaults import with_defaults
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.overhead import memory_overhead
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.manifests.kubevirt_config import kubevirt_of
from ove_capacity.model.pod import Container, Pod
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Vmi

MIB = 1 << 20
GIB = 1 << 30
RECORDED = ("v1.1.0", "v1.8.4", "v1.9.0")


def vmi(
    domain: dict[str, Any] | None = None, annotations: dict[str, str] | None = None, **spec: Any
) -> Vmi:
    """A VMI named vm with that domain; an absent one has 2 cores and 4Gi."""
    given = {"cpu": {"cores": 2}, "memory": {"guest": "4Gi"}} if domain is None else domain
    document = {
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "vm", "annotations": annotations or {}},
        "spec": {"domain": given, **spec},
    }
    return virtual_machine_of(document).vmi


def configured(**configuration: Any) -> KubeVirt:
    """A KubeVirt CR with that configuration."""
    return kubevirt_of({"spec": {"configuration": configuration}})


def rendered(of: Vmi, rules: str = "v1.9.0", kubevirt: KubeVirt | None = None) -> Pod:
    return launcher_pod(of, kubevirt or KubeVirt(), rules)


def compute(of: Vmi, rules: str = "v1.9.0", kubevirt: KubeVirt | None = None) -> Container:
    return rendered(of, rules, kubevirt).spec.containers[0]


def texts(resources: Any) -> dict[str, str]:
    """Quantities as they print."""
    return {name: str(quantity) for name, quantity in resources.items()}


def overhead_bytes(of: Vmi, kubevirt: KubeVirt, rules: str) -> int:
    """Memory overhead of a VMI as written."""
    release = rules_of(rules)
    return memory_overhead(with_defaults(of, kubevirt, release).spec, kubevirt, release).value
