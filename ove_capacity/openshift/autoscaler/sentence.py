"""Why a pod triggers no scale-up, in upstream's words."""

from __future__ import annotations

from collections import Counter

from ove_capacity.openshift.autoscaler.equivalence import PodGroup
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.scale_up import LIMITED, ScaleUp

__all__ = ["is_at_total", "not_triggered"]

_TOTAL = "max total nodes in cluster reached"


def not_triggered(found: ScaleUp, options: AutoscalingOptions, pods: PodGroup | None = None) -> str:
    """``pod didn't trigger scale-up: 1 max node group size reached, 1 Insufficient memory``.

    *pods*: whose rejections are told beside the groups that were not looked at. Upstream lists
    reasons by chance; here they are in alphabetical order.

    Source: kubernetes/autoscaler cluster-autoscaler-1.34.0 cluster-autoscaler/processors/status/
    eventing_scale_up_processor.go, ReasonsMessage.
    """
    return f"pod didn't trigger scale-up: {_reasons(found, options, pods)}"


def _reasons(found: ScaleUp, options: AutoscalingOptions, pods: PodGroup | None) -> str:
    if is_at_total(found, options):
        return _TOTAL
    rejections = pods.rejected_by if pods else {}
    told = Counter(reason for reasons in rejections.values() for reason in reasons)
    told += Counter(reason for _, reason in found.skipped)
    return ", ".join(sorted(f"{count} {reason}" for reason, count in told.items()))


def is_at_total(found: ScaleUp, options: AutoscalingOptions) -> bool:
    """Whether the cluster has as many nodes as it may, those on their way too.

    These keep the next one from being added before they are ready and close the gate.

    Source: kubernetes/autoscaler cluster-autoscaler-1.34.0 cluster-autoscaler/core/
    static_autoscaler.go, RunOnce, and estimator/cluster_capacity_threshold.go.
    """
    return found.result == LIMITED or 0 < options.max_nodes_total <= found.nodes_counted
