"""Names and amounts of resources: what a node has and a pod asks for.

An amount is an ``int``: ``cpu`` in milli-cores, memory, hugepages and storage in bytes, everything
else in pieces. Pods, devices and addresses of a node are resources like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.quantity import NANO, Quantity, QuantityError

__all__ = [
    "AMOUNT_MAX",
    "CPU",
    "EPHEMERAL_STORAGE",
    "HUGEPAGES_PREFIX",
    "KVM",
    "MEMORY",
    "PODS",
    "TUN",
    "VHOST_NET",
    "Amounts",
    "ResourceList",
    "amount",
    "amounts",
    "is_extended",
    "is_schedulable",
    "page_bytes",
]

CPU = "cpu"
MEMORY = "memory"
EPHEMERAL_STORAGE = "ephemeral-storage"
PODS = "pods"
HUGEPAGES_PREFIX = "hugepages-"
KVM = "devices.kubevirt.io/kvm"
TUN = "devices.kubevirt.io/tun"
VHOST_NET = "devices.kubevirt.io/vhost-net"

AMOUNT_MAX = 40 << 50
"""Largest amount a node may have, 40 Pi: scores multiply it by 100 in 64 bits."""

Amounts = Mapping[str, int]
"""Resource name -> amount; ``cpu`` in milli-cores, the rest in bytes or pieces."""

ResourceList = Mapping[str, Quantity]
"""Resource name -> exact quantity, as in a Kubernetes object."""


_NATIVE_DOMAIN = "kubernetes.io/"
_SHOWN = 60


def is_extended(name: str) -> bool:
    """Whether a resource belongs to somebody else than Kubernetes, as devices do.

    Source: kubernetes v1.34.1 pkg/apis/core/v1/helper/helpers.go, IsExtendedResourceName.
    """
    return "/" in name and _NATIVE_DOMAIN not in name and not name.startswith("requests.")


def is_schedulable(name: str) -> bool:
    """Whether the scheduler counts the resource at all; of native names it knows some only.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, Resource.Add, and
    pkg/scheduler/util/utils.go, IsScalarResourceName.
    """
    return (
        name in (CPU, MEMORY, EPHEMERAL_STORAGE, PODS)
        or name.startswith((HUGEPAGES_PREFIX, "attachable-volumes-"))
        or _NATIVE_DOMAIN in name
        or is_extended(name)
    )


def page_bytes(size: str) -> int:
    """Bytes of one hugepage: ``2Mi``, ``1Gi``, and what else a kernel offers.

    Raises:
        QuantityError: the text is no such size.
    """
    quantity = Quantity.parse(size)
    if quantity.nano <= 0 or quantity.nano % NANO:
        raise QuantityError(f"{size[:_SHOWN]!r} is not the size of a page, like 2Mi or 1Gi")
    return quantity.value


def amount(name: str, quantity: Quantity) -> int:
    """The scheduler's integer for a quantity: CPU up to the milli, all else up to the unit.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, Resource.Add.
    """
    return quantity.milli if name == CPU else quantity.value


def amounts(resources: ResourceList) -> dict[str, int]:
    """`amount` of each entry."""
    return {name: amount(name, quantity) for name, quantity in resources.items()}
