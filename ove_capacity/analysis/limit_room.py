"""How many more machines of a pool each limit of the autoscaler allows, counted as it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.analysis.scaled import Scaled
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.node import Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.quotas import maximum_quotas, node_resources

__all__ = [
    "CORES",
    "GPUS",
    "LIMITS",
    "MAX_NODES_TOTAL",
    "MAX_REPLICAS",
    "MEMORY_LIMIT",
    "GroupRoom",
    "group_rooms",
]

MAX_REPLICAS, MAX_NODES_TOTAL = "maxReplicas", "maxNodesTotal"
CORES, MEMORY_LIMIT, GPUS = "cores", "memory", "gpus"
LIMITS = (MAX_REPLICAS, MAX_NODES_TOTAL, CORES, MEMORY_LIMIT, GPUS)
"""Names of the limits, in the order in which they are told."""

_OF_RESOURCE = {CPU: CORES, MEMORY: MEMORY_LIMIT}
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class GroupRoom:
    """One pool beside the limits that concern it."""

    group: str
    machines: int
    least: int
    most: int
    cores: int = 0
    """Of one machine more, rounded up; 0: nobody knows what it would be."""
    memory_bytes: int = 0
    """The same."""
    is_foretold: bool = False
    """Whether it has no machine: what it would grow by is foretold by its provider."""
    rooms: Mapping[str, int | None] = field(default_factory=FrozenMap)
    """Limit -> machines that it still allows, every limit for itself; None: there is none.

    Without GPUs of a type that is limited there is nothing of GPUs here."""

    @property
    def room(self) -> int:
        """Machines that may be added if no other pool takes of what the cluster's limits leave."""
        return min((each for each in self.rooms.values() if each is not None), default=0)

    @property
    def binding(self) -> tuple[str, ...]:
        """The limits that are met first; several: at once."""
        return tuple(name for name, each in self.rooms.items() if each == self.room)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "machines": self.machines,
            "min_replicas": self.least,
            "max_replicas": self.most,
            "machine": {"cores": self.cores, "memory_bytes": self.memory_bytes},
            "is_foretold": self.is_foretold,
            "rooms": dict(self.rooms),
            "room": self.room,
            "binding": list(self.binding),
        }


def group_rooms(scaled: Scaled) -> tuple[GroupRoom, ...]:
    """Every pool that is scaled, in their order.

    Cores and memory are of the whole capacity of every machine of the cluster, masters too.
    """
    simulation = scaled.simulation((), {})
    templates = {name: each.node for name, each in simulation.templates.items()}
    view, options = simulation.view, scaled.options
    nodes = [(node, view.group_of.get(node.name, "")) for node in view.nodes]
    awaited = [
        (templates[group], group)
        for group, count in scaled.coming.items()
        if group in templates
        for _ in range(count)
    ]
    quotas = maximum_quotas(view, [*nodes, *awaited], templates, options)
    total, coming = options.max_nodes_total, sum(scaled.coming.values())
    found = []
    for state in view.groups:
        rooms: dict[str, int | None] = {
            MAX_REPLICAS: max(0, state.group.max_size - state.target_size),
            MAX_NODES_TOTAL: max(0, total - len(nodes) - coming) if total else None,
        }
        node = templates.get(state.name)
        each = node_resources(node) if node is not None else {}
        for resource, name in _OF_RESOURCE.items():
            amount = each.get(resource, 0)
            rooms[name] = quotas.left[resource] // amount if amount else None
        kinds = [kind for kind in options.gpus if each.get(kind)]
        if kinds:
            rooms[GPUS] = min(quotas.left[kind] // each[kind] for kind in kinds)
        found.append(_group_room(scaled, state.name, node, rooms))
    return tuple(found)


def _group_room(
    scaled: Scaled, name: str, node: Node | None, rooms: Mapping[str, int | None]
) -> GroupRoom:
    group = next(each for each in scaled.groups if each.name == name)
    each = node_resources(node) if node is not None else {}
    machines = scaled.size(name)
    return GroupRoom(
        name,
        machines,
        group.min_size,
        group.max_size,
        each.get(CPU, 0),
        each.get(MEMORY, 0),
        is_foretold=not machines and node is not None,
        rooms=FrozenMap(rooms),
    )
