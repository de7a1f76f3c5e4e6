"""Decisions recorded from the real placement controller, single and in sequences."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.hub import (
    add_on_score_of,
    binding_of,
    cluster_set_of,
    managed_cluster_of,
    placement_decision_of,
)
from ove_capacity.manifests.placement import placement_of
from ove_capacity.model.managed_cluster import PlacementDecision
from ove_capacity.model.placement import AddOnScore, Placement, PrioritizerWeight
from ove_capacity.ocm import Decisions, Hub, Inventory, Synced, sync
from ove_capacity.ocm.conditions import Condition
from ove_capacity.ocm.decision import Decision
from tests.conformance.difference import first_difference

_MOST_PASSES, _MOST_ROUNDS = 5, 10


def _now_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _hub(given: Mapping[str, Any]) -> Hub:
    """The hub's objects; no schema has seen them, so that what is odd in them is noted only."""
    odd = Problems()
    scores = [add_on_score_of(each, odd) for each in given.get("addonPlacementScores") or ()]
    pages = (placement_decision_of(each, odd) for each in given.get("existingDecisions") or ())
    return Hub(
        Inventory([managed_cluster_of(each, odd) for each in given["clusters"]], scores),
        tuple(cluster_set_of(each, odd) for each in given["clusterSets"]),
        tuple(binding_of(each, odd) for each in given["bindings"]),
        Decisions(pages),
    )


def _unadmitted(document: Mapping[str, Any]) -> Placement:
    """The Placement as the controller reads it when no schema has filled anything in."""
    bare = copy.deepcopy(dict(document))
    policy = bare["spec"].pop("prioritizerPolicy", {})
    strategy = bare["spec"].pop("decisionStrategy", {}).get("groupStrategy", {})
    per_group = strategy.pop("clustersPerDecisionGroup", 0)
    bare["spec"]["decisionStrategy"] = {"groupStrategy": strategy}
    return replace(
        placement_of(bare),
        mode=policy.get("mode", ""),
        prioritizers=tuple(_weight(each) for each in policy.get("configurations") or ()),
        clusters_per_group=per_group,
    )


def _weight(written: Mapping[str, Any]) -> PrioritizerWeight:
    coordinate, weight = written.get("scoreCoordinate"), written.get("weight", 0)
    if coordinate is None:
        return PrioritizerWeight("", weight, None)
    kind, name = coordinate.get("type", ""), coordinate.get("builtIn", "")
    measured = coordinate.get("addOn")
    if measured is None:
        return PrioritizerWeight(name, weight, kind)
    add_on = AddOnScore(measured.get("resourceName", ""), measured.get("scoreName", ""))
    if kind != "BuiltIn":
        name = f"AddOn/{add_on.resource}/{add_on.score}"
    return PrioritizerWeight(name, weight, kind, add_on)


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else ms // 1000


def _page_number(page: PlacementDecision) -> int:
    return int(page.name.rpartition("-")[2])


_NOTHING: Mapping[str, Any] = {
    "validBindings": [],
    "eligibleClusterSets": [],
    "availableClusters": [],
    "filterResults": [],
    "prioritizers": [],
    "aggregatedScores": {},
    "ranking": [],
    "decisions": [],
    "numOfUnscheduled": 0,
    "statusCode": "",
    "requeueAfterSeconds": None,
    "numberOfSelectedClusters": 0,
    "decisionGroups": [],
    "placementDecisions": [],
    "conditions": [],
    "passes": [],
    "converged": False,
    "passRequeueAfterSeconds": [],
}


def _groups(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "decisionGroupIndex": each.index,
            "decisionGroupName": each.name,
            "clusterCount": len(each.clusters),
            "decisions": list(each.decisions),
        }
        for each in decision.groups
    ]


def _page(page: PlacementDecision) -> dict[str, Any]:
    return {
        "name": page.name,
        "groupName": page.group_name,
        "groupIndex": page.group_index,
        "clusters": list(page.clusters),
    }


def _condition(condition: Condition) -> dict[str, str]:
    return {
        "type": condition.type,
        "status": str(condition.is_true),
        "reason": condition.reason,
        "message": condition.message,
    }


def _first(decision: Decision, pages: list[PlacementDecision]) -> dict[str, Any]:
    status = decision.status
    told = {
        "validBindings": list(decision.bound),
        "eligibleClusterSets": list(decision.eligible),
        "availableClusters": list(decision.available),
        "filterResults": [
            {"name": each.name, "filteredClusters": sorted(each.clusters)}
            for each in decision.filters
        ],
        "prioritizers": [
            {"name": each.name, "weight": each.weight, "scores": dict(each.scores)}
            for each in decision.prioritizers
        ],
        "aggregatedScores": dict(decision.totals),
        "ranking": list(decision.ranking),
        "decisions": list(decision.clusters),
        "numOfUnscheduled": decision.unscheduled,
        "statusCode": status.code,
        "requeueAfterSeconds": _seconds(decision.requeue_ms),
        "numberOfSelectedClusters": len(decision.clusters),
        "decisionGroups": _groups(decision),
        "placementDecisions": [_page(each) for each in sorted(pages, key=_page_number)],
        "conditions": [_condition(each) for each in decision.conditions],
    }
    when_any = {
        "statusPlugin": status.plugin,
        "statusMessage": status.message,
        "syncError": decision.error,
    }
    return told | {key: value for key, value in when_any.items() if value}


