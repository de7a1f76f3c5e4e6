"""Admissions decided before: a kubelet says the same of the same books again."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from ove_capacity.kubelet.admit import admit
from ove_capacity.kubelet.demand import PodDemand
from ove_capacity.kubelet.devices import Pieces
from ove_capacity.kubelet.memory_cells import Cells
from ove_capacity.kubelet.node_state import Kubelet, NodeState, PodHolding
from ove_capacity.kubelet.refusal import Refusal

__all__ = ["Remembered"]

_MOST = 1 << 17
"""Answers kept: about 100 MB of them; then it begins anew."""

_Devices: TypeAlias = tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
_Books: TypeAlias = tuple[int, int, Cells, _Devices]


class _Admitted(NamedTuple):
    """What a pod of a kind met, and the books afterwards."""

    demand: PodDemand
    """Keeps its identity alive."""
    refusal: Refusal | None
    after: NodeState
    """Its pods are those of the node that was asked first."""
    holding: PodHolding | None


def _frozen(devices: dict[str, Pieces]) -> _Devices:
    return tuple((name, tuple(sorted(pieces.items()))) for name, pieces in devices.items())


def _books(kubelet: Kubelet, state: NodeState) -> _Books:
    devices = _frozen(dict(state.devices)) if state.devices else ()
    return id(kubelet), state.shared, state.memory, devices


class Remembered:
    """What kubelets answered; they must outlive it.

    Pods are known by their keys only to themselves, so that nodes that are alike share answers.
    """

    def __init__(self) -> None:
        self._admitted: dict[tuple[_Books, int], _Admitted] = {}

    def admit(
        self, kubelet: Kubelet, state: NodeState, key: str, demand: PodDemand
    ) -> tuple[Refusal | None, NodeState]:
        """As `admit`: why not, and the state afterwards.

        Source: kubernetes v1.36.2 pkg/kubelet/kubelet.go, HandlePodAdditions.
        """
        assert key not in state.pods, f"{key} is admitted already"
        asked = (_books(kubelet, state), id(demand))
        known = self._admitted.get(asked)
        if known is None:
            if len(self._admitted) >= _MOST:
                self._admitted.clear()
            said = admit(kubelet, state, key, demand)
            known = _Admitted(demand, said.refusal, said.state, said.state.pods.get(key))
            self._admitted[asked] = known
        after = known.after
        if known.holding is None:
            return known.refusal, NodeState(after.shared, after.memory, after.devices, state.pods)
        pods = {**state.pods, key: known.holding}
        return None, NodeState(after.shared, after.memory, after.devices, pods)
