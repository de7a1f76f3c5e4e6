"""NodeResourceTopology, as a node publishes it -> the cells of its machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.machine import NO_CELL, Core, Machine, NumaCell
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY
from ove_capacity.quantity import QuantityError, memory_bytes

__all__ = ["WrittenTopology", "written_topologies"]

_ZONE = "node-"
_THREADS = 2
_MOST_CPUS = 65_536
_POLICIES: Mapping[str, str] = {
    "None": "none",
    "BestEffort": "best-effort",
    "Restricted": "restricted",
    "SingleNUMANode": "single-numa-node",
}
_SCOPES: Mapping[str, str] = {"ContainerLevel": "container", "PodLevel": "pod"}


@dataclass(frozen=True, slots=True)
class WrittenTopology:
    """What one node publishes."""

    fields: Fields
    """The object, for its place."""
    machine: Machine
    """Threads and sockets are assumed: no object of the API tells them."""
    kept: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Cell -> memory and hugepages that its kubelet keeps there, in bytes."""
    policy: str = ""
    """Its topology manager's, in the kubelet's words; empty: not said."""
    scope: str = ""


@dataclass(slots=True)
class _Zone:
    capacity: dict[str, int]
    kept: dict[str, int]
    costs: dict[int, int]


def _number(name: str) -> int:
    digits = name.removeprefix(_ZONE)
    known = name.startswith(_ZONE) and digits.isdecimal() and len(digits) <= 3
    return int(digits) if known else NO_CELL


def _zone(fields: Fields) -> _Zone:
    zone = _Zone({}, {}, {})
    for each in fields.each("resources"):
        name, capacity = each.required_text("name"), each.quantity("capacity")
        if capacity is None:
            continue
        zone.capacity[name] = capacity.value
        allocatable = each.quantity("allocatable")
        if allocatable is not None:
            zone.kept[name] = max(0, capacity.value - allocatable.value)
    if MEMORY in zone.kept:  # hugepages are not in what may be allocated as memory
        huge = sum(n for name, n in zone.capacity.items() if name.startswith(HUGEPAGES_PREFIX))
        zone.kept[MEMORY] = max(0, zone.kept[MEMORY] - huge)
    for each in fields.each("costs"):
        zone.costs[_number(each.text("name"))] = each.whole("value", least=0)
    return zone


def _page_bytes(size: str) -> int:
    try:
        return memory_bytes(size)
    except QuantityError:
        return 0


def _machine(zones: list[_Zone]) -> Machine:
    counts = [zone.capacity.get(CPU, 0) for zone in zones]
    threads = _THREADS if all(count % _THREADS == 0 for count in counts) else 1
    total, first, cells = sum(counts) // threads, 0, []
    devices: dict[str, dict[int, int]] = {}
    for number, zone in enumerate(zones):
        own = range(first, first + counts[number] // threads)
        first = own.stop
        pages = {}
        for name, amount in zone.capacity.items():
            size = name.removeprefix(HUGEPAGES_PREFIX)
            if size != name:
                pages[size] = amount // (_page_bytes(size) or amount + 1)
            elif name not in (CPU, MEMORY):
                devices.setdefault(name, {})[number] = amount
        cells.append(
            NumaCell(
                number,
                tuple(Core(tuple(range(core, threads * total, total)), number) for core in own),
                zone.capacity.get(MEMORY, 0),
                pages,
                tuple(zone.costs[n] for n in range(len(zones)) if n in zone.costs),
            )
        )
    return Machine(tuple(cells), devices)


def _said_of_policy(fields: Fields) -> tuple[str, str]:
    """By attributes, else by the older ``topologyPolicies``, as ``SingleNUMANodePodLevel``."""
    said = {each.text("name"): each.text("value") for each in fields.each("attributes")}
    policy, scope = said.get("topologyManagerPolicy", ""), said.get("topologyManagerScope", "")
    for word in fields.texts("topologyPolicies"):
        level = next((level for level in _SCOPES if word.endswith(level)), "")
        policy = policy or _POLICIES.get(word.removesuffix(level), "")
        scope = scope or _SCOPES.get(level, "")
    return policy, scope


def _written(fields: Fields) -> WrittenTopology | None:
    zones = {
        _number(each.text("name")): _zone(each)
        for each in fields.each("zones")
        if each.text("type") == "Node"
    }
    cpus = sum(zone.capacity.get(CPU, 0) for zone in zones.values())
    if sorted(zones) != list(range(len(zones))) or not 0 < cpus <= _MOST_CPUS:
        fields.warning("is not used: its zones are no cells node-0, node-1 … with CPUs", "zones")
        return None
    ordered = [zones[number] for number in sorted(zones)]
    names = (MEMORY, HUGEPAGES_PREFIX)
    kept = {
        number: {name: n for name, n in zone.kept.items() if n and name.startswith(names)}
        for number, zone in enumerate(ordered)
    }
    return WrittenTopology(fields, _machine(ordered), kept, *_said_of_policy(fields))


def written_topologies(objects: Iterable[Fields]) -> dict[str, WrittenTopology]:
    """Node -> what it publishes; what says nothing usable is warned of and left out."""
    found = {}
    for fields in objects:
        written = _written(fields)
        if written is not None:
            found[fields.fields("metadata").text("name")] = written
    return found
