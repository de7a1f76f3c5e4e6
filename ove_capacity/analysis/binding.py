"""Which budget binds, read from a refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from ove_capacity.model.resources import PODS
from ove_capacity.place import Refused

__all__ = ["binding", "binding_of"]

_INSUFFICIENT = "Insufficient "
_TOO_MANY_PODS = "Too many pods"
_COUNTED = re.compile(r"(\d+) (.+?)(?=, \d+ |\.? preemption: |\.?$)")
"""One reason of the scheduler's sentence, with the nodes that give it."""
_ASIDE = (
    re.compile(
        r"node\(s\) had untolerated taint "
        r"\{(node-role\.kubernetes\.io/|node\.ocs\.openshift\.io/storage:)"
    ),
    re.compile(
        r"node\(s\) (were unschedulable"
        r"|had untolerated taint \{node\.kubernetes\.io/unreachable:)"
    ),
)
"""What masters and storage machines, then nodes that are away, say to every VM: it explains nothing
as long as another node objects to something else."""


def binding(refused: Refused, shares: Mapping[str, float], workers: Collection[int]) -> str:
    """The resource that most workers lack, or in upstream's words what else most of them object to.

    Workers that would refuse the pod when empty (taints, selectors) say nothing about budgets, so
    they count only when none lacks a resource; other nodes count only when there is no worker.

    Args:
        refused: a pod that found no node.
        shares: resource -> share of it that is taken, to tell equals apart.
        workers: by index.
    """
    told = [each for each in refused.rejections if each.node in workers] or refused.rejections
    found = Counter(word for each in told for word in each.reasons)
    return _most(found, shares) or refused.message


def binding_of(sentence: str) -> str:
    """The same, read from the scheduler's sentence, or the kubelet's; another one as it is."""
    _, told, refusal = sentence.partition(", whose kubelet refuses: ")
    if told:
        return refusal.partition(":")[0]
    _, told, reasons = sentence.partition(" nodes are available: ")
    if not told:
        return sentence
    found = Counter({reason: int(nodes) for nodes, reason in _COUNTED.findall(reasons)})
    return _most(found, {}) or sentence


def _most(found: Mapping[str, int], shares: Mapping[str, float]) -> str:
    lacking: Counter[str] = Counter()
    for reason, nodes in found.items():
        if reason.startswith(_INSUFFICIENT):
            lacking[reason.removeprefix(_INSUFFICIENT)] += nodes
        elif reason == _TOO_MANY_PODS:
            lacking[PODS] += nodes
    if lacking:
        return min(lacking, key=lambda name: (-lacking[name], -shares.get(name, 0.0), name))
    telling = list(found)
    for aside in _ASIDE:
        telling = [reason for reason in telling if not aside.match(reason)] or telling
    return min(telling, key=lambda reason: (-found[reason], reason), default="")
