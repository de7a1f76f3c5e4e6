"""MachineSets with bounds -> node groups, as OpenShift's provider presents them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ove_capacity.model.autoscaling import MachineAutoscaler, MachineSet, NodeGroup
from ove_capacity.model.node import Node, Taint
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.resources import (
    AMOUNT_MAX,
    CPU,
    EPHEMERAL_STORAGE,
    MEMORY,
    PODS,
    amount,
)
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["foretold_node", "node_groups_of"]

_LEAST = "machine.openshift.io/cluster-api-autoscaler-node-group-min-size"
_MOST = "machine.openshift.io/cluster-api-autoscaler-node-group-max-size"
_OLD = "machine.openshift.io/"
_NEW = "capacity.cluster-autoscaler.kubernetes.io/"
_GPU = "nvidia.com/gpu"
_PODS_BY_DEFAULT = 110
_MIB = 1 << 20
_LABELS = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
_PROXY = PodSpec(containers=(Container("kube-proxy", {CPU: Quantity.parse("100m")}),))


def node_groups_of(
    machine_sets: Iterable[MachineSet], autoscalers: Iterable[MachineAutoscaler] = ()
) -> tuple[NodeGroup, ...]:
    """The groups that can be scaled, in the order of the machine sets.

    None are: a set without bounds, or whose most is 0 or below its least; and one of no replicas
    that does not say what its machines are made of.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/cloudprovider/openshift/
    openshift_nodegroup.go, newNodeGroupFromScalableResource; a MachineAutoscaler writes the bounds
    into the set's annotations: openshift/cluster-autoscaler-operator 5673ba0d.
    """
    bounds = {each.machine_set: (each.min_replicas, each.max_replicas) for each in autoscalers}
    groups = []
    for machine_set in machine_sets:
        written = machine_set.annotations
        least, most = bounds.get(machine_set.name) or (
            _size(written, _LEAST),
            _size(written, _MOST),
        )
        template = foretold_node(machine_set)
        if most < max(least, 1) or (not machine_set.replicas and template is None):
            continue
        daemons = (_proxy(machine_set.name),) if template is not None else ()
        groups.append(NodeGroup(machine_set.name, least, most, template, daemons))
    return tuple(groups)


def _size(annotations: Mapping[str, str], key: str) -> int:
    text = annotations.get(key, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def foretold_node(machine_set: MachineSet) -> Node | None:
    """A node as the annotations of its machine set foretell it; None: they do not.

    All of its capacity is allocatable. It has no hugepages and no KVM devices, so that it never
    takes a VM that asks for them.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/cloudprovider/openshift/
    openshift_nodegroup.go, TemplateNodeInfo, and openshift_unstructured.go, InstanceCapacity.
    """
    written = machine_set.annotations
    try:
        capacity = {
            CPU: amount(CPU, _first(written, f"{_NEW}cpu", f"{_OLD}vCPU")),
            MEMORY: _memory_bytes(written),
            EPHEMERAL_STORAGE: _first(written, f"{_NEW}ephemeral-disk").value,
            _GPU: _first(written, f"{_NEW}gpu-count", f"{_OLD}GPU").value,
            PODS: _first(written, f"{_NEW}maxPods", f"{_OLD}maxPods").value or _PODS_BY_DEFAULT,
        }
    except QuantityError:
        return None  # upstream logs it, and goes on without a template
    if not capacity[CPU] or not capacity[MEMORY]:
        return None
    if min(capacity.values()) < 0 or max(capacity.values()) > AMOUNT_MAX:
        return None  # no machine; upstream's numbers would wrap round
    capacity = {name: value for name, value in capacity.items() if value}
    return Node(
        machine_set.name,
        capacity,
        capacity,
        {**_LABELS, **machine_set.labels, **_labels(written)},
        tuple(Taint(*each) for each in machine_set.taints),
    )


def _first(annotations: Mapping[str, str], *keys: str) -> Quantity:
    """The first of the annotations that says something other than nothing."""
    for key in keys:
        found = Quantity.parse(annotations.get(key) or "0")
        if found.nano:
            return found
    return Quantity(0)


def _memory_bytes(annotations: Mapping[str, str]) -> int:
    """The older annotation counts in MiB."""
    found = _first(annotations, f"{_NEW}memory").value
    return found or _first(annotations, f"{_OLD}memoryMb").value * _MIB


def _labels(annotations: Mapping[str, str]) -> dict[str, str]:
    pairs = (each.partition("=") for each in annotations.get(f"{_NEW}labels", "").split(","))
    return {key: value for key, equals, value in pairs if equals}


def _proxy(machine_set: str) -> Pod:
    """The mirror pod of kube-proxy that upstream reckons with on each foretold node."""
    return Pod(
        f"kube-proxy-{machine_set}",
        _PROXY,
        "kube-system",
        annotations={"kubernetes.io/config.mirror": "foretold"},
    )