def _single(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        read = _unadmitted if given.get("skipAdmission") else placement_of
        placement = read(given["placement"])
    except ScenarioError as error:
        rejected = [
            f"placement.{p.path}: {p.message.partition(' (got')[0]}" for p in error.problems
        ]
        return {**_NOTHING, "rejected": rejected}
    hub, now_ms = _hub(given), _now_ms(given["now"])
    told: dict[str, Any] = {}
    passes: list[list[str]] = []
    timers: list[int | None] = []
    converged = False
    while not converged and len(passes) < _MOST_PASSES:
        decision, hub = _parts(sync(hub, placement, now_ms))
        told = told or _first(decision, hub.decisions.by_placement.get(placement.key, []))
        passes.append(sorted(decision.clusters))
        timers.append(_seconds(decision.requeue_ms))
        converged = passes[-1:] == passes[-2:-1]
    return {
        **told,
        "passes": passes,
        "converged": converged,
        "passRequeueAfterSeconds": timers,
    }


def _parts(synced: Synced) -> tuple[Decision, Hub]:
    return synced.decision, synced.hub


@dataclass
class _Sequence:
    """A hub to which things happen."""

    given: dict[str, Any]
    hub: Hub
    placements: dict[str, Placement]
    now_ms: int

    def sync(self, key: str) -> dict[str, Any]:
        decision, self.hub = _parts(sync(self.hub, self.placements[key], self.now_ms))
        return {
            "placement": key,
            "aggregatedScores": dict(decision.totals),
            "decisions": list(decision.clusters),
            "requeueAfterSeconds": _seconds(decision.requeue_ms),
        }

    def converge(self) -> tuple[list[dict[str, Any]], int]:
        syncs: list[dict[str, Any]] = []
        rounds, settled = 0, False
        while not settled and rounds < _MOST_ROUNDS:
            before = self._contents()
            syncs += [self.sync(key) for key in sorted(self.placements)]
            settled, rounds = self._contents() == before, rounds + 1
        return syncs, rounds

    def _contents(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {key: page.clusters for key, page in self.hub.decisions.objects.items()}

    def state(self) -> dict[str, list[str]]:
        return {key: sorted(self.hub.decisions.of(key)) for key in self.placements}

    def change(self, name: str, alter: Callable[[dict[str, Any]], None]) -> None:
        if name not in self.hub.inventory.index:
            return
        document = next(c for c in self.given["clusters"] if c["metadata"]["name"] == name)
        alter(document)
        inventory = self.hub.inventory.replaced(managed_cluster_of(document, Problems()))
        self.hub = replace(self.hub, inventory=inventory)

    def happens(self, step: Mapping[str, Any]) -> None:
        match step["op"]:
            case "advance":
                self.now_ms += step["seconds"] * 1000
            case "removeCluster":
                left = self.hub.inventory.without(step["cluster"])
                self.hub = replace(self.hub, inventory=left)
            case "taint":
                self.change(step["cluster"], lambda c: self._taint(c, step["taint"]))
            case "untaint":
                self.change(step["cluster"], lambda c: _untaint(c, step["key"]))
            case "setAllocatable":
                self.change(step["cluster"], lambda c: _set_allocatable(c, step))
            case unknown:
                raise ValueError(f"unknown step {unknown!r}")

    def _taint(self, cluster: dict[str, Any], taint: Mapping[str, Any]) -> None:
        added = datetime.fromtimestamp(self.now_ms / 1000, UTC).isoformat()
        cluster["spec"].setdefault("taints", []).append({**taint, "timeAdded": added})


def _untaint(cluster: dict[str, Any], key: str) -> None:
    cluster["spec"]["taints"] = [t for t in cluster["spec"].get("taints", ()) if t["key"] != key]


def _set_allocatable(cluster: dict[str, Any], step: Mapping[str, Any]) -> None:
    allocatable = cluster.setdefault("status", {}).setdefault("allocatable", {})
    allocatable[step["resource"]] = step["value"]


def _sequence(given: Mapping[str, Any]) -> dict[str, Any]:
    placements = (placement_of(each) for each in given["placements"])
    world = _Sequence(
        copy.deepcopy(dict(given)),
        _hub(given),
        {each.key: each for each in placements},
        _now_ms(given["now"]),
    )
    steps = []
    for step in given["steps"]:
        told: dict[str, Any] = {"op": step["op"], "syncs": []}
        if step["op"] == "sync":
            told["syncs"] = [world.sync(step["placement"])]
        elif step["op"] == "converge":
            told["syncs"], told["rounds"] = world.converge()
        else:
            world.happens(step)
        steps.append({**told, "state": world.state()})
    return {"steps": steps}


def decide(case: Mapping[str, Any]) -> dict[str, Any]:
    """What we decide on the case, in the form of its ``expected``."""
    given = case["input"]
    return _sequence(given) if "steps" in given else _single(given)


def difference(expected: Mapping[str, Any], ours: Mapping[str, Any]) -> str | None:
    """The first disagreement, or None."""
    return first_difference(expected, ours)
