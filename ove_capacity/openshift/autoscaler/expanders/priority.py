"""priority: the group whose name matches the highest number of a ConfigMap."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ove_capacity.openshift.autoscaler.expanders.option import Option

__all__ = ["priority"]

_NONE = -1
"""Where upstream starts to look: lower numbers never win."""


def _number(option: Option) -> int:
    matching = (
        number
        for number, patterns in option.priorities.items()
        if any(re.search(pattern, option.group) for pattern in patterns)
    )
    return max(matching, default=_NONE - 1)


def priority(options: Sequence[Option]) -> list[Option]:
    """The options of the highest number; all of them when no name matches, or nothing is said.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/priority/
    priority.go, BestOptions.
    """
    highest = max(map(_number, options))
    if highest < _NONE:
        return list(options)
    return [option for option in options if _number(option) == highest]
