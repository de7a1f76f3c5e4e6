"""Steady: stay where the placement is already."""

from __future__ import annotations

import numpy as np

from ove_capacity.ocm.candidates import Candidates, ClusterScores

__all__ = ["steady"]


def steady(candidates: Candidates) -> ClusterScores:
    """100 for a cluster that this placement has chosen already, 0 (not -100) for any other.

    Source: ocm v1.3.0-78 pkg/placement/plugins/steady/steady.go, Score.
    """
    own = candidates.decisions.tally(candidates.inventory, candidates.placement.key)
    return candidates.scores(np.where(own.counts[candidates.chosen] > 0, 100, 0))
