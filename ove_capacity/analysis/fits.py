"""How many more VMs of each shape fit, each alone, and which budget says no to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.binding import binding
from ove_capacity.analysis.budgets import Budget, TestedLimit, needs_of
from ove_capacity.analysis.shapes import Shape
from ove_capacity.analysis.trial import Trial
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import PODS, amounts
from ove_capacity.openshift.tested_maximums import TESTED_MAXIMUMS
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Fit", "fit_all", "limit_pod_addresses", "pod_budget", "taken_shares"]

_POD_ADDRESSES = "addresses:pods"


@dataclass(frozen=True, slots=True)
class Fit:
    """How many more VMs of one shape fit, alone."""

    shape: str
    """The workload whose shape it is, or the instancetype."""
    count: int
    """The least of what the nodes take and what each budget of the cluster allows."""
    binding: str
    """The resource that runs out first, or the budget of the cluster; or upstream's reason."""
    message: str
    """The scheduler's sentence for the first VM that does not fit, or the budget's."""
    by_nodes: int = 0
    """What the nodes take, by placing."""
    by_budget: Mapping[str, int] = field(default_factory=FrozenMap)
    """Budget of the cluster that the shape touches -> how many VMs it allows."""
    by_pool: Mapping[str, int] = field(default_factory=FrozenMap)
    """Where those that the nodes take went, by machine pool."""
    beyond_tested: str = ""
    """What the vendor has not tested, although it fits; empty: nothing."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "shape": self.shape,
            "count": self.count,
            "binding": self.binding,
            "message": self.message,
            "by_nodes": self.by_nodes,
            "by_budget": dict(self.by_budget),
            "by_pool": dict(self.by_pool),
            "beyond_tested": self.beyond_tested,
        }


def fit_all(
    trial: Trial,
    cluster: Cluster,
    shapes: Sequence[Shape],
    budgets: Sequence[Budget],
    limits: Sequence[TestedLimit],
) -> tuple[Fit, ...]:
    """Each shape's answer, on the state of the trial."""
    answers: dict[int, _ByNodes] = {}
    fits = []
    for shape in shapes:
        if shape.pod is None:
            fits.append(Fit(shape.name, 0, _why_no_pod(shape, cluster), shape.refusal))
            continue
        spec = id(shape.pod.spec)  # shapes with one spec are one question to the nodes
        if spec not in answers:
            answers[spec] = _ask_nodes(trial, cluster, shape.pod)
        fits.append(_least(shape, cluster, answers[spec], budgets, limits))
    return tuple(fits)


def _why_no_pod(shape: Shape, cluster: Cluster) -> str:
    if shape.workload and cluster.name in shape.workload.refused:
        return "admission does not let it in"
    return "KubeVirt makes no pod for it"


def limit_pod_addresses(trial: Trial, cluster: Cluster) -> None:
    """Let no node run more pods than its slice of the pod network has addresses."""
    if cluster.network is not None:
        trial.limit(PODS, cluster.network.addresses_per_node)


def pod_budget(cluster: Cluster, resource: str) -> str:
    """The resource, or addresses where they are fewer than the pods that a worker may run."""
    if resource != PODS or cluster.network is None:
        return resource
    most = max((node.allocatable.get(PODS, 0) for node in cluster.workers), default=0)
    return _POD_ADDRESSES if cluster.network.addresses_per_node < most else resource


def taken_shares(state: ClusterState, pod: Pod, count: int) -> dict[str, float]:
    """Share of each resource of the workers that is taken when *count* more such pods run."""
    rows = [n for n, node in enumerate(state.nodes) if node.is_worker]
    asked = amounts(pod_requests(pod.spec))
    shares = {}
    for r, name in enumerate(state.resources):
        has = int(state.allocatable[rows, r].sum())
        if has:
            shares[name] = (int(state.requested[rows, r].sum()) + count * asked.get(name, 0)) / has
    return shares


@dataclass(frozen=True, slots=True)
class _ByNodes:
    """What the nodes answer."""

    count: int
    binding: str
    message: str
    by_pool: Mapping[str, int]


def _ask_nodes(trial: Trial, cluster: Cluster, pod: Pod) -> _ByNodes:
    chosen, refused = trial.alone(pod)
    what = binding(refused, taken_shares(trial.state, pod, len(chosen)), trial.workers)
    pools = Counter(trial.state.nodes[n].pool for n in chosen)
    by_pool = FrozenMap({pool: pools[pool] for pool in sorted(pools)})
    return _ByNodes(len(chosen), pod_budget(cluster, what), refused.message, by_pool)


def _least(
    shape: Shape,
    cluster: Cluster,
    nodes: _ByNodes,
    budgets: Sequence[Budget],
    limits: Sequence[TestedLimit],
) -> Fit:
    count, what, message = nodes.count, nodes.binding, nodes.message
    needs = needs_of(cluster, shape.workload) if shape.workload else {}
    allowed: dict[str, int] = {}
    for budget in budgets:
        need = needs.get(budget.name, 0)
        if need:
            allowed[budget.name] = max(0, budget.left // need)
            if allowed[budget.name] < count:
                count, what, message = allowed[budget.name], budget.name, budget.refusal(need)
    beyond = _beyond_tested(shape, count, limits)
    return Fit(
        shape.name, count, what, message, nodes.count, FrozenMap(allowed), nodes.by_pool, beyond
    )


def _beyond_tested(shape: Shape, count: int, limits: Sequence[TestedLimit]) -> str:
    told = []
    for limit in limits:
        if limit.name == "vms_per_cluster" and limit.have + count > limit.limit:
            more = max(0, limit.limit - limit.have)
            told.append(f"tested are {limit.limit:,} {limit.words}, {more:,} more")
    domain = shape.workload.vmi.spec.domain if shape.workload else None
    if domain is not None:
        guest = domain.memory.guest
        asked = {
            "vcpus_per_vm": domain.cpu.vcpus,
            "memory_bytes_per_vm": guest.value if guest else 0,
        }
        for name, number in asked.items():
            tested = TESTED_MAXIMUMS[name]
            if number > tested.limit:
                told.append(f"tested are {tested.limit:,} {tested.words}, it has {number:,}")
    return "; ".join(told)
