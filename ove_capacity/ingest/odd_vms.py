"""VMs that no scenario can describe: why they are set aside."""

from __future__ import annotations

from ove_capacity.ingest.odd_nodes import LEAST_BYTES
from ove_capacity.model.resources import MEMORY
from ove_capacity.model.vm import VirtualMachine, Vmi

__all__ = ["UnitMissingError", "check_units"]


class UnitMissingError(ValueError):
    """A VM that says bytes where MiB are meant."""


def check_units(vm: VirtualMachine, vmi: Vmi) -> None:
    """A scenario takes a size of a few bytes for one whose unit was forgotten, and refuses it.

    Args:
        vm: with its disks.
        vmi: what it runs, its instancetype included.

    Raises:
        UnitMissingError: its memory or a disk of it is smaller than a MiB.
    """
    domain = vmi.spec.domain
    memory = domain.memory.guest or domain.resources.requests.get(MEMORY)
    if memory is not None and 0 < memory.value < LEAST_BYTES:
        raise UnitMissingError(f"its memory is {memory.value} bytes")
    for disk in vm.disks:
        if disk.size_bytes < LEAST_BYTES:
            raise UnitMissingError(f"a disk of it is {disk.size_bytes} bytes")
