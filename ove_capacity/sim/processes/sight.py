"""What the autoscaler sees of pods that run."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.model.pod import Pod
from ove_capacity.simtime import HOUR_MS

__all__ = ["standing"]


_MOST = 10_000
_known: dict[int, tuple[Pod, Pod]] = {}
"""By the pod's identity: the pod (kept alive: the identity stays its own) and what is seen of it.

The same object in each loop, so that its spec is compiled once and not in each."""


def standing(pod: Pod) -> Pod:
    """As the autoscaler sees it: it may go to any node, and it is not new."""
    if not pod.spec.node_name:
        return pod
    entry = _known.get(id(pod))
    if entry is None:
        if len(_known) >= _MOST:
            _known.clear()
        seen = replace(pod, spec=replace(pod.spec, node_name=""), created_ms=-HOUR_MS)
        entry = _known[id(pod)] = (pod, seen)
    return entry[1]
