"""What KubeVirt puts on a node that can run VMs: labels and devices.

Nodes read from a cluster without KubeVirt lack all of it, and would take no VM.
"""

from __future__ import annotations

from ove_capacity.kubevirt.devices import DEVICES_PER_NODE
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.resources import KVM, TUN, VHOST_NET, Amounts

__all__ = ["virtualization_devices", "virtualization_labels"]

_MACHINE_TYPES = {"amd64": "q35", "arm64": "virt", "s390x": "s390-ccw-virtio"}
_HYPERV = (
    "base",
    "frequencies",
    "ipi",
    "reenlightenment",
    "reset",
    "runtime",
    "synic",
    "synic2",
    "synictimer",
    "time",
    "tlbflush",
    "vpindex",
)


def virtualization_devices() -> Amounts:
    """Devices that virt-handler advertises on each node.

    Source: kubevirt v1.9.0 cmd/virt-handler/virt-handler.go, --max-devices.
    """
    return dict.fromkeys((KVM, TUN, VHOST_NET), DEVICES_PER_NODE)


def virtualization_labels(
    rules: str, arch: str = "amd64", *, static_cpu_manager: bool = False
) -> dict[str, str]:
    """Labels of a node that runs VMs without a named CPU model or required CPU feature.

    Models and features differ from host to host; who demands them must label the nodes.

    Raises:
        ValueError: *rules* is not a KubeVirt version.

    Source: kubevirt v1.9.0 pkg/virt-handler/node-labeller/node_labeller.go, prepareLabels;
    pkg/virt-handler/heartbeat/heartbeat.go.
    """
    release = rules_of(rules)
    labels = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": arch}
    if static_cpu_manager:
        labels["cpumanager"] = "true"
        if release.cpu_manager_label_prefixed:
            labels["kubevirt.io/cpumanager"] = "true"
    if release.machine_type_label:
        labels[f"machine-type.node.kubevirt.io/{_MACHINE_TYPES.get(arch, 'q35')}"] = "true"
    if arch == "amd64":
        labels |= {f"hyperv.node.kubevirt.io/{name}": "true" for name in _HYPERV}
    return labels
