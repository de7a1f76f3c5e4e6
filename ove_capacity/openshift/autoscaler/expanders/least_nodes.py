"""least-nodes: whoever needs the fewest nodes."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.openshift.autoscaler.expanders.option import Option

__all__ = ["least_nodes"]


def least_nodes(options: Sequence[Option]) -> list[Option]:
    """The options that need the fewest nodes.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/leastnodes/
    leastnodes.go, BestOptions.
    """
    fewest = min(option.nodes for option in options)
    return [option for option in options if option.nodes == fewest]
