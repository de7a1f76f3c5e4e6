"""most-pods: whoever helps the most pods."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.openshift.autoscaler.expanders.option import Option

__all__ = ["most_pods"]


def most_pods(options: Sequence[Option]) -> list[Option]:
    """The options that help the most pods.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/expander/mostpods/
    mostpods.go, BestOptions.
    """
    most = max(len(option.pods) for option in options)
    return [option for option in options if len(option.pods) == most]
