"""How a machine's processors are laid out, in one short line."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CELLS_MAX", "CPUS_MAX", "Topology"]

CPUS_MAX = 65_536
"""Most CPUs of a machine that are believed; Linux for x86 counts to 8,192 (MAXSMP)."""
CELLS_MAX = 1024
"""Most NUMA cells: Linux, NODES_SHIFT 10."""


@dataclass(frozen=True, slots=True)
class Topology:
    """How a machine's CPUs are laid out, evenly."""

    sockets: int
    cores_per_socket: int
    threads_per_core: int
    cells_per_socket: int = 1
    """NUMA cells of each socket."""

    @property
    def cpus(self) -> int:
        """Threads in all, which is what the operating system counts."""
        return self.sockets * self.cores_per_socket * self.threads_per_core
