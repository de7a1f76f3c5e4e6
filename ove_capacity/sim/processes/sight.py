"""What the autoscaler sees of pods that run."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.model.pod import Pod
from ove_capacity.simtime import HOUR_MS

__all__ = ["standing"]


def standing(pod: Pod) -> Pod:
    """As the autoscaler sees it: it may go to any node, and it is not new."""
    if not pod.spec.node_name:
        return pod
    return replace(pod, spec=replace(pod.spec, node_name=""), created_ms=-HOUR_MS)
