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
"""Option -> minor release of Kubernetes that first knew it.

In this order: KEP-2625, 2902, 3327, 3545, 4176, 4622, 4540 and 4800. The milestones of their
kep.yaml say so, of 4176 the README of KEP-5554: its own plans a release earlier, which was missed
(kubernetes/enhancements 64765b4b, keps/sig-node).
"""

_ALPHA_BEFORE = {
    "full-pcpus-only": 23,
    "distribute-cpus-across-numa": 33,
    "align-by-socket": 99,
    "prefer-closest-numa-nodes": 28,
    "distribute-cpus-across-cores": 99,
    "strict-cpu-reservation": 33,
    "prefer-align-cpus-by-uncorecache": 34,
}
"""Option -> minor release that first had it without a feature gate that is off; 99: none has.

Milestone ``beta`` of the same kep.yaml, whose gates are on by default. align-by-socket and
distribute-cpus-across-cores have one, too, and are among policy_options.go's alphaOptions still
(v1.36.2); max-allowable-numa-nodes began as beta.
"""

_ODD_PARTS_OF_CACHES = 33
"""kubernetes/kubernetes#131850, under review until July 2025 and so of 1.34 upstream; that the 1.33
of OpenShift 4.20 has it, too, and 4.19 has not, is assumed."""
_GUARDS_GROUPS = 32
_TELLS_BROKEN_CORES = 32
"""kubernetes/kubernetes#123443 and #127959: v1.32.0 has them, v1.31.0 has not; that no patch
release of 1.31 or before has either is assumed."""
_HINTS_WHERE_DEVICES_ARE = 35
"""kubernetes/kubernetes#138244 of April 2026, in OpenShift by openshift/kubernetes#2645; patch
releases of 1.35 before that do otherwise, as those of 1.34 are assumed to."""


@dataclass(frozen=True, slots=True)
class KubeletRules:
    """One release's rules; the rest is that of 1.36."""

    options: tuple[str, ...]
    """Options of the CPU and topology managers that it knows."""
    odd_parts_of_caches: bool = True
    """A cache can serve an odd number of CPUs, a part of a core counting as a core."""
    hints_where_devices_are: bool = True
    """Hints for devices name only cells that have some; before, any."""
    guards_groups: bool = True
    """Memory is not taken from several cells of which one serves others; before, only hints said
    so, and cells that other resources agreed on could break a group."""
    tells_broken_cores: bool = True
    """A refusal for want of unbroken cores says so even where there are none at all."""
    alpha: tuple[str, ...] = ()
    """Options with which a kubelet starts only if a feature gate is on that is off by default."""


def kubelet_rules(kubernetes: str) -> KubeletRules:
    """The rules of a Kubernetes release such as ``1.28``.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_options.go, cpu_assignment.go
    (takePartialUncore), policy_static.go (SMTAlignmentError), memorymanager/policy_static.go
    (isAffinityViolatingNUMAAllocations), topologymanager/policy_options.go and devicemanager/
    topology_hints.go; when they came to be so is told by the kep.yaml and pull requests named
    above, and by the same files of v1.27.0, v1.28.0, v1.29.0, v1.30.1, v1.31.0, v1.32.0, v1.33.1,
    v1.34.1 and v1.35.0.
    """
    minor = int(kubernetes.split(".")[1])
    return KubeletRules(
        tuple(name for name, since in _OPTION_SINCE.items() if since <= minor),
        minor >= _ODD_PARTS_OF_CACHES,
        minor >= _HINTS_WHERE_DEVICES_ARE,
        minor >= _GUARDS_GROUPS,
        minor >= _TELLS_BROKEN_CORES,
        tuple(name for name, until in _ALPHA_BEFORE.items() if minor < until),
    )


LATEST = kubelet_rules("1.36")
"""Those that decisions were recorded from."""
