"""What the annotations of a MachineSet foretell of its machines."""

from __future__ import annotations

import pytest

from ove_capacity.model.autoscaling import MachineSet
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.node_groups import foretold_node

_HINT = "machine.openshift.io/"


def foretold(cpus, memory):
    annotations = {f"{_HINT}vCPU": cpus, f"{_HINT}memoryMb": memory}
    return foretold_node(MachineSet("m", annotations=annotations))


def test_the_annotations_foretell_a_machine():
    node = foretold("16", "65536")
    assert (node.capacity[CPU], node.capacity[MEMORY]) == (16_000, 64 << 30)


@pytest.mark.parametrize(
    ("cpus", "memory"),
    [("", "65536"), ("16", "0"), ("many", "1"), ("-4", "65536"), ("16", "9" * 30)],
)
def test_what_no_machine_has_foretells_nothing(cpus, memory):
    assert foretold(cpus, memory) is None
