"""Which taints of a cluster a Placement tolerates, and until when: pure functions of the time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ClusterTaint, ManagedCluster
from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm.inventory import Inventory

__all__ = ["requeue_ms", "timer_ms", "tolerated", "tolerated_until_ms", "toleration_error"]

_FOR_EVER = (1 << 63) - 1
_NEVER = -(1 << 63)


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


def _repels(taint: ClusterTaint, is_decided: bool) -> bool:
    """Whether a taint needs a toleration at all."""
    if taint.effect == "NoSelectIfNew":
        return not is_decided
    return taint.effect != "PreferNoSelect"


def tolerated_until_ms(
    taints: tuple[ClusterTaint, ...], tolerations: tuple[Toleration, ...], is_decided: bool
) -> int:
    """Before which moment every taint of a cluster is tolerated by some toleration.

    The moment does not depend on now, so that it is found once: the toleration that lasts longest
    counts. tolerationSeconds count for every effect, and for clusters that are not chosen yet.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go,
    isClusterTolerated, isTaintTolerated.
    """
    until_ms = _FOR_EVER
    for taint in taints:
        if _repels(taint, is_decided):
            ends = (_ends_ms(taint, each) for each in tolerations)
            until_ms = min(until_ms, max((e for e in ends if e is not None), default=_NEVER))
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


def timer_ms(
    taints: tuple[ClusterTaint, ...], tolerations: tuple[Toleration, ...], now_ms: int
) -> int | None:
    """When a toleration of a decided cluster expires next; None without a timer.

    Of each taint the first toleration that has not expired counts, as they are written. When a
    taint has none, the cluster has no timer.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go,
    isClusterTolerated, isTaintTolerated.
    """
    next_ms = _FOR_EVER
    for taint in taints:
        if _repels(taint, is_decided=True):
            ends = (_ends_ms(taint, each) for each in tolerations)
            end_ms = next((end for end in ends if end is not None and now_ms < end), None)
            if end_ms is None:
                return None
            next_ms = min(next_ms, end_ms)
    return None if next_ms == _FOR_EVER else next_ms


def tolerated(
    placement: Placement, inventory: Inventory, decided: NDArray[np.bool_], now_ms: int
) -> NDArray[np.bool_]:
    """(clusters,): those whose every taint is tolerated now; *decided*: those it chose before.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go, Filter.
    """
    new, old = (_until(placement, inventory, each) for each in (False, True))
    passes: NDArray[np.bool_] = now_ms < np.where(decided, old, new)
    return passes


def _until(placement: Placement, inventory: Inventory, is_decided: bool) -> NDArray[np.int64]:
    def ask(_: Inventory, cluster: ManagedCluster) -> int:
        return tolerated_until_ms(cluster.taints, placement.tolerations, is_decided)

    key = ("tolerated until", placement.tolerations, is_decided)
    until: NDArray[np.int64] = inventory.column(key, np.int64, ask)
    return until


def requeue_ms(
    placement: Placement, inventory: Inventory, decided: NDArray[np.bool_], now_ms: int
) -> int | None:
    """From now to when the first toleration expires of the clusters that were *decided*.

    They need not be candidates any more. One that is not tolerated has no timer, one that is gone
    neither; a cluster that is only chosen now gets its timer in the next sync.

    Source: ocm v1.3.0-78 pkg/placement/plugins/tainttoleration/taint_toleration.go, RequeueAfter.
    """
    if all(each.seconds is None for each in placement.tolerations):
        return None
    tainted = inventory.column("tainted", np.bool_, lambda _, cluster: bool(cluster.taints))
    # A cluster that is not tolerated any more has no timer.
    timed = np.flatnonzero(decided & tainted & (now_ms < _until(placement, inventory, True)))
    first = _first_end(placement, inventory)[timed]
    end_ms = int(first[now_ms < first].min(initial=_FOR_EVER))
    for at in timed[now_ms >= first]:
        later = timer_ms(inventory.clusters[at].taints, placement.tolerations, now_ms)
        end_ms = min(end_ms, _FOR_EVER if later is None else later)
    return None if end_ms == _FOR_EVER else end_ms - now_ms


def _first_end(placement: Placement, inventory: Inventory) -> NDArray[np.int64]:
    """(clusters,): the timer before any toleration has expired; until then it is the timer."""

    def ask(_: Inventory, cluster: ManagedCluster) -> int:
        timer = timer_ms(cluster.taints, placement.tolerations, _NEVER)
        return _FOR_EVER if timer is None else timer

    ends: NDArray[np.int64] = inventory.column(("timer", placement.tolerations), np.int64, ask)
    return ends
