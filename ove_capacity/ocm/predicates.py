"""Which clusters a Placement's predicates let pass."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.placement import ClusterSelector, Placement
from ove_capacity.ocm.cel import compile_error, holds
from ove_capacity.ocm.cluster_document import cluster_document
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.label_syntax import selector_error

__all__ = ["cluster_selector_error", "matching", "matching_predicates", "predicate_error"]


def predicate_error(placement: Placement) -> str:
    """Why upstream cannot use the predicates, of the first that is wrong; empty when it can.

    Source: ocm v1.3.0-78 pkg/placement/plugins/predicate/predicate.go, Filter.
    """
    errors = (cluster_selector_error(each) for each in placement.predicates)
    return next((error for error in errors if error), "")


@cache
def cluster_selector_error(selector: ClusterSelector) -> str:
    """Why upstream cannot use a selector; empty when it can.

    Source: ocm v1.3.0-78 pkg/placement/helpers/clusters.go, NewClusterSelector, Compile.
    """
    wrong = selector_error(selector.labels) or selector_error(selector.claims)
    if wrong:
        return wrong
    return next((error for each in selector.cel if (error := compile_error(each))), "")


def matching_predicates(placement: Placement, inventory: Inventory) -> NDArray[np.bool_]:
    """(clusters,): those that match any of the predicates, or all when there is none.

    Source: ocm v1.3.0-78 pkg/placement/plugins/predicate/predicate.go, Filter.
    """
    if not placement.predicates:
        return np.ones(len(inventory), np.bool_)
    found = np.zeros(len(inventory), np.bool_)
    for selector in placement.predicates:
        found |= matching(selector, inventory)
    return found


def matching(selector: ClusterSelector, inventory: Inventory) -> NDArray[np.bool_]:
    """(clusters,): those that a selector matches.

    Source: ocm v1.3.0-78 pkg/placement/helpers/clusters.go, Matches.
    """

    def ask(asked: Inventory, cluster: ManagedCluster) -> bool:
        return _matches(selector, asked, cluster)

    found: NDArray[np.bool_] = inventory.column(selector, np.bool_, ask)
    return found


def _matches(selector: ClusterSelector, inventory: Inventory, cluster: ManagedCluster) -> bool:
    if not selector.labels.matches(cluster.labels) or not selector.claims.matches(cluster.claims):
        return False
    if not selector.cel:
        return True
    document = cluster_document(cluster)

    def scores(named: str, resource: str) -> list[dict[str, Any]]:
        said = inventory.add_on_scores[named, resource]
        return [{"name": score, "value": value} for score, value in said.scores]

    return all(holds(expression, document, scores) for expression in selector.cel)
