"""What OpenShift Virtualization configures KubeVirt to, where nobody says otherwise.

KubeVirt's own defaults are those of `KubeVirt()`; the operator's differ, and change by release.
"""

from __future__ import annotations

from collections.abc import Collection

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.virtualization import Gates, KubeVirt
from ove_capacity.releases import Release

__all__ = ["default_kubevirt", "virtualization_assumptions"]

_CONSOLE_LOG_ON_SINCE_MINOR = 19
_SOURCE = "kubevirt/hyperconverged-cluster-operator 1.11.0 and 1.18.1, defaults it writes"


def default_kubevirt(release: Release, *, highly_available: bool = True) -> KubeVirt:
    """The configuration of a cluster whose HyperConverged says nothing of its own.

    *highly_available*: whether infrastructure nodes are; only then VMs migrate on eviction.

    Source: kubevirt/hyperconverged-cluster-operator 1.11.0 and 1.18.1
    controllers/handlers/kubevirt.go; the console log is off up to 1.14 and on from 1.15.
    """
    return KubeVirt(
        cpu_allocation_ratio=10,
        memory_overcommit=100,
        eviction_strategy="LiveMigrate" if highly_available else "None",
        gates=Gates(frozenset({"HypervStrictCheck"})),
        default_network_interface="masquerade",
        serial_console_log_disabled=release.openshift.minor < _CONSOLE_LOG_ON_SINCE_MINOR,
    )


def virtualization_assumptions(
    kubevirt: KubeVirt, cluster: str, said: Collection[str] = ()
) -> tuple[Assumption, ...]:
    """The defaults that change what a VM asks for, as entries of the ledger.

    *said*: names of those that an object says, which are no assumptions.

    Source: as `default_kubevirt`.
    """
    console_log = "off" if kubevirt.serial_console_log_disabled else "on"
    values = {
        "virtualization.cpu_allocation_ratio": str(kubevirt.cpu_allocation_ratio),
        "virtualization.memory_overcommit_percent": str(kubevirt.memory_overcommit),
        "virtualization.eviction_strategy": kubevirt.eviction_strategy or "None",
        "virtualization.guest_console_log": console_log,
    }
    return tuple(
        Assumption(name, value, _SOURCE, Evidence.DOCUMENTED, cluster)
        for name, value in values.items()
        if name not in said
    )
