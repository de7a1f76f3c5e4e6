"""Input of the Cluster Autoscaler's recorded cases -> nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ove_capacity.model.autoscaling import NodeGroup
from ove_capacity.model.cluster import Cluster, DisruptionBudget
from ove_capacity.model.node import HOSTNAME_LABEL, Node, Taint
from ove_capacity.model.pod import (
    Affinity,
    Container,
    OwnerReference,
    Pod,
    PodAffinityTerm,
    PodSpec,
    SpreadConstraint,
    Toleration,
)
from ove_capacity.model.resources import PODS, amounts
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.simulation import Simulation, simulation_of
from ove_capacity.openshift.autoscaler.view import UNREADY, ClusterView, GroupState
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release

Json = dict[str, Any]

_GIB = 1 << 30
_SECOND_MS = 1000
_PODS_BY_DEFAULT = 250
_POD_AGE_MS = 600_000


def _expanded(given: Json) -> list[str]:
    count = given.get("count") or 0
    return [f"{given['name']}-{i}" for i in range(count)] if count else [given["name"]]


def _selector(labels: Json | None) -> LabelSelector:
    return LabelSelector(tuple(Requirement(k, "In", (v,)) for k, v in (labels or {}).items()))


def _node(given: Json, name: str) -> Node:
    capacity = amounts({k: Quantity.parse(v) for k, v in given["capacity"].items()})
    capacity.setdefault(PODS, _PODS_BY_DEFAULT)
    stated = amounts({k: Quantity.parse(v) for k, v in (given.get("allocatable") or {}).items()})
    return Node(
        name,
        capacity,
        {**capacity, **stated},
        {HOSTNAME_LABEL: name, **(given.get("labels") or {})},
        tuple(
            Taint(each["key"], each.get("value", ""), each.get("effect", ""))
            for each in given.get("taints") or ()
        ),
        bool(given.get("unschedulable")),
        annotations=given.get("annotations") or {},
    )


def _terms(given: Sequence[Json] | None) -> tuple[PodAffinityTerm, ...]:
    return tuple(
        PodAffinityTerm(each.get("topologyKey") or HOSTNAME_LABEL, _selector(each.get("labels")))
        for each in given or ()
    )


def _spec(given: Json) -> PodSpec:
    requests = {k: Quantity.parse(v) for k, v in (given.get("requests") or {}).items()}
    volumes = [name for name in ("emptyDir", "hostPath") if given.get(name)]
    return PodSpec(
        containers=(Container("c", requests),),
        node_selector=given.get("nodeSelector") or {},
        affinity=Affinity(
            pod_required=_terms(given.get("affinity")),
            anti_required=_terms(given.get("antiAffinity")),
        ),
        tolerations=tuple(
            Toleration(
                each.get("key", ""),
                each.get("operator", ""),
                each.get("value", ""),
                each.get("effect", ""),
            )
            for each in given.get("tolerations") or ()
        ),
        spread=tuple(
            SpreadConstraint(
                each.get("maxSkew", 1),
                each.get("topologyKey") or HOSTNAME_LABEL,
                hard=True,
                selector=_selector(each.get("labels")),
            )
            for each in given.get("topologySpread") or ()
        ),
        priority=given.get("priority") or 0,
        has_no_priority=given.get("priority") is None,
        local_volumes=tuple(volumes),
    )


def _pods(given: Json, created_ms: int) -> list[Pod]:
    spec, kind = _spec(given), given.get("ownerKind") or ""
    pods = []
    for name in _expanded(given):
        by_default = name if kind == "VirtualMachineInstance" else given["name"]
        owner = OwnerReference(kind, given.get("owner") or by_default) if kind else None
        pods.append(
            Pod(
                name,
                spec,
                given.get("namespace") or "default",
                given.get("labels") or {},
                owner,
                annotations=given.get("annotations") or {},
                created_ms=created_ms,
            )
        )
    return pods


def _limits(given: Json | None, unit: int, most: int) -> tuple[int, int]:
    given = given or {}
    return given.get("min", 0) * unit, given.get("max", most) * unit


def _options(given: Json) -> AutoscalingOptions:
    default = AutoscalingOptions()
    cores = _limits(given.get("cores"), 1, default.cores_max)
    memory = _limits(given.get("memoryGiB"), _GIB, default.memory_max_bytes // _GIB)
    return replace(
        default,
        max_nodes_total=given.get("maxNodesTotal", 0),
        cores_min=cores[0],
        cores_max=cores[1],
        memory_min_bytes=memory[0],
        memory_max_bytes=memory[1],
        expanders=tuple(given.get("expanders") or default.expanders),
        balance_similar_node_groups=given.get("balanceSimilarNodeGroups", False),
        balancing_ignored_labels=tuple(given.get("balancingIgnoredLabels") or ()),
        max_nodes_per_scale_up=given.get("maxNodesPerScaleUp") or default.max_nodes_per_scale_up,
        expendable_pods_priority_cutoff=given.get("expendablePodsPriorityCutoff", -10),
        utilization_threshold=given.get("utilizationThreshold", 0.5),
        unneeded_ms=given.get("unneededSeconds", 600) * _SECOND_MS,
        unready_ms=given.get("unreadySeconds", 1200) * _SECOND_MS,
        ignore_daemonsets_utilization=given.get("ignoreDaemonsetsUtilization", False),
        skip_nodes_with_local_storage=given.get("skipNodesWithLocalStorage", True),
        skip_nodes_with_custom_controller_pods=given.get("skipNodesWithCustomControllerPods", True),
        skip_nodes_with_system_pods=given.get("skipNodesWithSystemPods", True),
        max_scale_down_parallelism=given.get("maxScaleDownParallelism")
        or default.max_scale_down_parallelism,
        max_drain_parallelism=given.get("maxDrainParallelism") or default.max_drain_parallelism,
    )


class Case:
    """The input of a case, as nouns."""

    def __init__(self, given: Json) -> None:
        self.options = _options(given.get("options") or {})
        self.cluster = Cluster("recorded", release("4.22"))
        self.nodes: list[Node] = []
        self.group_of: dict[str, str] = {}
        self.readiness: dict[str, str] = {}
        for each in given.get("nodes") or ():
            for name in _expanded(each):
                self.nodes.append(_node(each, name))
                if each.get("group"):
                    self.group_of[name] = each["group"]
                if each.get("notReady"):
                    self.readiness[name] = UNREADY
        self.groups = [self._group(each) for each in given.get("nodeGroups") or ()]
        self.running: list[tuple[Pod, str]] = []
        self.pending: list[Pod] = []
        self.class_of: dict[str, str] = {}
        """Pod (namespace/name) -> its name in the input."""
        for each in given.get("pods") or ():
            for pod in _pods(each, -_POD_AGE_MS):
                self.class_of[pod.key] = each["name"]
                if each.get("node"):
                    self.running.append((pod, each["node"]))
                else:
                    self.pending.append(pod)

        self.budgets = [
            DisruptionBudget(
                each["name"],
                each.get("namespace") or "default",
                _selector(each.get("labels")),
                each.get("disruptionsAllowed", 0),
            )
            for each in given.get("pdbs") or ()
        ]

    def _group(self, given: Json) -> GroupState:
        members = sum(group == given["name"] for group in self.group_of.values())
        target = given.get("targetSize", members)
        daemons = [
            replace(pod, owner=OwnerReference("DaemonSet", pod.name))
            for each in given.get("daemonsetPods") or ()
            for pod in _pods(each, -_POD_AGE_MS)
        ]
        template = given.get("template")
        group = NodeGroup(
            given["name"],
            given["min"],
            given["max"],
            _node(template, "template") if template else None,
            tuple(daemons),
        )
        return GroupState(group, target, max(0, target - members))

    def view(self, targets: Json | None = None) -> ClusterView:
        groups = self.groups
        if targets:
            groups = [self._resized(state, targets[state.name]) for state in groups]
        return ClusterView(tuple(self.nodes), tuple(groups), self.group_of, self.readiness)

    def _resized(self, state: GroupState, target: int) -> GroupState:
        members = sum(group == state.name for group in self.group_of.values())
        return GroupState(state.group, target, max(0, target - members))

    def simulation(self, view: ClusterView) -> Simulation:
        return simulation_of(self.cluster, view, self.running, self.pending, self.options)
