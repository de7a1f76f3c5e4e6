"""kube-scheduler: decisions of the scheduler's own framework, pod after pod."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import numpy as np

from ove_capacity.kube.codes import PASS
from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.filters.node_affinity import CONFLICT_REASON, preselected_nodes
from ove_capacity.kube.preemption import preempt
from ove_capacity.kube.profile import Profile, ResourceWeight, profiles
from ove_capacity.kube.scheduler import Decision, Scheduler
from ove_capacity.manifests import core
from ove_capacity.manifests.fields import Problems, fields_of
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.pod import Affinity, Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, scheduler_of
from ove_capacity.releases import release
from ove_capacity.state.claim import bind
from ove_capacity.state.claim import release as leave
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import UNRESOLVABLE, Rejection
from tests.conformance.difference import first_difference

Json = dict[str, Any]

_POLICY = Policy(tie="first", nodes_scored="all")
_UNORDERED = ("rejected", "scores", "skippedScore", "unfit", "evicted", "tieNodes")
_NOT_COMPARED = ("scheduler", "summary")
_SKIPPED_ALWAYS = "VolumeBinding"
_CONFLICT = ("NodeAffinity", UNRESOLVABLE, (CONFLICT_REASON,))
_BOUND_FROM_MS = 1_748_736_000_000
"""2025-06-01T00:00:00Z: bound pods of the preemption cases start then, a second apart."""


# -- input -----------------------------------------------------------------------------------------


def _weights(entries: list[Json]) -> tuple[ResourceWeight, ...]:
    return tuple(ResourceWeight(entry["name"], entry.get("weight", 1)) for entry in entries)


def _affinity(document: Json) -> Affinity:
    pod = core.pod_of({"metadata": {"name": "x"}, "spec": {"affinity": {"nodeAffinity": document}}})
    return pod.spec.affinity


def _profile(options: Json) -> Profile:
    values: Json = {}
    if "profile" in options:
        base = profiles.get(options["profile"])
        values = {name: getattr(base, name) for name in ("weights", "scores", "strategy")}
    plain = {
        "scoringStrategy": "strategy",
        "hardPodAffinityWeight": "hard_pod_affinity_weight",
        "ignorePreferredTermsOfExistingPods": "ignore_preferred_terms_of_existing_pods",
    }
    values |= {ours: options[theirs] for theirs, ours in plain.items() if theirs in options}
    for theirs, ours in (("resources", "resources"), ("balancedResources", "balanced_resources")):
        if theirs in options:
            values[ours] = _weights(options[theirs])
    for theirs, ours in (
        ("ignoredResources", "ignored_resources"),
        ("ignoredResourceGroups", "ignored_resource_groups"),
    ):
        values[ours] = tuple(options.get(theirs, ()))
    if "shape" in options:
        values["shape"] = tuple((p["utilization"], p["score"]) for p in options["shape"])
    if "defaultConstraints" in options:
        fields = fields_of({"c": options["defaultConstraints"]}, Problems())
        values["default_constraints"] = core.spread_constraints_of(fields, "c")
    if "addedAffinity" in options:
        values["added_affinity"] = _affinity(options["addedAffinity"])
    return Profile(**values)


def _cluster(given: Json) -> Cluster:
    services = [core.service_of(each) for each in given.get("services", [])]
    owners = [
        core.workload_selector_of({"kind": "ReplicaSet", **each})
        for each in given.get("replicaSets", [])
    ]
    return Cluster(
        name=given["name"],
        release=release("4.21"),
        nodes=tuple(core.node_of(each) for each in given["nodes"]),
        pods=tuple(core.pod_of(each) for each in given.get("existingPods", [])),
        namespaces=dict(core.namespace_of(each) for each in given.get("namespaces", [])),
        services=tuple([service for service in services if service is not None] + owners),
        disruption_budgets=tuple(core.disruption_budget_of(each) for each in given.get("pdbs", [])),
    )


# -- output ----------------------------------------------------------------------------------------


def _grouped(rejections: list[Rejection]) -> list[Json]:
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for each in rejections:
        groups[each.plugin, each.code, each.reasons].append(each.node)
    return [
        {"plugin": plugin, "code": code, "reasons": list(reasons), "nodes": sorted(nodes)}
        for (plugin, code, reasons), nodes in sorted(groups.items())
    ]


class _Run:
    """One case, pod after pod."""

    def __init__(self, given: Json) -> None:
        self.given = given
        options = given.get("options", {})
        self.preemption = bool(options.get("preemption"))
        self.detail = options.get("detail", "full")
        self.pods = [core.pod_of(each) for each in given["pods"]]
        nominated = [core.pod_of(each) for each in given.get("nominatedPods", [])]
        profile = _profile(options)
        self.state: ClusterState = initial_state(_cluster(given), [*self.pods, *nominated], profile)
        self.scheduler: Scheduler = scheduler_of(self.state)
        for pod, c in zip(nominated, self.scheduler.classify(self.state, nominated), strict=True):
            node = self.state.node_index(pod.nominated_node)
            self.state.nominated.setdefault(node, []).append(self.state.add(pod, c))
        self.bound = 0

    def _enter(self, pod: Pod) -> tuple[int, int]:
        c = self.scheduler.classify(self.state, [pod])[0]
        return self.state.add(pod, c), c

    def _bind(self, row: int, node: int) -> None:
        bind(self.state, row, node)
        pod = self.state.pod(row)
        if pod.start_ms is None:
            started = _BOUND_FROM_MS + 1000 * self.bound
            self.state.pods[row] = Pod(**{**_as_dict(pod), "start_ms": started})
        self.bound += 1

    def full(self) -> list[Json]:
        return [self._one(pod) for pod in self.pods]

    def _one(self, pod: Pod) -> Json:
        row, c = self._enter(pod)
        answer: Json = {"pod": pod.key, "node": -1, "feasible": [], "scored": False}
        decision, rejections = (
            None,
            [Rejection(n, *_CONFLICT) for n in range(len(self.state.nodes))],
        )
        if preselected_nodes(pod.spec) == frozenset():
            answer["preFilter"] = _grouped(rejections)[0] | {"nodes": []}
        elif self._keeps_nomination(pod, row, c):
            wish = self.state.node_index(pod.nominated_node)
            decision, rejections = Decision(wish, np.empty(0), (wish,), ties=1), []
        else:
            decision = self.scheduler.decide(self.state, c, row, _POLICY)
            rejections = diagnose(self.scheduler, self.state, c, row, decision)
        if decision is not None:
            answer |= _described(decision, rejections)
        if answer["node"] >= 0:
            self._bind(row, answer["node"])
        elif self.preemption:
            self._preempt(pod, row, c, rejections, answer)
        else:
            leave(self.state, row)
        return answer

    def _keeps_nomination(self, pod: Pod, row: int, c: int) -> bool:
        """Whether the node that the pod itself is nominated to takes it: no other is looked at."""
        if not pod.nominated_node:
            return False
        wish = self.state.node_index(pod.nominated_node)
        return self.scheduler.check_twice(self.state, c, row, wish) == PASS

    def _preempt(
        self, pod: Pod, row: int, c: int, rejections: list[Rejection], answer: Json
    ) -> None:
        found = preempt(self.scheduler, self.state, c, row, rejections)
        state = self.state
        described: Json = {"result": found.result, "nominated": -1, "evicted": []}
        described["candidates"] = [
            {
                "node": each.node,
                "victims": [state.pod(victim).key for victim in each.victims],
                "pdbViolations": each.budget_violations,
            }
            for each in sorted(found.candidates, key=lambda each: each.node)
        ]
        if found.message:
            described["message"] = found.message
        if found.unfit:
            described["unfit"] = _grouped(list(found.unfit))
        if found.best:
            chosen = found.best[0]
            described["tieNodes"] = [each.node for each in found.best]
            described["nominated"] = chosen.node
            described["evicted"] = sorted(state.pod(victim).key for victim in chosen.victims)
            for victim in chosen.victims:
                leave(state, victim)
            self._bind(row, chosen.node)
            answer["node"] = chosen.node
        else:
            leave(state, row)
        answer["preemption"] = described

    def choices(self) -> Json:
        chosen, most, feasible, ties = [], [], [], []
        digest = hashlib.sha256()
        self.scheduler.expect(len(self.pods), len(self.state.nodes))
        for i, pod in enumerate(self.pods):
            row, c = self._enter(pod)
            decision = self.scheduler.decide(self.state, c, row, _POLICY)
            scored = "".join(
                f"{n}:{t}," for n, t in zip(decision.feasible, decision.total, strict=False)
            )
            inner = hashlib.sha256(scored.encode()).hexdigest() if decision.total else ""
            digest.update(f"{i}|{decision.node}|{inner}\n".encode())
            chosen.append(decision.node)
            most.append(max(decision.total, default=0))
            feasible.append(len(decision.feasible))
            ties.append(decision.ties)
            if decision.node >= 0:
                self._bind(row, decision.node)
            else:
                leave(self.state, row)
        return {
            "chosen": chosen,
            "maxTotal": most,
            "feasibleCount": feasible,
            "tieCount": ties,
            "totalsSha256": digest.hexdigest(),
        }


def _as_dict(pod: Pod) -> Json:
    return {name: getattr(pod, name) for name in Pod.__slots__}


def _described(decision: Decision, rejections: list[Rejection]) -> Json:
    answer: Json = {"node": decision.node, "feasible": list(decision.feasible)}
    if rejections:
        answer["rejected"] = _grouped(rejections)
    if decision.feasible:
        answer["ties"] = decision.ties
    if decision.total:
        answer["scored"] = True
        answer["total"] = list(decision.total)
        answer["skippedScore"] = [*decision.skipped, _SKIPPED_ALWAYS]
        answer["scores"] = [
            {
                "plugin": score.plugin,
                "weight": score.weight,
                "raw": list(score.raw),
                "norm": list(score.normalized),
            }
            for score in decision.scores
        ]
    return answer


def decide(case: Json) -> Json:
    """Our own `expected` for a case."""
    run = _Run(case["input"])
    return run.choices() if run.detail == "choice" else {"pods": run.full()}


# -- comparison ------------------------------------------------------------------------------------


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: sorted(map(_canonical, entry), key=repr)
            if key in _UNORDERED
            else _canonical(entry)
            for key, entry in sorted(value.items())
            if key not in _NOT_COMPARED
        }
    if isinstance(value, list):
        return [_canonical(entry) for entry in value]
    return value


def difference(expected: Json, ours: Json) -> str | None:
    """The first place where the two disagree, or None."""
    return first_difference(_canonical(expected), _canonical(ours))
