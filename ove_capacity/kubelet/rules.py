"""What the kubelets of different releases do differently."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LATEST", "KubeletRules", "kubelet_rules"]

_OPTION_SINCE = {
    "full-pcpus-only": 22,
    "distribute-cpus-across-numa": 23,
    "align-by-socket": 25,
    "prefer-closest-numa-nodes": 26,
    "distribute-cpus-across-cores": 31,
    "max-allowable-numa-nodes": 31,
    "strict-cpu-reservation": 32,
    "prefer-align-cpus-by-uncorecache": 32,
}
"""Option -> minor release of Kubernetes that first knew it."""

_ALPHA_BEFORE = {
    "full-pcpus-only": 23,
    "distribute-cpus-across-numa": 33,
    "align-by-socket": 99,
    "prefer-closest-numa-nodes": 28,
    "distribute-cpus-across-cores": 99,
    "strict-cpu-reservation": 33,
    "prefer-align-cpus-by-uncorecache": 34,
}
"""Option -> minor release that first had it without a feature gate that is off; 99: none has."""

_ODD_PARTS_OF_CACHES = 33
_HINTS_WHERE_DEVICES_ARE = 35


@dataclass(frozen=True, slots=True)
class KubeletRules:
    """One release's rules; the rest is that of 1.36."""

    options: tuple[str, ...]
    """Options of the CPU and topology managers that it knows."""
    odd_parts_of_caches: bool = True
    """A cache can serve an odd number of CPUs, a part of a core counting as a core."""
    hints_where_devices_are: bool = True
    """Hints for devices name only cells that have some; before, any."""
    alpha: tuple[str, ...] = ()
    """Options with which a kubelet starts only if a feature gate is on that is off by default."""


def kubelet_rules(kubernetes: str) -> KubeletRules:
    """The rules of a Kubernetes release such as ``1.28``.

    Source: kubernetes pkg/kubelet/cm/cpumanager/policy_options.go, cpu_assignment.go
    (takePartialUncore), topologymanager/policy_options.go and devicemanager/topology_hints.go, at
    v1.27 to v1.36; decisions were recorded from v1.36.2 only.
    """
    minor = int(kubernetes.split(".")[1])
    return KubeletRules(
        tuple(name for name, since in _OPTION_SINCE.items() if since <= minor),
        minor >= _ODD_PARTS_OF_CACHES,
        minor >= _HINTS_WHERE_DEVICES_ARE,
        tuple(name for name, until in _ALPHA_BEFORE.items() if minor < until),
    )


LATEST = kubelet_rules("1.36")
"""Those that decisions were recorded from."""
