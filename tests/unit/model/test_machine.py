"""Machines laid out from sockets, cores and threads."""

from __future__ import annotations

import pytest

from ove_capacity.model.machine import Machine, machine_of
from ove_capacity.model.topology import Topology

GIB = 1 << 30


def cpus(machine: Machine) -> list[list[int]]:
    """CPUs by cell."""
    return [sorted(cpu for core in cell.cores for cpu in core.threads) for cell in machine.cells]


@pytest.mark.parametrize(
    ("topology", "interleaved", "first_cell"),
    [
        (Topology(2, 2, 2), False, [0, 1, 4, 5]),
        (Topology(2, 2, 2), True, [0, 2, 4, 6]),
        (Topology(2, 2, 1), True, [0, 2]),
        (Topology(1, 4, 2, cells_per_socket=2), False, [0, 1, 4, 5]),
        (Topology(1, 4, 2, cells_per_socket=4), True, [0, 4]),
    ],
)
def test_cpus_are_numbered_cell_by_cell_or_in_turn_and_siblings_last(
    topology, interleaved, first_cell
):
    machine = machine_of(topology, GIB, interleaved=interleaved)
    assert cpus(machine)[0] == first_cell
    every = sorted(cpu for cell in cpus(machine) for cpu in cell)
    assert every == list(range(topology.cpus))
    assert {core.socket for core in machine.cells[0].cores} == {0}


def test_what_does_not_divide_goes_to_the_lower_cells():
    machine = machine_of(Topology(2, 2, 1), 5, {"1Gi": 3}, cpuless=(7,))
    assert [cell.memory_bytes for cell in machine.cells] == [3, 2, 7]
    assert [cell.hugepages["1Gi"] for cell in machine.cells] == [2, 1, 0]
    assert machine.cells[2].cores == ()
    assert machine.cells[2].distances == (20, 20, 10)


def test_a_measured_server_is_numbered_in_turn():
    """The workers of a must-gather on metal: even CPUs on cell 0, siblings 40 apart."""
    machine = machine_of(Topology(2, 20, 2), GIB, interleaved=True)
    assert cpus(machine)[0] == list(range(0, 80, 2))
    assert machine.cells[0].cores[0].threads == (0, 40)


def test_caches_are_shared_by_neighbours_and_one_of_a_whole_cell_is_the_sockets():
    def caches(number: int) -> list[int | None]:
        machine = machine_of(Topology(1, 8, 2, cells_per_socket=2), GIB, caches_per_cell=number)
        return [core.uncore for cell in machine.cells for core in cell.cores]

    assert caches(2) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert caches(1) == [None] * 8
