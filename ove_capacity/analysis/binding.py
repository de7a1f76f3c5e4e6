"""Which budget binds, read from a refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from ove_capacity.model.resources import PODS
from ove_capacity.place import Refused

__all__ = ["binding", "binding_of"]

_INSUFFICIENT = "Insufficient "
_TOO_MANY_PODS = "Too many pods"
_COUNTED = re.compile(r"(\d+) (.+?)(?=, \d+ |\.? preemption: |\.?$)")
"""One reason of the scheduler's sentence, with the nodes that give it."""


def binding(refused: Refused, shares: Mapping[str, float]) -> str:
    """The resource that most nodes lack, or in upstream's words what else most of them object to.

    Nodes that would refuse the pod when empty (taints, selectors) say nothing about budgets, so
    they count only when no node lacks a resource.

    Args:
        refused: a pod that found no node.
        shares: resource -> share of it that is taken, to tell equals apart.
    """
    found = Counter(word for each in refused.rejections for word in each.reasons)
    return _most(found, shares) or refused.message


def binding_of(sentence: str) -> str:
    """The same, read from the scheduler's sentence; another sentence as it is."""
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
    return min(found, key=lambda reason: (-found[reason], reason), default="")
