"""Cluster Autoscaler: one scale-up, scale-ups until nothing is added, and scale-downs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ove_capacity.model.pod import OwnerReference
from ove_capacity.openshift.autoscaler.deletion import Deletions, crop, nodes_to_delete
from ove_capacity.openshift.autoscaler.drainability import Budgets, Drain
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.scale_down import Assessment, ScaleDownMemory, assess
from ove_capacity.openshift.autoscaler.scale_up import SUCCESSFUL, ScaleUp, scale_up
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.view import ClusterView
from tests.conformance.autoscaler_input import Case
from tests.conformance.difference import first_difference, shown

Json = dict[str, Any]

_SECOND_MS = 1000
_SCAN_SECONDS = 10
_MOST_STEPS = 40
_DISTINCT = "__distinct"

# -- scale-up --------------------------------------------------------------------------------------


def _by_class(case: Case, simulation: Simulation, pods: Iterable[int]) -> Json:
    return dict(Counter(case.class_of[simulation.pods[number].key] for number in pods))


def _remaining(case: Case, simulation: Simulation, found: ScaleUp) -> tuple[Json, Json]:
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


def _scale_up(case: Case) -> Json:
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


def _scale_up_loop(case: Case) -> Json:
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


# -- scale-down ------------------------------------------------------------------------------------


def _class_counts(names: Iterable[str]) -> Json:
    return dict(Counter(re.sub(r"-\d+$", "", name) for name in names))


def _first_loop(case: Case, simulation: Simulation, found: Assessment) -> Json:
    unneeded = {each.node for each in found.removable}
    answer: Json = {}
    for node in case.nodes:
        said: Json = {
            "candidate": node.name in found.candidates,
            "unneeded": node.name in unneeded,
        }
        used = found.utilization.get(node.name)
        if used:
            said |= {"cpuUtil": used.cpu, "memUtil": used.memory, "utilization": used.highest}
        refused = found.unremovable.get(node.name)
        if refused:
            said["unremovableReason"] = refused.reason
            if refused.pod >= 0:
                said["blockingPod"] = simulation.pods[refused.pod].key
                said["blockingReason"] = refused.why
        answer[node.name] = said
    return answer


def _scale_down(case: Case, scan_ms: int) -> Json:
    view, options = case.view(), case.options
    memory, answer = ScaleDownMemory(), {}
    deletions, now_ms = Deletions(), 0
    while True:
        simulation = case.simulation(view)
        drain = Drain(options, now_ms, Budgets(case.budgets), _controller_exists)
        found = assess(simulation, drain, replace(memory, unneeded_before=frozenset()))
        memory = found.memory
        if now_ms == 0:
            answer["firstLoop"] = _first_loop(case, simulation, found)
            answer["firstLoopCandidate"] = sorted(found.candidates)
            answer["firstLoopUtilization"] = {
                name: said.get("utilization") for name, said in answer["firstLoop"].items()
            }
            answer["firstLoopUnneededCount"] = len(found.removable)
        deletions = nodes_to_delete(view, found, options, now_ms)
        if deletions.empty or deletions.drained:
            break
        now_ms += scan_ms
        if now_ms > options.unneeded_ms + 3 * scan_ms:
            now_ms = -1
            break
    return answer | _deleted(view, options, found, deletions, now_ms)


def _deleted(
    view: ClusterView,
    options: AutoscalingOptions,
    found: Assessment,
    deletions: Deletions,
    now_ms: int,
) -> Json:
    started = crop(view, deletions, options)
    parts = {
        "plannerEmpty": deletions.empty,
        "plannerDrain": deletions.drained,
        "startEmpty": started.empty,
        "startDrain": started.drained,
    }
    answer: Json = {"firstDeleteAtSeconds": now_ms // _SECOND_MS if now_ms > 0 else now_ms}
    for name, nodes in parts.items():
        if nodes:
            answer[name] = sorted(nodes)
        answer[name + "Count"] = len(nodes)
        answer[name + "ByNodeClass"] = _class_counts(nodes)
    if now_ms >= 0:
        reasons = {name: each.reason for name, each in found.unremovable.items()}
        answer["unremovableAtDelete"] = reasons | dict(deletions.refused)
    return answer


def _controller_exists(owner: OwnerReference, namespace: str) -> bool:
    return owner.kind != "ReplicationController"


# -- comparison ------------------------------------------------------------------------------------


def decide(case: Json) -> Json:
    """What we decide, in the form of ``expected`` and ``nondeterministic`` together."""
    given = Case(case["input"])
    match case["kind"]:
        case "scaleup":
            return _scale_up(given)
        case "scaleup-loop":
            return _scale_up_loop(given)
        case "scaledown":
            scan = (case["input"].get("options") or {}).get("scanSeconds") or _SCAN_SECONDS
            return _scale_down(given, scan * _SECOND_MS)
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
