"""The split: how many ordinary and how many hugepage VMs fit as pages reserved at boot move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ove_capacity.analysis.cell_changes import left_out, with_kubelets
from ove_capacity.analysis.trial import Trial
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.kubelet import NodeKubelet
from ove_capacity.model.machine import Machine
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY
from ove_capacity.place import initial_state
from ove_capacity.quantity import memory_bytes

__all__ = ["Split", "SplitPoint", "split_curve"]

_POINTS = 12
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class SplitPoint:
    """What fits with so many pages on every worker."""

    pages: int
    """On each worker, reserved at boot."""
    hugepage_vms: int
    """With no other VM there."""
    ordinary_vms: int
    """Likewise."""
    ordinary_beside: int
    """After as many hugepage VMs as fit."""
    listed_not_placed: int
    """VMs of the scenario that get no node."""
    refusal: str = ""
    """Why kubelets would not start with them; then nothing fits."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "pages": self.pages,
            "hugepage_vms": self.hugepage_vms,
            "ordinary_vms": self.ordinary_vms,
            "ordinary_beside": self.ordinary_beside,
            "listed_not_placed": self.listed_not_placed,
            "refusal": self.refusal,
        }


@dataclass(frozen=True, slots=True)
class Split:
    """The curve of one cluster."""

    page_size: str
    hugepage_shape: str
    ordinary_shape: str
    pages_now: int | None
    """On each worker; None: they differ."""
    points: tuple[SplitPoint, ...]

    @property
    def sufficient(self) -> tuple[int, int] | None:
        """The fewest and the most pages tried with which every listed VM gets a node."""
        pages = [each.pages for each in self.points if not each.listed_not_placed]
        return (min(pages), max(pages)) if pages else None

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "page_size": self.page_size,
            "hugepage_shape": self.hugepage_shape,
            "ordinary_shape": self.ordinary_shape,
            "pages_now": self.pages_now,
            "points": [each.to_dict() for each in self.points],
        }


def split_curve(
    cluster: Cluster,
    page_size: str,
    hugepage: tuple[str, Pod],
    ordinary: tuple[str, Pod],
    vms: Sequence[Pod],
    policy: Policy,
) -> Split:
    """Every worker is given 0, then more and more pages; each time all is placed anew.

    Args:
        cluster: with the pods that stand on their nodes already.
        page_size: as ``1Gi``.
        hugepage: name and pod of the VM on such pages.
        ordinary: name and pod of the VM without.
        vms: those of the scenario, in the order in which they are placed.
        policy: of ties; the first is taken.
    """
    resource, size = HUGEPAGES_PREFIX + page_size, memory_bytes(page_size)
    counts = {node.capacity.get(resource, 0) // size for node in cluster.workers}
    now = counts.pop() if len(counts) == 1 else None
    points = tuple(
        _point(
            _with_pages(cluster, page_size, pages), pages, (hugepage[1], ordinary[1]), vms, policy
        )
        for pages in _steps(_most(cluster, resource, size), size, now)
    )
    return Split(page_size, hugepage[0], ordinary[0], now, points)


def _most(cluster: Cluster, resource: str, size: int) -> int:
    """Pages that every worker could reserve with its platform's pods still running."""
    free = [
        node.allocatable.get(MEMORY, 0)
        + node.capacity.get(resource, 0)
        - node.platform.get(MEMORY, 0)
        for node in cluster.workers
    ]
    return max(0, min(free) // size)


def _steps(most: int, size: int, now: int | None) -> list[int]:
    """From none to *most* in whole GiB, and what there is now."""
    whole = max(1, _GIB // size)
    step = max(whole, -(-most // _POINTS) // whole * whole)
    every = range(0, most + 1, step)
    if now is None:
        return [*every]
    return sorted({now, *(each for each in every if 4 * abs(each - now) >= step)})


def _point(
    cluster: Cluster, pages: int, pair: tuple[Pod, Pod], vms: Sequence[Pod], policy: Policy
) -> SplitPoint:
    huge, ordinary = pair
    try:
        empty = initial_state(cluster, [*pair, *vms])
    except StartError as error:
        return SplitPoint(pages, 0, 0, 0, len(vms), str(error))
    trial = Trial(empty, pair, policy)
    alone = len(trial.alone(ordinary)[0])
    most = trial.fill_up(huge)
    beside = len(trial.alone(ordinary)[0])
    return SplitPoint(pages, most, alone, beside, left_out(empty, vms, policy))


def _with_pages(cluster: Cluster, page_size: str, pages: int) -> Cluster:
    """Every worker with so many pages, evenly over its cells with cores."""
    resource, size = HUGEPAGES_PREFIX + page_size, memory_bytes(page_size)

    def moved(node: Node) -> Node:
        before, after = node.capacity.get(resource, 0), pages * size
        memory = max(0, node.allocatable.get(MEMORY, 0) + before - after)
        return replace(
            node,
            capacity={**node.capacity, resource: after},
            allocatable={**node.allocatable, resource: after, MEMORY: memory},
        )

    nodes = tuple(moved(node) if node.is_worker else node for node in cluster.nodes)

    def reserved(kubelet: NodeKubelet) -> NodeKubelet:
        machine = kubelet.machine
        homes = [cell.number for cell in machine.cells if cell.cores]
        each, rest = divmod(pages, len(homes))
        counts: Mapping[int, int] = {cell: each + (i < rest) for i, cell in enumerate(homes)}
        cells = tuple(
            replace(cell, hugepages={**cell.hugepages, page_size: counts.get(cell.number, 0)})
            for cell in machine.cells
        )
        return replace(kubelet, machine=Machine(cells, machine.devices))

    return with_kubelets(replace(cluster, nodes=nodes), reserved)
