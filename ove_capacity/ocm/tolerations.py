"""Which taints of a cluster a Placement tolerates, and until when: pure functions of the time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ClusterTaint
from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm.inventory import Inventory

__all__ = ["requeue_ms", "tolerated", "tolerated_until_ms", "toleration_error"]

_FOR_EVER = (1 << 63) - 1
_NOT = -1


def toleration_error(placement: Placement) -> str:
    """Why upstream cannot use the tolerations; empty when it can.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go, Filter.
    """
    for each in placement.tolerations:
        if not each.key and each.operator != "Exists":
            return "If the key is empty, operator must be Exists."
        if each.operator == "Exists" and each.value:
            return "If the operator is Exists, the value should be empty."
    return ""


def tolerated_until_ms(
    taints: tuple[ClusterTaint, ...],
    tolerations: tuple[Toleration, ...],
    is_decided: bool,
    now_ms: int,
) -> int | None:
    """Until when all taints of a cluster are tolerated, None when one is not; the end of time else.

    The first toleration that matches a taint and has not expired decides, in the order they are
    written. tolerationSeconds count for every effect, and for clusters that are not chosen yet.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go,
    isClusterTolerated.
    """
    until_ms = _FOR_EVER
    for taint in taints:
        if taint.effect == "PreferNoSelect" or (taint.effect == "NoSelectIfNew" and is_decided):
            continue
        ends = (_ends_ms(taint, each) for each in tolerations)
        end_ms = next((end for end in ends if end is not None and now_ms < end), None)
        if end_ms is None:
            return None
        until_ms = min(until_ms, end_ms)
    return until_ms


def _ends_ms(taint: ClusterTaint, toleration: Toleration) -> int | None:
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return None
    if toleration.operator in ("", "Equal"):
        fits = toleration.value == taint.value
    else:
        fits = toleration.operator == "Exists"
    if not fits:
        return None
    if toleration.seconds is None:
        return _FOR_EVER
    return taint.added_ms + _duration_ms(toleration.seconds)


def _duration_ms(seconds: int) -> int:
    # sic: upstream multiplies to nanoseconds in 64 bits, which 9.3 billion seconds overflow.
    nanoseconds = (seconds * 10**9 + (1 << 63)) % (1 << 64) - (1 << 63)
    return nanoseconds // 10**6


def _until_by_class(
    placement: Placement, inventory: Inventory, chosen: NDArray[np.bool_], now_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per class of taints, for clusters not decided and decided: until when, -1 for not at all."""
    present = np.unique(inventory.taint_classes()[chosen])
    until = np.full((2, len(inventory.taints)), _FOR_EVER, np.int64)
    by_number = list(inventory.taints)
    for number in present.tolist():
        for is_decided in (False, True):
            args = by_number[number], placement.tolerations, is_decided, now_ms
            end_ms = tolerated_until_ms(*args)
            until[int(is_decided), number] = _NOT if end_ms is None else end_ms
    return until[0], until[1]


def tolerated(
    placement: Placement,
    inventory: Inventory,
    chosen: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    now_ms: int,
) -> NDArray[np.bool_]:
    """(clusters,): those of the *chosen* whose every taint is tolerated now.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go, Filter.
    """
    new, old = _until_by_class(placement, inventory, chosen, now_ms)
    classes = inventory.taint_classes()
    passes: NDArray[np.bool_] = np.where(decided, old[classes], new[classes]) != _NOT
    return passes & chosen


def requeue_ms(
    placement: Placement, inventory: Inventory, decided: NDArray[np.bool_], now_ms: int
) -> int | None:
    """From now to when the first toleration expires of the clusters that were *decided*.

    A cluster that is not tolerated any more has no timer, one that is gone neither.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go, RequeueAfter.
    """
    tainted = decided & (inventory.taint_classes() > 0)
    if not tainted.any():
        return None
    _, old = _until_by_class(placement, inventory, tainted, now_ms)
    ends = old[inventory.taint_classes()[tainted]]
    ends = ends[(ends != _NOT) & (ends != _FOR_EVER)]
    return int(ends.min()) - now_ms if len(ends) else None
