"""Balance: go where other placements have gone least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.ocm.decisions import Decisions

__all__ = ["balance"]


def balance(
    placement: Placement, clusters: Sequence[ManagedCluster], decisions: Decisions
) -> Mapping[str, int]:
    """From 100 (no other placement chose it) to -100 (most chosen of all), always even.

    The maximum is over every cluster that any other placement names, also one that is no
    candidate here or is gone. A decision counts 1, whatever load it brings.

    Source: ocm v1.3.0-78 pkg/placement/plugins/balance/balance.go, Score.
    """
    counts: Counter[str] = Counter()
    for key, chosen in decisions.items():
        if key != placement.key:
            counts.update(chosen)
    most = max(counts.values(), default=0)
    return {cluster.name: _score(counts[cluster.name], most) for cluster in clusters}


def _score(count: int, most: int) -> int:
    if count == 0:
        return 100
    # sic: truncated first and doubled afterwards, as upstream does.
    return 2 * int(100.0 * (0.5 - count / most))
