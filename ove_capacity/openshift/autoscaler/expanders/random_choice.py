"""random: all options are equally good."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.openshift.autoscaler.expanders.option import Option

__all__ = ["random_choice"]


def random_choice(options: Sequence[Option]) -> list[Option]:
    """All of them; chance is what ends every chain.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/random/random.go,
    BestOption.
    """
    return list(options)
