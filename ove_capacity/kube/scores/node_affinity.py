"""NodeAffinity's score: preferred node terms that match."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.filters.node_affinity import matches_term
from ove_capacity.model.node import Node
from ove_capacity.model.pod import PreferredNodeTerm

__all__ = ["normalize_preference", "preference"]


def preference(terms: tuple[PreferredNodeTerm, ...], node: Node) -> int:
    """Sum of the weights of the terms that match; empty terms and weight 0 count nothing.

    Source: kubernetes/component-helpers v0.34.1 scheduling/corev1/nodeaffinity/nodeaffinity.go,
    PreferredSchedulingTerms.Score.
    """
    return sum(preferred.weight for preferred in terms if matches_term(preferred.term, node))


@kernel
def normalize_preference(raw: Array, norm: Array, plugin: int, count: int) -> None:
    """100 for the most, in proportion below; all 0 when nothing matches anywhere.

    Rows *plugin* of (plugins, N) int64, the first *count* entries.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/helper/normalize_score.go,
    DefaultNormalizeScore.
    """
    most = 0
    for i in range(count):
        most = max(most, raw[plugin, i])
    for i in range(count):
        norm[plugin, i] = 0 if most == 0 else 100 * raw[plugin, i] // most
