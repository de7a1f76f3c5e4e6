"""least-waste: the smallest share of new CPU and memory that stays unused, both added up."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.expanders.option import Option

__all__ = ["least_waste", "waste"]


def waste(option: Option) -> float:
    """Unused share of CPU plus unused share of memory, of the capacity of the new nodes.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/waste/waste.go,
    BestOptions.
    """
    parts = []
    for resource, asked in ((CPU, option.cpu_milli), (MEMORY, option.memory_bytes)):
        there = option.node.capacity.get(resource, 0) * option.nodes
        # Upstream divides by 0 and goes on with infinity; a node without CPU wastes nothing here.
        parts.append(float(there - asked) / float(there) if there else 0.0)
    return parts[0] + parts[1]


def least_waste(options: Sequence[Option]) -> list[Option]:
    """The options that waste least; hugepages and devices are not looked at.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/waste/waste.go,
    BestOptions.
    """
    least = min(map(waste, options))
    return [option for option in options if waste(option) == least]
