"""What another topology policy or another cut into cells would change: everything placed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.cell_cut import rearranged, recut
from ove_capacity.analysis.pinned import Pinned
from ove_capacity.analysis.trial import Trial
from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.kubelet import NodeKubelet
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Change", "changes", "fits_of", "left_out", "spanning_vms", "with_kubelets"]

_POLICIES = ("none", "best-effort", "restricted", "single-numa-node")
_SCOPES = ("container", "pod")
_CUTS = (0, 1, 2, 4)
"""Cells a socket that firmware offers (AMD's NPS, Intel's SNC); 0: memory interleaved over all
sockets, one cell in all."""

_Rewrite = Callable[[NodeKubelet], NodeKubelet]


@dataclass(frozen=True, slots=True)
class Change:
    """One policy and cut into cells, with all VMs placed anew."""

    policy: str
    """``topologyManagerPolicy``."""
    scope: str
    """``topologyManagerScope``; with the policy none it says nothing, and is empty."""
    layout: str
    """``as it is``, or ``2 cells a socket`` …"""
    is_current: bool
    sees_cells: bool = False
    """Whether the scheduler filters and scores by cells, too (NodeResourceTopologyMatch)."""
    not_placed: int = 0
    """VMs that exist and would get no node, or be pushed out."""
    fits: Mapping[str, int] = field(default_factory=FrozenMap)
    """Shape -> how many more fit beside them, each alone."""
    spanning: int = 0
    """VMs that would hold CPUs or memory of more than one cell: what a laxer policy costs."""
    fits_spanning: Mapping[str, int] = field(default_factory=FrozenMap)
    """Of these, those that would span cells."""
    room_cpus: int = 0
    """Over the shapes: how many fit, each alone, times the CPUs that one has for itself."""
    refusal: str = ""
    """Why its kubelets would not start."""

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """Larger is better: it starts, leaves fewer VMs out, has more room, spans fewer cells."""
        return not self.refusal, -self.not_placed, self.room_cpus, -self.spanning

    def __str__(self) -> str:
        scope = f", scope {self.scope}" if self.scope else ""
        layout = "" if self.layout == _AS_IS else f", {self.layout}"
        aware = ", a scheduler that sees cells" if self.sees_cells else ""
        return f"policy {self.policy}{scope}{layout}{aware}"

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "policy": self.policy,
            "scope": self.scope,
            "layout": self.layout,
            "is_current": self.is_current,
            "sees_cells": self.sees_cells,
            "not_placed": self.not_placed,
            "spanning": self.spanning,
            "fits": dict(self.fits),
            "fits_spanning": dict(self.fits_spanning),
            "room_cpus": self.room_cpus,
            "refusal": self.refusal,
        }


_AS_IS = "as it is"
_NUMA_STRATEGY = "LeastAllocated"
"""As the NUMA Resources Operator has it."""


def changes(
    cluster: Cluster, vms: Sequence[Pod], shapes: Sequence[Pinned], policy: Policy
) -> tuple[Change, ...]:
    """Each topology policy and scope; then the policy as it is with another scheduler, other cells.

    Args:
        cluster: with the pods that stand on their nodes already; a kubelet looks at cells.
        vms: further pods, which are placed in this order.
        shapes: what to count.
        policy: of ties; the first is taken.
    """
    return tuple(
        _tried(asked, variant, vms, shapes, policy) for asked, variant in _variants(cluster)
    )


def _variants(cluster: Cluster) -> Iterator[tuple[Change, Cluster]]:
    kubelets = [node.kubelet for node in cluster.nodes if node.kubelet is not None]
    now = kubelets[0].config
    scope = "" if now.topology_manager_policy == "none" else now.topology_manager_scope
    current, aware = (now.topology_manager_policy, scope), bool(cluster.numa_strategy)
    for policy in _POLICIES:
        for each in ("",) if policy == "none" else _SCOPES:
            changed = with_kubelets(cluster, _aligning(policy, each))
            yield Change(policy, each, _AS_IS, (policy, each) == current, aware), changed
    other = replace(cluster, numa_strategy="" if aware else _NUMA_STRATEGY)
    yield Change(*current, _AS_IS, False, not aware), other
    machines = list({id(each): each.machine for each in kubelets}.values())
    seen = [[len(each.cells) for each in machines]]
    for cut in _CUTS:
        found = [recut(machine, cut) for machine in machines]
        cells = [len(machine.cells) for machine in found if machine is not None]
        if len(cells) < len(machines) or cells in seen:
            continue
        seen.append(cells)
        layout = f"{cut} cell{'' if cut == 1 else 's'} a socket" if cut else "one cell, interleaved"
        yield Change(*current, layout, False, aware), with_kubelets(cluster, _cutting(cut))


def _tried(
    asked: Change, variant: Cluster, vms: Sequence[Pod], shapes: Sequence[Pinned], policy: Policy
) -> Change:
    try:
        state = initial_state(variant, [*(each.pod for each in shapes), *vms])
    except StartError as error:
        return replace(asked, refusal=str(error), not_placed=len(vms))
    not_placed = left_out(state, vms, policy)
    fits, spanning = fits_of(state, shapes, policy)
    return replace(
        asked,
        not_placed=not_placed,
        fits=FrozenMap(fits),
        fits_spanning=FrozenMap(spanning),
        spanning=spanning_vms(state),
        room_cpus=sum(fits[each.name] * each.cpus for each in shapes),
    )


def spanning_vms(state: ClusterState) -> int:
    """Pods that hold CPUs or memory of more than one cell."""
    kubelets = state.admitting
    assert isinstance(kubelets, Kubelets)
    count = 0
    for kubelet, now in zip(kubelets.started, kubelets.states, strict=True):
        if kubelet is None or now is None:
            continue
        for holding in now.pods.values():
            cells = {cell for block in holding.blocks for cell, _ in block.taken}
            cells |= {n for n, cpus in kubelet.topology.cells.items() if cpus & holding.cpus}
            count += len(cells) > 1
    return count


def fits_of(
    state: ClusterState, shapes: Sequence[Pinned], policy: Policy
) -> tuple[dict[str, int], dict[str, int]]:
    """How many more of each shape fit, each alone, and how many of these would span cells."""
    fits, spanning, before = {}, {}, spanning_vms(state)
    for each in shapes:
        trial = Trial(state, [each.pod], policy)
        fits[each.name] = trial.fill_up(each.pod)
        spanning[each.name] = spanning_vms(trial.state) - before
    return fits, spanning


def left_out(state: ClusterState, vms: Sequence[Pod], policy: Policy) -> int:
    """Place all VMs in this order, from nothing: how many find no node, or lose it again."""
    outcome = place(state, vms, replace(policy, tie="first"))
    kubelets = state.admitting
    misfits = len(kubelets.unplaced) if isinstance(kubelets, Kubelets) else 0
    return len(outcome.refused) + len(outcome.displaced) + misfits


def with_kubelets(cluster: Cluster, change: _Rewrite) -> Cluster:
    """The cluster with other kubelets; nodes that shared one share one again."""
    made: dict[int, NodeKubelet] = {}
    nodes = []
    for node in cluster.nodes:
        given = node.kubelet
        if given is not None and id(given) not in made:
            made[id(given)] = change(given)
        nodes.append(node if given is None else replace(node, kubelet=made[id(given)]))
    return replace(cluster, nodes=tuple(nodes))


def _aligning(policy: str, scope: str) -> _Rewrite:
    def change(kubelet: NodeKubelet) -> NodeKubelet:
        config = replace(
            kubelet.config,
            topology_manager_policy=policy,
            topology_manager_scope=scope or kubelet.config.topology_manager_scope,
        )
        return replace(kubelet, config=config)

    return change


def _cutting(cut: int) -> _Rewrite:
    def change(kubelet: NodeKubelet) -> NodeKubelet:
        machine = recut(kubelet.machine, cut)
        assert machine is not None, "only cuts that divide are tried"
        return rearranged(kubelet, machine)

    return change
