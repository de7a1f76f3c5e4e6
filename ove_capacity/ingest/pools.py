"""Nodes that are alike -> pools: what they share, and in what each machine differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.ingest.sketch import Intake
from ove_capacity.model.node import HOSTNAME_LABEL, REGION_LABEL, ZONE_LABEL, Node, Taint
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    HUGEPAGES_PREFIX,
    KVM,
    MEMORY,
    PODS,
)

__all__ = ["Draft", "drafts_of", "runs_virtualization"]

_ROLE = "node-role.kubernetes.io/"
_WORKER = "worker"
_MASTER = "master"
_BY_SIZE = (MEMORY, EPHEMERAL_STORAGE)
_CORDONED = "node.kubernetes.io/unschedulable"
_DEVICES = "devices.kubevirt.io/"
_VOLUMES = "attachable-volumes-"
_MOST_DEVICES = 1_000_000
"""What a node has more of is no device that a scenario counts."""
_MEMORY_SLACK = 50
"""Machines whose memory differs by less than one part in so many are alike."""

_PER_MACHINE = (HOSTNAME_LABEL, ZONE_LABEL, REGION_LABEL)
_OF_VIRTUALIZATION = "kubevirt.io"
_OLD = "beta.kubernetes.io/"
_GIVEN = {
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "node.openshift.io/os_id": "rhcos",
}
"""Labels that the machines of every pool have anyway."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A pool: its machines, and the smallest amounts among them."""

    name: str
    role: str
    nodes: tuple[Node, ...]
    """By name."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Beyond those that a pool of that role has anyway."""
    taints: tuple[Taint, ...] = ()

    def least(self, name: str, *, allocatable: bool = False) -> int:
        """The smallest amount of a resource among the machines."""
        least = min(node.capacity.get(name, 0) for node in self.nodes)
        if not allocatable:
            return least
        return min(least, *(node.allocatable.get(name, 0) for node in self.nodes))

    @property
    def is_even(self) -> bool:
        """Whether all machines have the same memory, to the byte."""
        return len({node.capacity.get(MEMORY, 0) for node in self.nodes}) == 1

    @property
    def pages(self) -> dict[str, int]:
        """Hugepages in bytes, by size."""
        first = self.nodes[0].capacity
        return {
            name.removeprefix(HUGEPAGES_PREFIX): amount
            for name, amount in sorted(first.items())
            if name.startswith(HUGEPAGES_PREFIX) and amount
        }

    @property
    def devices(self) -> dict[str, int]:
        """Extended resources that pods may ask for."""
        return _devices(self.nodes[0])

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones of the machines in turn, as short as they repeat."""
        zones = [node.labels.get(ZONE_LABEL, "") for node in self.nodes]
        if not all(zones):
            return ()
        for period in range(1, len(zones) + 1):
            if all(zone == zones[index % period] for index, zone in enumerate(zones)):
                return tuple(zones[:period])
        raise AssertionError("a list repeats itself after its own length")


def runs_virtualization(nodes: Iterable[Node]) -> bool:
    """Whether any of the nodes carries KubeVirt's devices."""
    return any(node.allocatable.get(KVM) for node in nodes)


def _devices(node: Node) -> dict[str, int]:
    known = (CPU, MEMORY, EPHEMERAL_STORAGE, PODS)
    return {
        name: amount
        for name, amount in sorted(node.allocatable.items())
        if name not in known
        and not name.startswith((HUGEPAGES_PREFIX, _DEVICES, _VOLUMES))
        and 0 < amount <= _MOST_DEVICES
    }


def _taints(node: Node) -> tuple[Taint, ...]:
    taints = list(node.taints)
    if node.unschedulable and all(taint.key != _CORDONED for taint in taints):
        taints.append(Taint(_CORDONED))
    return tuple(sorted(taints, key=lambda taint: (taint.key, taint.value, taint.effect)))


def _kept_labels(node: Node, role: str) -> dict[str, str]:
    """Labels that say something a pool of that role does not say by itself."""
    kept = {}
    places = (node.labels.get(ZONE_LABEL), node.labels.get(REGION_LABEL))
    for key, value in sorted(node.labels.items()):
        prefix = key.partition("/")[0]
        is_role = key == _ROLE + role and not value
        is_worker = key == _ROLE + _WORKER and role not in (_MASTER, "storage", "infra")
        is_master = key == _ROLE + "control-plane" and role == _MASTER
        if key in _PER_MACHINE or _GIVEN.get(key) == value or is_role or is_worker or is_master:
            continue
        if key.startswith(_OLD) or prefix.endswith(_OF_VIRTUALIZATION):
            continue
        if value and value in places:  # the zone under another name
            continue
        kept[key] = value
    return kept


