"""Ranges of addresses, and how many of them are left for pods and VMs."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ove_capacity.model.network import ClusterNetwork

__all__ = [
    "CLUSTER_NETWORK_SOURCE",
    "DEFAULT_CIDR",
    "GATEWAY_ADDRESSES",
    "cluster_network",
    "range_addresses",
    "whereabouts_addresses",
]

DEFAULT_CIDR = "10.128.0.0/14"
CLUSTER_NETWORK_SOURCE = (
    "openshift/installer release-4.15 pkg/types/defaults/installconfig.go: what a cluster is "
    "installed with unless told otherwise"
)
GATEWAY_ADDRESSES = 1
"""Of a range that is given whole, the gateway's; our assumption."""

_HOST_PREFIX = {4: 23, 6: 64}
_KEPT = 4
"""Of a node's slice: its own address, .1 the gateway, .2 the management port, and the last."""
_BOUNDARIES = 2
"""The network's own address and the broadcast address."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def cluster_network(cidr: str = DEFAULT_CIDR, host_prefix: int | None = None) -> ClusterNetwork:
    """The pod network cut into slices, each less what OVN-Kubernetes keeps of it.

    Raises:
        ValueError: no such range, or a slice that is larger than it or too small for pods.

    Source: openshift/installer release-4.15 pkg/types/defaults/installconfig.go for the defaults;
    ovn-org/ovn-kubernetes go-controller/pkg/util/net.go, GetNodeGatewayIfAddr and
    GetNodeManagementIfAddr, for the two addresses that a node takes of its slice.
    """
    network = _network(cidr)
    prefix = _HOST_PREFIX[network.version] if host_prefix is None else host_prefix
    if prefix < network.prefixlen:
        raise ValueError(f"a node's slice /{prefix} is larger than the whole network {cidr}")
    if prefix > network.max_prefixlen:
        raise ValueError(f"/{prefix} is longer than an address, {network.max_prefixlen} bits")
    addresses = (1 << (network.max_prefixlen - prefix)) - _KEPT
    if addresses < 1:
        raise ValueError(f"a node's slice /{prefix} leaves no address for pods")
    return ClusterNetwork(str(network), prefix, 1 << (prefix - network.prefixlen), addresses)


def range_addresses(text: str) -> int:
    """How many addresses interfaces may have in ``10.0.0.0/24`` or ``10.0.0.10-10.0.0.99``.

    A network is counted without its own address and the broadcast address; a gateway is counted.

    Raises:
        ValueError: it is no such range.

    Source: k8snetworkplumbingwg/whereabouts pkg/allocate/allocate.go, IterateForAssignment.
    """
    first, last = _bounds(text)
    return int(last) - int(first) + 1


def whereabouts_addresses(ipam: Mapping[str, Any]) -> int | None:
    """How many addresses a whereabouts configuration hands out; None when it names no range.

    Raises:
        ValueError: a range, or one of its ends, is none.

    Source: k8snetworkplumbingwg/whereabouts pkg/allocate/allocate.go, IterateForAssignment; that
    a gateway within the range is nobody's else is ours: a VM that had it would cut off the others.
    """
    ranges = [ipam, *_mappings(ipam.get("ipRanges"))]
    counted = [each for each in ranges if each.get("range")]
    return sum(_of_range(each, ipam) for each in counted) if counted else None


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _of_range(part: Mapping[str, Any], ipam: Mapping[str, Any]) -> int:
    first, last = _bounds(str(part["range"]))
    if part.get("range_start"):
        first = max(first, _address(part["range_start"]), key=int)
    if part.get("range_end"):
        last = min(last, _address(part["range_end"]), key=int)
    excluded = part.get("exclude")
    spans = [_excluded(each) for each in excluded] if isinstance(excluded, list) else []
    if ipam.get("gateway"):
        gateway = int(_address(ipam["gateway"]))
        spans.append((gateway, gateway))
    kept, reached = 0, int(first) - 1
    for begin, end in sorted(spans):
        inside = min(end, int(last)) - max(begin, reached + 1, int(first)) + 1
        kept += max(0, inside)
        reached = max(reached, end)
    return max(0, int(last) - int(first) + 1 - kept)


def _excluded(text: object) -> tuple[int, int]:
    network = _network(str(text), strict=False)
    return int(network.network_address), int(network.broadcast_address)


def _bounds(text: str) -> tuple[_Address, _Address]:
    """First and last address of ``10.0.0.0/24`` or ``10.0.0.10-10.0.0.99[/24]``."""
    begin, dash, end = text.partition("-")
    if dash:
        first, last = _address(begin), _address(end.partition("/")[0])
        if first.version != last.version or int(first) > int(last):
            raise ValueError(f"{text!r} ends before it begins")
        return first, last
    network = _network(text, strict=False)
    if network.num_addresses <= _BOUNDARIES:
        raise ValueError(f"{text!r} leaves no address")
    return network.network_address + 1, network.broadcast_address - 1


def _address(text: object) -> _Address:
    try:
        return ipaddress.ip_address(str(text).strip())
    except ValueError:
        raise ValueError(f"{text!r} is not an address like 10.0.0.10") from None


def _network(text: str, *, strict: bool = True) -> _Network:
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not a range like 10.128.0.0/14") from None
    if "/" not in text and strict:
        raise ValueError(f"{text!r} is one address, not a range like {DEFAULT_CIDR}")
    if strict and ipaddress.ip_address(text.partition("/")[0].strip()) != network.network_address:
        raise ValueError(f"{text!r} begins within its range: the range is {network}")
    return network
