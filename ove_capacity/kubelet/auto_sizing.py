"""``autoSizingReserved``: how much a node keeps for itself, by its size and release.

The node runs a script at boot; these are its two functions in exact arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.releases import OpenShiftVersion

__all__ = ["AutoSizing", "auto_sizing"]

_GIB = 1 << 30
_MEMORY_STEPS = ((4, 25), (4, 20), (8, 10), (112, 6))
_MEMORY_REST_PERCENT = 2
_CPU_STEPS = ((1, 600), (1, 100), (2, 50))
_CPU_REST = 25


@dataclass(frozen=True, slots=True)
class AutoSizing:
    """Which of the script's formulas apply."""

    is_default: bool
    """On for workers unless configured otherwise."""
    memory_rules: int
    """1: up to 4.20; 2: from 4.21 on."""
    cpu_version: int
    """NODE_SIZING_VERSION: 1 for nodes of clusters created up to 4.16, else 2."""
    has_cpu_floor: bool
    """At least half a core."""

    def memory_bytes(self, usable_bytes: int) -> int:
        """Reserved memory of a node whose operating system sees *usable_bytes*.

        The script reads ``free -g``, whole GiB of usable RAM: 256 GiB built in show as about 251.

        Source: openshift/machine-config-operator release-4.14, release-4.21
        templates/common/_base/files/kubelet-auto-sizing.yaml, dynamic_memory_sizing.
        """
        gib = usable_bytes // _GIB
        percent = self._old_percent(gib) if self.memory_rules == 1 else self._new_percent(gib)
        return (percent + 50) // 100 * _GIB

    @staticmethod
    def _old_percent(gib: int) -> int:
        percent = 0
        for width, share in _MEMORY_STEPS:
            step = min(gib, width)
            percent += step * share
            gib -= step
        return percent + gib * _MEMORY_REST_PERCENT

    @staticmethod
    def _new_percent(gib: int) -> int:
        above = gib - 8
        if above <= 0:
            return 100
        return 100 + 6 * above if above <= 120 else 772 + 2 * (above - 112)

    def cpu_nano(self, cpus: int) -> int:
        """Reserved CPU of a node with so many CPUs, in billionths of a core.

        Source: openshift/machine-config-operator release-4.14, release-4.20
        templates/common/_base/files/kubelet-auto-sizing.yaml, dynamic_cpu_sizing.
        """
        if self.cpu_version == 1:
            nano, left = 0, cpus
            for width, share in _CPU_STEPS:
                step = min(left, width)
                nano += step * share * 100_000
                left -= step
            nano += left * _CPU_REST * 100_000
        else:
            nano = (60 + 12 * (cpus - 1) + 5) // 10 * 10_000_000
        return max(nano, 500_000_000) if self.has_cpu_floor else nano


_CHANGES = (
    (OpenShiftVersion(4, 14), AutoSizing(False, 1, 1, has_cpu_floor=False)),
    (OpenShiftVersion(4, 16), AutoSizing(False, 1, 1, has_cpu_floor=True)),
    (OpenShiftVersion(4, 17), AutoSizing(False, 1, 2, has_cpu_floor=True)),
    (OpenShiftVersion(4, 21), AutoSizing(True, 2, 2, has_cpu_floor=True)),
)
"""What each release changed, oldest first."""


def _rules_of(version: OpenShiftVersion) -> AutoSizing:
    rules = _CHANGES[0][1]
    for since, changed in _CHANGES:
        if since <= version:
            rules = changed
    return rules


def auto_sizing(openshift: OpenShiftVersion, created_on: OpenShiftVersion) -> AutoSizing:
    """The rules for a cluster of one release that was created on another.

    The script is the running release's; whether it is on by default, and the CPU version, were
    fixed when the cluster was created.

    Source: openshift/machine-config-operator pull requests 5387, 5390, 5491 (upgraded clusters keep
    it off) and /etc/node-sizing-version.json (nodes of 4.16 keep version 1).
    """
    now, born = _rules_of(openshift), _rules_of(created_on)
    return AutoSizing(born.is_default, now.memory_rules, born.cpu_version, now.has_cpu_floor)
