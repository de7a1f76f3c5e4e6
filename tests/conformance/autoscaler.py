"""Cluster Autoscaler: one scale-up, scale-ups until nothing is added, and scale-downs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ove_capacity.model.autoscaling import NodeGroup
from ove_capacity.model.cluster import Cluster
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
from ove_capacity.openshift.autoscaler.scale_up import SUCCESSFUL, ScaleUp, scale_up
from ove_capacity.openshift.autoscaler.simulation import Simulation, simulation_of
from ove_capacity.openshift.autoscaler.view import UNREADY, ClusterView, GroupState
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release
from tests.conformance.difference import first_difference, shown

Json = dict[str, Any]

_GIB = 1 << 30
_SECOND_MS = 1000
_PODS_BY_DEFAULT = 250
_MOST_STEPS = 40
_DISTINCT = "__distinct"

# -- input -----------------------------------------------------------------------------------------


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


_POD_AGE_MS = 600_000


class _Case:
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


# -- scale-up --------------------------------------------------------------------------------------


def _by_class(case: _Case, simulation: Simulation, pods: Iterable[int]) -> Json:
    return dict(Counter(case.class_of[simulation.pods[number].key] for number in pods))


def _remaining(case: _Case, simulation: Simulation, found: ScaleUp) -> tuple[Json, Json]:
    """Pods that no group takes, and the reasons, both by class."""
    skipped = {group: [text] for group, text in found.skipped}
    counts: Counter[str] = Counter()
    reasons: dict[str, dict[str, Json]] = {}
    for group in found.remaining:
        why = {
            "rejectedGroups": {name: sorted(words) for name, words in group.rejected_by.items()},
            "skippedGroups": skipped,
        }
        for name, count in _by_class(case, simulation, group.pods).items():
            counts[name] += count
            reasons.setdefault(name, {})[_written(why)] = why
    listed = {name: [each[text] for text in sorted(each)] for name, each in reasons.items()}
    return dict(counts), listed


def _written(value: Any) -> str:
    """A value as JSON with sorted keys, by which lists of reasons are ordered."""
    return json.dumps(value, sort_keys=True)


def _scale_up(case: _Case) -> Json:
    simulation = case.simulation(case.view())
    found = scale_up(simulation, case.options)

    def count(pods: Iterable[int]) -> Json:
        return _by_class(case, simulation, pods)

    best = found.best
    remain, reasons = _remaining(case, simulation, found)
    options = sorted(found.options, key=lambda option: option.group)
    increases = sorted(found.increases, key=lambda each: each.group)
    helped = frozenset(best.pods) if best else frozenset()
    return {
        "upcomingNodes": dict(found.upcoming) or None,
        "gate": found.gate or None,
        "result": found.result,
        "error": None,
        "nodesCounted": found.nodes_counted,
        "podsExpendable": count(found.pods.expendable),
        "podsFitExistingOrUpcoming": count(found.pods.fitting),
        "podsDaemonSetIgnored": count(found.pods.daemons),
        "podsToHelp": count(found.pods.to_help),
        "expansionOptions": [
            {"group": o.group, "nodeCount": o.nodes, "podsByClass": count(o.pods)} for o in options
        ],
        "bestOption": best.group if best else None,
        "bestOptionNodes": best.nodes if best else None,
        "podsNotInBestOption": count(i for i in found.pods.to_help if i not in helped)
        if best
        else {},
        "scaleUps": [{"group": i.group, "from": i.size, "to": i.new_size} for i in increases],
        "totalAdded": sum(each.new_size - each.size for each in found.increases),
        "podsTriggeredScaleUp": count(best.pods) if best else {},
        "podsRemainByClass": remain,
        "remainReasonsByClass": reasons,
    }


def _step(found: ScaleUp) -> Json:
    step: Json = {
        "result": found.result,
        "podsFit": len(found.pods.fitting),
        "podsToHelp": len(found.pods.to_help),
    }
    if found.gate:
        step["gate"] = found.gate
    if found.best:
        step["bestOption"], step["bestOptionNodes"] = found.best.group, found.best.nodes
    if found.increases:
        step["scaleUps"] = [
            {"group": each.group, "from": each.size, "to": each.new_size}
            for each in sorted(found.increases, key=lambda each: each.group)
        ]
    if found.upcoming:
        step["upcomingNodes"] = dict(found.upcoming)
    return step


def _scale_up_loop(case: _Case) -> Json:
    targets = {state.name: state.target_size for state in case.groups}
    steps = []
    while True:
        simulation = case.simulation(case.view(targets))
        found = scale_up(simulation, case.options)
        steps.append(_step(found))
        for each in found.increases:
            targets[each.group] = each.new_size
        if found.result != SUCCESSFUL or not found.increases or len(steps) == _MOST_STEPS:
            break
    return {
        "steps": steps,
        "nSteps": len(steps),
        "lastResult": found.result,
        "lastGate": found.gate or None,
        "finalTargetSizes": targets,
        "totalTarget": sum(targets.values()),
        "finalPendingByClass": _by_class(case, simulation, found.pods.to_help),
    }


# -- comparison ------------------------------------------------------------------------------------


def decide(case: Json) -> Json:
    """What we decide, in the form of ``expected`` and ``nondeterministic`` together."""
    given = _Case(case["input"])
    match case["kind"]:
        case "scaleup":
            return _scale_up(given)
        case "scaleup-loop":
            return _scale_up_loop(given)
    raise ValueError(f"kind {case['kind']!r} is not known")


def expected(case: Json) -> Json:
    """What was recorded: what was always so, and the values seen of what was not."""
    return {"always": case["expected"], "seen": case.get("nondeterministic") or {}}


def answered(case: Json, ours: Json) -> Json:
    """The case with our answers in place of the recorded ones: we always decide alike."""
    return {**case, "expected": ours, "nondeterministic": {}}


def _is_empty(value: Any) -> bool:
    return value in ({}, [], None)


def difference(recorded: Json, ours: Json) -> str | None:
    """The first place where the two disagree, or None.

    A key that was recorded in neither way was empty.
    """
    always, seen = recorded["always"], recorded["seen"]
    for key in sorted(always.keys() | ours.keys() | seen.keys()):
        if key.endswith(_DISTINCT):
            continue
        value = ours.get(key)
        if key in always:
            if key not in ours and _is_empty(always[key]):
                continue
            found = first_difference(_numbers(always[key]), _numbers(value), key)
            if found:
                return found
        elif key in seen:
            if not _is_one_of(seen[key], seen.get(key + _DISTINCT, 0), value):
                return f"{key}: {shown(value)}, seen were {shown(seen[key])}"
        elif not _is_empty(value):
            return f"{key}: {shown(value)}, expected nothing"
    return None


def _is_one_of(values: list[Any], distinct: int, ours: Any) -> bool:
    """Whether ours was seen; a sample of more values than it holds refuses nothing."""
    if distinct > len(values):
        return True
    if _is_empty(ours) and any(_is_empty(value) for value in values):
        return True
    return any(first_difference(_numbers(v), _numbers(ours)) is None for v in values)


def _numbers(value: Any) -> Any:
    """Whole floats as integers, as the recording wrote them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    return value
