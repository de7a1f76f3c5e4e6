"""How many of the VMs that a decision sends to a cluster find a node there: by placing them.

The hub sees totals; whether a VM of 30 GiB finds 30 GiB on one machine, it cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ove_capacity.analysis.shapes import shapes
from ove_capacity.analysis.spare import grown
from ove_capacity.analysis.trial import Trial
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import CPU, amounts
from ove_capacity.place import initial_state
from ove_capacity.sim.run import Run
from ove_capacity.state import claim
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Load", "Rooms"]


@dataclass(frozen=True, slots=True)
class Load:
    """What each chosen cluster is to run."""

    workloads: tuple[tuple[Workload, int], ...]
    """With the VMs at the start, on each."""
    growth_basis_points: int = 0
    """Of them, added at every step."""
    steps: int = 0

    def vms(self, step: int) -> int:
        """All of them after so many steps."""
        return sum(self._of(count, step) for _, count in self.workloads)

    def _of(self, count: int, step: int) -> int:
        return count + count * self.growth_basis_points * step // 10_000

    def added(self, index: int, step: int) -> int:
        """VMs of a workload that a step adds; the step 0 is the start."""
        count = self.workloads[index][1]
        return self._of(count, step) - (self._of(count, step - 1) if step else 0)


class Rooms:
    """What fits on each cluster at each size, found once; other VMs stay where they are."""

    def __init__(self, case: Case, settled: Run, load: Load, joining: Cluster | None) -> None:
        """*settled*: the case without the VMs of the load."""
        self.case = case
        self.load = load
        self.states: dict[str, ClusterState] = dict(settled.states)
        if joining is not None:
            self.states[joining.name] = initial_state(joining, [])
        self._found: dict[tuple[str, tuple[int, bool]], tuple[int, ...]] = {}
        self._cpu = {name: _cpu_milli(state) for name, state in self.states.items()}
        self._vm_cpu = {name: self._mean_cpu(state) for name, state in self.states.items()}

    def fitting(self, cluster: str, size: tuple[int, bool], step: int) -> int:
        """How many of the load's VMs after so many steps of growth find a node there."""
        key = (cluster, size)
        if key not in self._found:
            self._found[key] = self._place(*key)
        return self._found[key][min(step, self.load.steps)]

    def used(self, cluster: str, machines: int, step: int, has_load: bool) -> float:
        """Share of the CPU of its workers that is requested, as far as VMs find a node."""
        asked, allocatable, of_worker = self._cpu[cluster]
        requested = float(asked)
        if has_load:
            requested += self.fitting(cluster, (machines, False), step) * self._vm_cpu[cluster]
        return requested / max(1, allocatable + machines * of_worker)

    def _mean_cpu(self, state: ClusterState) -> float:
        """What one VM of the load asks for there on average, in milli-cores."""
        asked = 0
        for pod, (_, count) in zip(self._pods(state.cluster), self.load.workloads, strict=True):
            if pod is not None:
                asked += count * amounts(pod_requests(pod.spec)).get(CPU, 0)
        return asked / (self.load.vms(0) or 1)

    def _pods(self, cluster: Cluster) -> list[Pod | None]:
        """One of each workload; None where its cluster makes no such pod, or does not let it in."""
        names = [each.name for each, _ in self.load.workloads]
        return [shape.pod for shape in shapes(self.case, cluster, names)]

    def _place(self, cluster: str, size: tuple[int, bool]) -> tuple[int, ...]:
        """By step of growth: the VMs of all steps so far that found a node, in that order."""
        state, (machines, is_upgrading) = self.states[cluster], size
        workers = [n for n, node in enumerate(state.nodes) if node.is_worker]
        if machines and workers:
            state = grown(state, state.nodes[workers[-1]], machines)
        pods = self._pods(state.cluster)
        trial = Trial(state, [pod for pod in pods if pod is not None], self.case.policy)
        if is_upgrading and workers:
            claim.cordon(trial.state, workers[0], True)
        placed, full = 0, [pod is None for pod in pods]
        found = []
        for step in range(self.load.steps + 1):
            for i, pod in enumerate(pods):
                if pod is not None and not full[i]:
                    wanted = self.load.added(i, step)
                    some = trial.fill([replace(pod, name=f"{pod.name}-{n}") for n in range(wanted)])
                    full[i] = some < wanted
                    placed += some
            found.append(placed)
        return tuple(found)


def _cpu_milli(state: ClusterState) -> tuple[int, int, int]:
    """(requested, allocatable, allocatable of the last) of the workers."""
    rows = [n for n, node in enumerate(state.nodes) if node.is_worker]
    cpu = state.resource_index(CPU)
    if not rows:
        return 0, 0, 0
    requested, allocatable = state.requested[rows, cpu], state.allocatable[rows, cpu]
    return int(requested.sum()), int(allocatable.sum()), int(allocatable[-1])
