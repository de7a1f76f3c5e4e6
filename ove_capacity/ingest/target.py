"""VMs and hosts of a source -> clusters and workloads of a scenario, alike VMs told once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.inventory import SourceCluster, SourceHost, SourceKey, SourceVm

__all__ = [
    "Shape",
    "disks_of",
    "network_names",
    "pools_of",
    "printable",
    "shapes_of",
    "slug",
    "target_names",
]

_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
_LONGEST_SHOWN = 60
_GIB = 1024
"""In MiB."""


@dataclass(frozen=True, slots=True)
class Shape:
    """VMs that are alike."""

    name: str
    """Of the workload."""
    cpus: int
    memory_mib: int
    family: str
    is_halted: bool
    disks_mib: tuple[int, ...]
    """Of each of them."""
    networks: tuple[str, ...]
    """By the names that they have here."""
    vms: tuple[SourceVm, ...]


def printable(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """A name out of an inventory, fit for a comment: one line, no control characters."""
    shown = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def slug(text: str, otherwise: str) -> str:
    """A name as Kubernetes allows it: lower case, digits and dashes, beginning with a letter."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = _NOT_A_NAME.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-")
    if not name:
        return otherwise
    return name if name[0].isalpha() else f"{otherwise}-{name}"[:_LONGEST_NAME]


def target_names(keys: Iterable[SourceKey], onto: str) -> dict[SourceKey, str]:
    """Which cluster of the scenario each source cluster goes to; no two to one unless *onto*."""
    if onto:
        return dict.fromkeys(keys, onto)
    names: dict[SourceKey, str] = {}
    plain: defaultdict[str, list[SourceKey]] = defaultdict(list)
    for key in keys:
        plain[slug(key.cluster or key.site, "cluster")].append(key)
    for name, same in plain.items():
        for key in same:
            longer = f"{key.site} {key.cluster}" if key.cluster else f"{key.site} vms"
            wanted = name if len(same) == 1 else slug(longer, "cluster")
            names[key] = _free(wanted, names.values())
    return names


def _free(name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    if name not in used:
        return name
    return next(other for i in range(2, len(used) + 3) if (other := f"{name}-{i}") not in used)


def pools_of(clusters: Sequence[SourceCluster]) -> list[tuple[int, int, int, int]]:
    """(hosts, threads, memory in MiB, cores) of each kind of host, the most numerous first.

    What is not known of a kind is 0; hosts of which nothing is known are of no kind.
    """
    kinds: defaultdict[tuple[int, int, int], list[SourceHost]] = defaultdict(list)
    for cluster in clusters:
        for host in cluster.hosts:
            if host.threads or host.memory_mib:
                kinds[host.threads, host.memory_mib, host.cores].append(host)
    ordered = sorted(kinds.items(), key=lambda each: (-len(each[1]), each[0]))
    return [(len(hosts), *kind) for kind, hosts in ordered]


def network_names(vms: Iterable[SourceVm]) -> dict[str, str]:
    """Each network of the VMs by the name it has here, the busiest first."""
    used: Counter[str] = Counter(network for vm in vms for network in vm.networks)
    names: dict[str, str] = {}
    for network, _ in sorted(used.items(), key=lambda each: (-each[1], each[0])):
        names[network] = _free(slug(network, "net"), names.values())
    return names


def shapes_of(
    vms: Iterable[SourceVm], powered_off: PoweredOff, prefix: str, networks: Mapping[str, str]
) -> list[Shape]:
    """The VMs of one cluster by what makes them alike: those that run first, then by number.

    Args:
        vms: of the cluster.
        powered_off: whether those that do not run start here.
        prefix: of the names.
        networks: what the networks are called here; those not among them tell no VMs apart.
    """
    alike: defaultdict[tuple[Any, ...], list[SourceVm]] = defaultdict(list)
    for vm in vms:
        is_halted = powered_off is not PoweredOff.RUN and vm.power != "on"
        on = tuple(sorted(networks[each] for each in vm.networks if each in networks))
        alike[is_halted, vm.cpus, vm.memory_mib, vm.family, on].append(vm)
    ordered = sorted(alike.items(), key=lambda each: (each[0][0], -len(each[1]), each[0][1:]))
    named: Counter[str] = Counter()
    for key, _ in ordered:
        named[_name(prefix, *key[:4])] += 1
    taken: set[str] = set()
    shapes = []
    for (is_halted, cpus, memory_mib, family, on), same in ordered:
        name = _name(prefix, is_halted, cpus, memory_mib, family)
        if named[name] > 1 and on:
            name = f"{name}-{'-'.join(on)}"[:_LONGEST_SHOWN].rstrip("-")
        name = _free(name, taken)
        taken.add(name)
        disks = disks_of(same)
        shapes.append(Shape(name, cpus, memory_mib, family, is_halted, disks, on, tuple(same)))
    return shapes


def _name(prefix: str, is_halted: bool, cpus: int, memory_mib: int, family: str) -> str:
    whole_gib = memory_mib % _GIB == 0
    size = f"{memory_mib // _GIB}gi" if whole_gib else f"{memory_mib}mi"
    return f"{prefix}{family}-{cpus}cpu-{size}{'-off' if is_halted else ''}"


def disks_of(vms: Sequence[SourceVm]) -> tuple[int, ...]:
    """Sizes in MiB of the disks that each of the VMs is given: theirs when they are all the same.

    Else one disk of the mean of what they have, rounded up to a GiB, so that the sum is right.
    """
    first = vms[0].disks_mib
    if all(vm.disks_mib == first for vm in vms):
        return first
    total = sum(sum(vm.disks_mib) for vm in vms)
    return (-(-total // (len(vms) * _GIB)) * _GIB,)
