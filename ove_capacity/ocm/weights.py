"""Which prioritizers run for a Placement, and how much each counts."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.ocm.prioritizers import PRIORITIZERS

__all__ = ["weight_error", "weights"]

_BUILT_IN = "BuiltIn"
_DEFAULT = (PrioritizerWeight("Balance"), PrioritizerWeight("Steady"))


def weights(placement: Placement) -> tuple[PrioritizerWeight, ...]:
    """Prioritizers with a weight other than 0, by name.

    Additive keeps Balance 1 and Steady 1 beside what is listed. Of a built-in that is listed
    twice the last counts; an add-on's counts each time, because upstream compares coordinates by
    the address of their addOn. So does a built-in that carries an addOn beside the default one.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, getWeights,
    mergeWeights.
    """
    named: dict[object, PrioritizerWeight] = {}
    if placement.mode != "Exact":
        named = {(each.type, each.name): each for each in _DEFAULT}
    for index, each in enumerate(placement.prioritizers):
        named[index if each.add_on else (each.type, each.name)] = each
    running = (each for each in named.values() if each.weight)
    return tuple(sorted(running, key=lambda each: (each.name, each.weight)))


def weight_error(placement: Placement, running: Sequence[PrioritizerWeight]) -> str:
    """Why upstream cannot run the prioritizers; empty when it can.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, getWeights,
    getPrioritizers.
    """
    if placement.mode not in ("", "Additive", "Exact"):
        return f"incorrect prioritizer policy mode: {placement.mode}"
    if any(each.type is None for each in placement.prioritizers):
        return "scoreCoordinate field is required"
    for each in running:
        if each.type == _BUILT_IN and each.name not in PRIORITIZERS:
            return f"incorrect builtin prioritizer: {each.name}"
        if each.type != _BUILT_IN and each.add_on is None:
            return "addOn should not be empty"
    return ""
