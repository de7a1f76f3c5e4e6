"""What else than v1.34.1 another release of kube-scheduler decides, as far as we looked.

Elsewhere the rules are v1.34.1's on every release.
"""

from __future__ import annotations

__all__ = ["opens_namespaces", "scores_gain_of_balance"]


def _since(kubernetes: str, minor: int) -> bool:
    return int(kubernetes.split(".")[1]) >= minor


def opens_namespaces(kubernetes: str) -> bool:
    """Whether an incoming pod's namespaceSelector is heeded again after it was unrolled.

    Source: kubernetes v1.33.1 and v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/
    plugin.go, mergeAffinityTermNamespacesIfNotEmpty, which took a pointer up to v1.33.
    """
    return _since(kubernetes, 34)


def scores_gain_of_balance(kubernetes: str) -> bool:
    """Whether NodeResourcesBalancedAllocation scores what a pod changes, not what it ends in.

    Source: kubernetes v1.35.0 and v1.36.2 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, balancedResourceScorer.
    """
    return _since(kubernetes, 36)