def _split(nodes: Sequence[Node], key: Callable[[Node], object]) -> list[list[Node]]:
    """Nodes apart by what *key* says of them, in the order of their first."""
    groups: dict[object, list[Node]] = {}
    for node in nodes:
        groups.setdefault(key(node), []).append(node)
    return list(groups.values())


def _like(node: Node) -> object:
    """What machines of one pool have in common exactly."""
    pages = tuple(
        (name, amount)
        for name, amount in sorted(node.capacity.items())
        if name.startswith(HUGEPAGES_PREFIX)
    )
    amounts = (node.capacity.get(CPU, 0), node.allocatable.get(CPU, 0))
    virtualized = bool(node.allocatable.get(KVM))
    return amounts, pages, tuple(_devices(node).items()), _taints(node), virtualized


def _by_memory(nodes: Sequence[Node]) -> list[list[Node]]:
    """Apart where memory jumps: built-in memory of one size differs a little between machines."""
    groups: list[list[Node]] = []
    for node in sorted(nodes, key=lambda each: (each.capacity.get(MEMORY, 0), each.name)):
        memory = node.capacity.get(MEMORY, 0)
        if groups:
            first = groups[-1][0].capacity.get(MEMORY, 0)
            if (memory - first) * _MEMORY_SLACK <= first:
                groups[-1].append(node)
                continue
        groups.append([node])
    return groups


def _by_labels(nodes: Sequence[Node], role: str, intake: Intake) -> list[list[Node]]:
    """Apart by labels; one that is different on every machine names it and is left out."""
    labels = {node.name: _kept_labels(node, role) for node in nodes}
    keys = sorted({key for each in labels.values() for key in each})
    telling = []
    for key in keys:
        values = [each.get(key) for each in labels.values()]
        if len(nodes) > 1 and len(set(values)) == len(nodes) and None not in values:
            intake.set_aside("label", f"{key}: different on each machine", len(nodes))
        else:
            telling.append(key)
    return _split(nodes, lambda node: tuple(labels[node.name].get(key) for key in telling))


def _shared_labels(nodes: Sequence[Node], role: str) -> dict[str, str]:
    first, *others = [_kept_labels(node, role) for node in nodes]
    return {
        key: value
        for key, value in first.items()
        if all(other.get(key) == value for other in others)
    }


def _name(draft: Draft, taken: Counter[str]) -> str:
    """The role for the largest pool of it; the others by their size."""
    taken[draft.role] += 1
    if taken[draft.role] == 1:
        return draft.role
    size = f"{draft.least(CPU) // 1000}cpu-{draft.least(MEMORY) / 2**30:.0f}gi"
    name = f"{draft.role}-{size}"
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def drafts_of(nodes: Iterable[Node], intake: Intake) -> list[Draft]:
    """The pools that nodes make up: masters first, then by role, the largest of a role first."""
    drafts: list[Draft] = []
    nodes = list(nodes)
    for node in nodes:
        for name, amount in sorted(node.allocatable.items()):
            if amount > _MOST_DEVICES and not name.startswith((*_BY_SIZE, HUGEPAGES_PREFIX)):
                intake.set_aside("device", f"{name}: more than a scenario counts")
    for of_role in _split(sorted(nodes, key=lambda node: node.name), lambda node: node.pool):
        role = of_role[0].pool or _WORKER
        for alike in _split(of_role, _like):
            for close in _by_memory(alike):
                for group in _by_labels(close, role, intake):
                    ordered = tuple(sorted(group, key=lambda node: node.name))
                    shared, taints = _shared_labels(ordered, role), _taints(ordered[0])
                    drafts.append(Draft("", role, ordered, shared, taints))
    drafts.sort(
        key=lambda each: (each.role != _MASTER, each.role, -len(each.nodes), each.nodes[0].name)
    )
    taken: Counter[str] = Counter()
    return [replace(draft, name=_name(draft, taken)) for draft in drafts]
