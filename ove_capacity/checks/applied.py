"""Findings by cluster: what a verdict needs to know of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ove_capacity.analysis.applied import Applied
from ove_capacity.checks.finding import Finding, Severity

__all__ = ["HUB", "applied"]

HUB = ""
"""Where findings belong that are about no cluster in particular."""

_DOWN = (
    "eviction-unrecognized",
    "limit-range-refuses",
    "name-unknown",
    "pinned-odd",
    "placement-selects-none",
    "placement-without-binding",
    "profile-hugepages",
    "profile-pinning",
    "policy-refuses-vm",
    "quota-short",
    "storage-class-unknown",
    "vm-device-not-offered",
    "vm-node-not-ready",
    "vm-not-tolerated",
    "vm-selects-no-node",
    "vm-too-large",
    "vm-without-domain",
)
"""Rules whose errors keep VMs from running."""


def applied(findings: Iterable[Finding], clusters: Iterable[str]) -> Mapping[str, Applied]:
    """Cluster -> what was found of it; `HUB` -> what is about all or none."""
    found: dict[str, list[Finding]] = {HUB: [], **{name: [] for name in clusters}}
    for each in findings:
        for name in each.clusters or (HUB,):
            found.setdefault(name, []).append(each)
    return {name: _of(own) for name, own in found.items()}


def _first(found: Finding) -> str:
    """The first of several consequences: what follows is in the findings themselves."""
    return (found.consequence or found.message).partition("; ")[0]


def _of(findings: list[Finding]) -> Applied:
    errors = [each for each in findings if each.severity is Severity.ERROR]
    down = [each for each in errors if each.rule in _DOWN]
    worst = next(iter((*down, *errors)), None)
    repairs = dict.fromkeys(each.repair for each in down if each.repair)
    return Applied(
        errors=len(errors),
        warnings=sum(each.severity is Severity.WARNING for each in findings),
        worst="" if worst is None else f"{worst.rule}: {_first(worst)}",
        repair="" if worst is None else worst.repair,
        vm_repairs=tuple(repairs),
    )
