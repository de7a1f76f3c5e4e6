"""What KubeVirt itself does to keep a node from being drained: budgets of VMs that migrate."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.pod import Pod
from ove_capacity.model.selector import LabelSelector, Requirement

__all__ = ["launcher_budgets"]

_CREATED_BY = "kubevirt.io/created-by"


def launcher_budgets(migrating: Iterable[Pod], rules: Rules) -> tuple[DisruptionBudget, ...]:
    """The disruption budgets that stand beside the launchers of VMs that are to migrate.

    Until v1.5 there is one to a VM, and it allows no disruption; since v1.6 there is none, because
    a webhook catches the eviction.

    Source: kubevirt v1.1.0 to v1.5.0 pkg/virt-controller/watch/drain/disruptionbudget/
    disruptionbudget.go; from v1.6.0 on it deletes them.
    """
    if rules.guards_by_webhook:
        return ()
    return tuple(
        DisruptionBudget(
            f"kubevirt-disruption-budget-{pod.name}",
            pod.namespace,
            LabelSelector((Requirement(_CREATED_BY, "In", (pod.labels[_CREATED_BY],)),)),
            disruptions_allowed=0,
        )
        for pod in migrating
        if _CREATED_BY in pod.labels
    )
