"""The pods of each node in the order of their importance, kept while pods come and go."""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.bound import NOBODY, Bound, Found

__all__ = ["line_up", "step_in", "step_out"]


@kernel
def _is_before(row: int, other: int, bound: Bound) -> bool:
    """Whether a pod is more important than another; of equals the lower row.

    Source: kubernetes v1.34.1 pkg/scheduler/util/utils.go, MoreImportantPod.
    """
    own = bound.priority[bound.pod_class[row]]
    its = bound.priority[bound.pod_class[other]]
    if own != its:
        return bool(own > its)
    if bound.start[row] != bound.start[other]:
        return bool(bound.start[row] < bound.start[other])
    return row < other


@kernel
def step_in(row: int, n: int, bound: Bound, found: Found) -> None:
    """A pod takes its place among those of node *n*, if they are lined up.

    Source: kubernetes v1.34.1 pkg/scheduler/util/utils.go, MoreImportantPod.
    """
    if found.lined_up[0] == 0:
        return
    last = found.tail[n]
    if last != NOBODY and _is_before(last, row, bound):
        found.after[last] = row
        found.after[row] = NOBODY
        found.tail[n] = row
        return
    before = NOBODY
    other = found.first[n]
    while other != NOBODY and _is_before(other, row, bound):
        before = other
        other = found.after[other]
    found.after[row] = other
    if before == NOBODY:
        found.first[n] = row
    else:
        found.after[before] = row
    if other == NOBODY:
        found.tail[n] = row


@kernel
def step_out(row: int, n: int, found: Found) -> None:
    """A pod of node *n* leaves its place, if they are lined up.

    Source: ours.
    """
    if found.lined_up[0] == 0:
        return
    before = NOBODY
    other = found.first[n]
    while other != row:
        before = other
        other = found.after[other]
    if before == NOBODY:
        found.first[n] = found.after[row]
    else:
        found.after[before] = found.after[row]
    if found.tail[n] == row:
        found.tail[n] = before


@kernel
def line_up(bound: Bound, found: Found) -> None:
    """Give every bound pod its place, unless they have theirs.

    Source: kubernetes v1.34.1 pkg/scheduler/util/utils.go, MoreImportantPod.
    """
    if found.lined_up[0] != 0:
        return
    found.lined_up[0] = 1
    for n in range(found.first.shape[0]):
        found.first[n] = NOBODY
        found.tail[n] = NOBODY
    for k in range(bound.levels.shape[0]):
        level = bound.levels[k]
        for row in range(bound.node.shape[0]):
            n = bound.node[row]
            if n >= 0 and bound.priority[bound.pod_class[row]] == level:
                step_in(row, n, bound, found)
