"""Which PodDisruptionBudgets guard which pods, as arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.pod import Pod

__all__ = ["UNGUARDED", "Guards"]

UNGUARDED = -1
"""The set of budgets of a pod that none guards."""

_REMEMBERED = 1 << 16


class Guards:
    """The budgets of a cluster, and the sets of them that pods were found to be guarded by.

    Sets are numbered as they are found; copies of a state share them.
    """

    def __init__(self, budgets: Iterable[DisruptionBudget]) -> None:
        self.budgets = tuple(budgets)
        self._by_label: dict[tuple[str, str, str], list[int]] = {}
        self._others: dict[str, list[int]] = {}
        for i, budget in enumerate(self.budgets):
            selector = budget.selector
            if selector is None or not selector.requirements:
                continue
            # Most select by a label: a cluster of VMs has as many budgets as VMs.
            first = next((r for r in selector.requirements if r.operator == "In"), None)
            if first is None:
                self._others.setdefault(budget.namespace, []).append(i)
                continue
            for value in dict.fromkeys(first.values):
                self._by_label.setdefault((budget.namespace, first.key, value), []).append(i)
        self._sets: dict[tuple[int, ...], int] = {}
        self._known: dict[int, tuple[Pod, int]] = {}
        self._arrays: tuple[Array, Array, Array] | None = None

    def set_of(self, pod: Pod) -> int:
        """Number of the set of budgets that guard a pod, or `UNGUARDED`."""
        known = self._known.get(id(pod))
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[id(pod)] = (pod, self._found(pod))  # keeps the identity alive
        return known[1]

    def _guarding(self, pod: Pod) -> tuple[int, ...]:
        # As upstream's filterPodsWithPDBViolation reads them.
        if not pod.labels:
            return ()
        place = pod.namespace
        asked = list(self._others.get(place, ()))
        for key, value in pod.labels.items():
            asked += self._by_label.get((place, key, value), ())
        return tuple(i for i in sorted(set(asked)) if self._does(self.budgets[i], pod))

    @staticmethod
    def _does(budget: DisruptionBudget, pod: Pod) -> bool:
        assert budget.selector is not None, "it selects nobody"
        return pod.name not in budget.disrupted_pods and budget.selector.matches(pod.labels)

    def _found(self, pod: Pod) -> int:
        budgets = self._guarding(pod)
        if not budgets:
            return UNGUARDED
        if budgets not in self._sets:
            self._sets[budgets] = len(self._sets)
            self._arrays = None
        return self._sets[budgets]

    def arrays(self) -> tuple[Array, Array, Array]:
        """(S + 1,) where each set starts among (M,) its budgets, and (B,) what these allow."""
        if self._arrays is None:
            sizes = [len(each) for each in self._sets]
            members = [i for each in self._sets for i in each]
            allowed = [budget.disruptions_allowed for budget in self.budgets]
            self._arrays = (
                np.cumsum([0, *sizes], dtype=np.int64),
                np.array(members, np.int64),
                np.array(allowed, np.int64),
            )
        return self._arrays
