"""What the platform's own pods ask of each node, where no list of pods says so.

These pods run before any VM does. A flat percentage would be wrong at both ends: the requests
hardly depend on the machine's size, so they weigh on 4 cores what they do not on 64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.resources import CPU, MEMORY, PODS, Amounts

__all__ = ["PlatformShare", "platform_assumptions", "platform_of", "platform_shares"]

_MIB = 1 << 20

_MUST_GATHER = (
    "requests of running pods in a bare-metal CI cluster's must-gather, mean of three nodes; "
    "openshift/must-gather-clean cb2f7e5 testdata"
)


@dataclass(frozen=True, slots=True, eq=False)
class PlatformShare:
    """One part of the platform on one node of a role."""

    name: str
    roles: tuple[str, ...]
    amounts: Amounts
    """CPU in milli-cores, memory in bytes, ``pods`` in pieces."""
    source: str
    evidence: Evidence
    needs_virtualization: bool = False

    def assumption(self, applies_to: str) -> Assumption:
        """For the ledger."""
        cpu, memory, pods = (self.amounts.get(name, 0) for name in (CPU, MEMORY, PODS))
        value = f"{cpu}m CPU, {memory // _MIB}Mi, {pods} pods a node"
        return Assumption(f"platform.{self.name}", value, self.source, self.evidence, applies_to)


_SHARES = (
    PlatformShare(
        "control_plane",
        ("master",),
        {CPU: 1722, MEMORY: 5484 * _MIB, PODS: 39},
        _MUST_GATHER,
        Evidence.MEASURED,
    ),
    PlatformShare(
        "worker",
        ("worker",),
        {CPU: 511, MEMORY: 2165 * _MIB, PODS: 19},
        _MUST_GATHER,
        Evidence.MEASURED,
    ),
    PlatformShare(
        "virtualization",
        ("master", "worker"),
        {CPU: 10, MEMORY: 360 * _MIB, PODS: 4},
        "openshift-docs virt-cluster-resource-requirements: 360 MiB a worker; CPU: virt-handler's "
        "request in kubevirt v1.1.0 and v1.9.0",
        Evidence.DOCUMENTED,
        needs_virtualization=True,
    ),
    PlatformShare(
        "storage_daemons",
        ("storage",),
        {CPU: 5000, MEMORY: 12288 * _MIB, PODS: 8},
        "OpenShift Data Foundation, balanced, three OSDs: 15 CPUs and 36 GiB over three nodes; "
        "red-hat-storage/ocs-operator ab00543 pkg/defaults/resources.go",
        Evidence.DOCUMENTED,
    ),
    PlatformShare(
        "storage_node",
        ("storage",),
        {CPU: 304, MEMORY: 788 * _MIB, PODS: 12},
        "the node with the fewest platform pods of the same must-gather: daemon sets only",
        Evidence.MEASURED,
    ),
)


def platform_shares(role: str, *, virtualization: bool) -> tuple[PlatformShare, ...]:
    """What runs on a node of that role: master, storage, or else worker.

    *virtualization*: whether VMs run on it.

    Source: openshift/must-gather-clean cb2f7e5; openshift-docs virt-cluster-resource-requirements;
    red-hat-storage/ocs-operator ab00543.
    """
    known = role if role in ("master", "storage") else "worker"
    return tuple(
        share
        for share in _SHARES
        if known in share.roles and (virtualization or not share.needs_virtualization)
    )


def platform_of(shares: Iterable[PlatformShare]) -> Amounts:
    """The sum of the shares: what a node's platform pods ask for.

    Source: ours, addition.
    """
    total: dict[str, int] = {}
    for share in shares:
        for name, number in share.amounts.items():
            total[name] = total.get(name, 0) + number
    return total


def platform_assumptions(shares: Iterable[PlatformShare], cluster: str) -> tuple[Assumption, ...]:
    """One assumption for each share that a cluster's nodes have.

    Source: as `platform_shares`.
    """
    return tuple(share.assumption(cluster) for share in dict.fromkeys(shares))
