"""Which of several groups grows: a chain of filters, and chance among those that are left.

An expander takes options and gives back the equally good ones. OpenShift offers least-waste,
priority and random; the others are upstream's, for studies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy.random import Generator

from ove_capacity.openshift.autoscaler.expanders.least_nodes import least_nodes
from ove_capacity.openshift.autoscaler.expanders.least_waste import least_waste
from ove_capacity.openshift.autoscaler.expanders.most_pods import most_pods
from ove_capacity.openshift.autoscaler.expanders.option import Option
from ove_capacity.openshift.autoscaler.expanders.priority import priority
from ove_capacity.openshift.autoscaler.expanders.random_choice import random_choice
from ove_capacity.registry import Registry

__all__ = ["ON_OPENSHIFT", "best_option", "expanders"]

_Expander = Callable[[Sequence[Option]], list[Option]]

ON_OPENSHIFT = ("least-waste", "priority", "random")
"""Those that a ClusterAutoscaler can name."""

expanders: Registry[_Expander] = Registry(
    "expander",
    {
        "least-nodes": least_nodes,
        "least-waste": least_waste,
        "most-pods": most_pods,
        "priority": priority,
        "random": random_choice,
    },
    "ove_capacity.expanders",
)


def best_option(
    options: Sequence[Option], chain: Sequence[str], rng: Generator | None = None
) -> Option | None:
    """The option that the chain leaves, by chance among equals; None when there is none.

    *rng*: None takes the first of equals, in the order of the groups.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/factory/chain.go,
    BestOption.
    """
    left = list(options)
    for name in chain:
        if len(left) <= 1:
            break
        left = expanders.get(name)(left)
    if not left:
        return None
    return left[0] if rng is None else left[int(rng.integers(len(left)))]
