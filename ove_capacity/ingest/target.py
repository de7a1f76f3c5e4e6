"""VMs and hosts of a source -> clusters and workloads of a scenario, alike VMs told once."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.inventory import SourceCluster, SourceHost, SourceKey, SourceVm

__all__ = ["Shape", "pools_of", "printable", "shapes_of", "slug", "target_names"]

_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Shape:
    """VMs that are alike."""

    name: str
    """Of the workload."""
    cpus: int
    memory_mib: int
    family: str
    is_halted: bool
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


def shapes_of(vms: Iterable[SourceVm], powered_off: PoweredOff, prefix: str) -> list[Shape]:
    """The VMs of one cluster by what makes them alike: those that run first, then by number."""
    alike: defaultdict[tuple[bool, int, int, str], list[SourceVm]] = defaultdict(list)
    for vm in vms:
        is_halted = powered_off is not PoweredOff.RUN and vm.power != "on"
        alike[is_halted, vm.cpus, vm.memory_mib, vm.family].append(vm)
    ordered = sorted(alike.items(), key=lambda each: (each[0][0], -len(each[1]), each[0][1:]))
    shapes = []
    for (is_halted, cpus, memory_mib, family), same in ordered:
        whole_gib = memory_mib % 1024 == 0
        size = f"{memory_mib // 1024}gi" if whole_gib else f"{memory_mib}mi"
        name = f"{prefix}{family}-{cpus}cpu-{size}{'-off' if is_halted else ''}"
        shapes.append(Shape(name, cpus, memory_mib, family, is_halted, tuple(same)))
    return shapes
