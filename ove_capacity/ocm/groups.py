"""Decision groups, and the PlacementDecisions that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import PlacementDecision
from ove_capacity.model.placement import DecisionGroup, Placement
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.label_syntax import selector_error
from ove_capacity.ocm.predicates import matching

__all__ = ["DecidedGroup", "decision_groups", "group_error", "group_length", "pages", "written"]

_PAGE = 100
"""Most clusters of one PlacementDecision."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class DecidedGroup:
    """Clusters that are rolled out together."""

    index: int
    name: str
    """Empty for those that no group of the Placement selects."""
    clusters: tuple[str, ...]
    """Sorted by name."""
    decisions: tuple[str, ...] = ()
    """Names of the PlacementDecisions that hold it."""


def group_error(placement: Placement) -> str:
    """Why upstream cannot form all of the groups; empty when it can.

    What groups there are is then all that is left: PlacementDecisions of others are deleted.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    calculateLength, filterClustersBySelector.
    """
    per_group = placement.clusters_per_group
    if isinstance(per_group, str) and not _is_share(per_group):
        return f"{per_group} invalid type: string is not a percentage"
    return next((wrong for each in placement.groups if (wrong := _selector_error(each))), "")


def _selector_error(group: DecisionGroup) -> str:
    return selector_error(group.selector.labels) or selector_error(group.selector.claims)


def _is_share(text: str) -> bool:
    return text.endswith("%") and _NUMBER.fullmatch(text[:-1]) is not None


def group_length(per_group: int | str, total: int) -> int:
    """Most clusters of one group, of *total* that are chosen.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    calculateLength.
    """
    length = per_group
    if isinstance(length, str):
        length = math.ceil(float(length[:-1]) / 100 * float(total))
    return length if 0 < length <= total else total


def decision_groups(
    placement: Placement, inventory: Inventory, chosen: NDArray[np.int64]
) -> tuple[DecidedGroup, ...]:
    """The chosen clusters in groups: those the Placement names, then the rest; one at least.

    A cluster goes to the first group that selects it; a group that is too large becomes several. A
    group whose selector is wrong ends it: there are those before it, and no rest.

    Args:
        placement: whose groups.
        inventory: all clusters.
        chosen: which of them.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    generateDecisionGroups, generateDecision.
    """
    if isinstance(per_group := placement.clusters_per_group, str) and not _is_share(per_group):
        return ()
    number = 1
    groups = []
    for index, (name, chunk) in enumerate(_parts(placement, inventory, chosen)):
        count = max(1, math.ceil(len(chunk) / _PAGE))
        names = tuple(f"{placement.name}-decision-{k}" for k in range(number, number + count))
        groups.append(DecidedGroup(index, name, tuple(chunk), names))
        number += count
    return tuple(groups)


def _parts(
    placement: Placement, inventory: Inventory, chosen: NDArray[np.int64]
) -> list[tuple[str, list[str]]]:
    """Name and clusters of each group."""
    length = group_length(placement.clusters_per_group, len(chosen))
    parts: list[tuple[str, list[str]]] = []
    left = np.zeros(len(inventory), np.bool_)
    left[chosen] = True
    for group in placement.groups:
        if _selector_error(group):
            return parts
        matched = left & matching(group.selector, inventory)
        left &= ~matched
        parts += ((group.name, each) for each in _chunks(inventory, matched, length))
    parts += (("", each) for each in _chunks(inventory, left, length))
    return parts or [("", [])]


def _chunks(inventory: Inventory, wanted: NDArray[np.bool_], length: int) -> Iterator[list[str]]:
    names = inventory.names[wanted].tolist()
    for start in range(0, len(names), max(1, length)):
        yield names[start : start + length]


def pages(placement: Placement, groups: Sequence[DecidedGroup]) -> tuple[PlacementDecision, ...]:
    """The PlacementDecisions as they should be: at most 100 clusters each.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    generateDecision.
    """
    return tuple(
        PlacementDecision(
            name,
            placement.namespace,
            placement.name,
            group.name,
            str(group.index),
            group.clusters[at * _PAGE : (at + 1) * _PAGE],
        )
        for group in groups
        for at, name in enumerate(group.decisions)
    )


def written(
    wanted: Sequence[PlacementDecision], standing: dict[tuple[str, str], PlacementDecision]
) -> tuple[PlacementDecision, ...]:
    """The PlacementDecisions as one sync leaves them.

    Of one that stands and whose clusters change only those are written: its labels follow in the
    next sync.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    createOrUpdatePlacementDecision.
    """
    left = []
    for each in wanted:
        old = standing.get((each.namespace, each.name))
        if old is None or old.clusters == each.clusters:
            left.append(each)
        else:
            new = PlacementDecision(
                old.name,
                old.namespace,
                old.placement,
                old.group_name,
                old.group_index,
                each.clusters,
            )
            left.append(new)
    return tuple(left)
