"""A Placement's decision: filter, score, weigh, sort, take the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.ocm.candidates import Candidates, ClusterNames, ClusterScores
from ove_capacity.ocm.cel import not_modelled
from ove_capacity.ocm.cluster_sets import available_clusters, eligible_sets, valid_bindings
from ove_capacity.ocm.conditions import MISCONFIGURED, SUCCESS, WARNING, Status
from ove_capacity.ocm.decision import Decision, FilterResult, PrioritizerScores
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.predicates import matching_predicates, predicate_error
from ove_capacity.ocm.prioritizers import PRIORITIZERS
from ove_capacity.ocm.prioritizers.add_on import add_on, expired
from ove_capacity.ocm.tolerations import requeue_ms, tolerated, toleration_error
from ove_capacity.ocm.weights import weight_error, weights

__all__ = ["decide"]

_PREDICATE, _TAINT = "Predicate", "TaintToleration"
_FILTERS = (_PREDICATE, f"{_PREDICATE},{_TAINT}")
_GOOD = Status(SUCCESS)


def decide(placement: Placement, hub: Hub, now_ms: int = 0) -> Decision:
    """Choose clusters as the hub's scheduler would, given all decisions so far.

    Args:
        placement: what is asked.
        hub: what the hub knows.
        now_ms: since 1970; expiry of tolerations and of scores depends on it.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, Schedule.
    """
    inventory = hub.inventory
    bound = valid_bindings(hub, placement.namespace)
    eligible = eligible_sets(placement, bound)
    available = available_clusters(hub, eligible)
    decided = hub.decisions.tally(inventory, placement.key).counts > 0
    passed, status = _filtered(placement, inventory, available, decided, now_ms)
    running = weights(placement)
    wrong = weight_error(placement, running)
    if status is _GOOD and wrong:
        status = Status(MISCONFIGURED, "", wrong)
    matched = passed[0] if passed else available
    begun = Decision(
        placement.key,
        bound=bound,
        eligible=eligible,
        available=_names(inventory, available),
        left_out=_names(inventory, available & ~matched),
        repelled=_names(inventory, matched & ~passed[-1]) if passed else (),
        filters=tuple(
            FilterResult(name, _names(inventory, left))
            for name, left in zip(_FILTERS, passed, strict=False)
        ),
        status=status,
        warnings=_warnings(placement),
    )
    if status is not _GOOD:
        return begun
    candidates = Candidates(placement, inventory, np.flatnonzero(passed[-1]), hub.decisions, now_ms)
    return _ranked(begun, candidates, running, requeue_ms(placement, inventory, decided, now_ms))


def _filtered(
    placement: Placement,
    inventory: Inventory,
    available: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    now_ms: int,
) -> tuple[list[NDArray[np.bool_]], Status]:
    """What is left after each filter, until one of them cannot run."""
    wrong = predicate_error(placement)
    if wrong and available.any():
        return [], Status(MISCONFIGURED, _PREDICATE, wrong)
    matched = matching_predicates(placement, inventory) & available
    wrong = toleration_error(placement)
    if wrong and matched.any():
        return [matched], Status(MISCONFIGURED, _TAINT, wrong)
    return [matched, matched & tolerated(placement, inventory, decided, now_ms)], _GOOD


def _names(inventory: Inventory, chosen: NDArray[np.bool_]) -> ClusterNames:
    return ClusterNames(inventory, np.flatnonzero(chosen))


def _ranked(
    begun: Decision,
    candidates: Candidates,
    running: Sequence[PrioritizerWeight],
    timer_ms: int | None,
) -> Decision:
    """Score, sort by total and then by name, take the first."""
    scored = tuple(
        PrioritizerScores(each.name, each.weight, _score(each, candidates)) for each in running
    )
    sums = np.zeros(len(candidates.chosen), np.int64)
    for each in scored:
        sums += each.weight * _values(each.scores, candidates)
    order = _best_first(sums)
    best = candidates.chosen[order]
    wanted = candidates.placement.number_of_clusters
    clusters = tuple(candidates.inventory.names[best[:wanted]].tolist())
    return replace(
        begun,
        clusters=clusters,
        ranking=ClusterNames(candidates.inventory, best),
        prioritizers=scored,
        totals=ClusterScores(candidates.inventory, best, sums[order]),
        unscheduled=0 if wanted is None else wanted - len(clusters),
        status=_status(candidates, running),
        requeue_ms=timer_ms,
    )


def _best_first(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices by falling sum; equal ones stay in their order, which is that of the names.

    Sum and index sort as one number, several times faster than a stable sort of the sums.
    """
    count = max(1, len(sums))
    order: NDArray[np.int64] = np.sort(np.arange(len(sums)) - sums * count) % count
    return order


def _score(prioritizer: PrioritizerWeight, candidates: Candidates) -> Mapping[str, int]:
    if prioritizer.type != "BuiltIn" and prioritizer.add_on is not None:
        return add_on(candidates, prioritizer.add_on)
    return PRIORITIZERS.get(prioritizer.name)(candidates)


def _values(scores: Mapping[str, int], candidates: Candidates) -> NDArray[np.int64]:
    if isinstance(scores, ClusterScores):
        return scores.values_of
    found = (scores.get(name, 0) for name in candidates.names)
    return np.fromiter(found, np.int64, len(candidates.chosen))


def _status(candidates: Candidates, running: Sequence[PrioritizerWeight]) -> Status:
    """Warning when a score has expired; who says so is open when several add-ons run."""
    add_ons = [each for each in running if each.type != "BuiltIn" and each.add_on]
    for each in add_ons:
        old = expired(candidates, each.add_on.resource) if each.add_on else []
        if old:
            plugin = each.name if len(add_ons) == 1 else "AddOn/*"
            return Status(WARNING, plugin, f"AddOnPlacementScores {' '.join(sorted(old))} expired")
    return _GOOD


def _warnings(placement: Placement) -> tuple[str, ...]:
    used = [name for each in placement.predicates for cel in each.cel for name in not_modelled(cel)]
    return tuple(
        f"Placement {placement.key}: CEL's {name} is not modelled; no cluster matches by it"
        for name in dict.fromkeys(used)
    )
