"""Balance: go where other placements have gone least."""

from __future__ import annotations

import numpy as np

from ove_capacity.ocm.candidates import Candidates, ClusterScores

__all__ = ["balance"]


def balance(candidates: Candidates) -> ClusterScores:
    """From 100 (no other placement chose it) to -100 (most chosen of all), always even.

    The maximum is over every cluster that any other placement names, also one that is no
    candidate here or is gone. A decision counts 1, whatever load it brings.

    Source: ocm v1.3.0-78 pkg/placement/plugins/balance/balance.go, Score.
    """
    everybody = candidates.decisions.tally(candidates.inventory)
    own = candidates.decisions.tally(candidates.inventory, candidates.placement.key)
    counts = everybody.counts - own.counts
    gone = [count - own.gone.get(name, 0) for name, count in everybody.gone.items()]
    most = max(int(counts.max(initial=0)), max(gone, default=0))
    count = counts[candidates.chosen]
    if not most:
        return candidates.scores(np.full(len(count), 100))
    # sic: truncated first and doubled afterwards, as upstream does.
    scores = 2 * np.trunc(100.0 * (0.5 - count / most)).astype(np.int64)
    return candidates.scores(np.where(count == 0, 100, scores))
