"""How a machine's processors are laid out, in one short line."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Topology"]


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
