"""Sockets, cores and threads of a machine: checked against each other and against its CPUs."""

from __future__ import annotations

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.topology import CELLS_MAX, CPUS_MAX, Topology
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.cluster import NodeSection

__all__ = ["says_processors", "topology_of"]

_PARTS = ("sockets", "cores", "threads")


def says_processors(section: NodeSection) -> bool:
    """Whether the section speaks of cores or threads; sockets alone say nothing of CPUs."""
    return section.cores is not None or section.threads is not None


def topology_of(context: Context, path: FieldPath, section: NodeSection) -> Topology | None:
    """What the section says of the machine's processors, one part left out being worked out.

    None when it says nothing, or too little, or what contradicts itself, which is noted.
    """
    if not says_processors(section):
        if section.sockets is not None:
            context.warn((*path, "sockets"), "says nothing without cores and threads")
        if section.cells_per_socket is not None:
            context.error((*path, "cellsPerSocket"), "needs sockets, cores and threads beside it")
        return None
    given = {name: getattr(section, name) for name in _PARTS}
    sizes = _sizes(context, path, section, given)
    if sizes is None:
        return None
    topology = Topology(*sizes, cells_per_socket=section.cells_per_socket or 1)
    if section.cpu is not None and section.cpu != topology.cpus * 1000:
        listed = " x ".join(f"{size} {name}" for name, size in zip(_PARTS, sizes, strict=True))
        message = f"says {section.cpu / 1000:g} CPUs, but {listed} are {topology.cpus}"
        context.error((*path, "cpu"), message)
        return None
    if topology.cores_per_socket % topology.cells_per_socket:
        message = f"must divide the {topology.cores_per_socket} cores of a socket"
        context.error((*path, "cellsPerSocket"), message)
        return None
    cells = topology.sockets * topology.cells_per_socket
    if topology.cpus > CPUS_MAX or cells > CELLS_MAX:
        message = f"are {topology.cpus:,} CPUs in {cells:,} cells: more than any machine has"
        context.error(path, message)
        return None
    return topology


def _sizes(
    context: Context, path: FieldPath, section: NodeSection, given: dict[str, int | None]
) -> tuple[int, int, int] | None:
    """Sockets, cores a socket and threads a core; the one left out is what ``cpu`` leaves."""
    missing = [name for name, size in given.items() if size is None]
    if len(missing) > 1 or (missing and section.cpu is None):
        beside = [name for name in given if name not in missing]
        verb = "is" if len(missing) == 1 else "are"
        message = f"{_listed(missing)} {verb} missing beside {_listed(beside)}"
        context.error(path, message)
        return None
    sizes = {name: size for name, size in given.items() if size is not None}
    for name in missing:
        rest = 1
        for size in sizes.values():
            rest *= size
        cpus, over = divmod(section.cpu or 0, 1000 * rest)
        if over or not cpus:
            many = " x ".join(f"{size} {each}" for each, size in sizes.items())
            context.error((*path, "cpu"), f"is no multiple of {many}")
            return None
        sizes[name] = cpus
    return sizes["sockets"], sizes["cores"], sizes["threads"]


def _listed(names: list[str]) -> str:
    return " and ".join(repr(name) for name in names)
