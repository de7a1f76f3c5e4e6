"""Filter and scores recorded from NodeResourceTopologyMatch, node by node."""

from __future__ import annotations

from typing import Any

from ove_capacity.kube.filters.node_resource_topology_match import numa_refusal
from ove_capacity.kube.scores.node_resource_topology_match import STRATEGIES, numa_score
from ove_capacity.model.node_resource_topology import NodeResourceTopology, NumaZone
from tests.conformance.difference import first_difference
from tests.conformance.pods import Json, quantities, spec_of


def _number(name: str) -> int:
    return int(name.removeprefix("node-"))


def _topology(node: Json) -> NodeResourceTopology | None:
    if node.get("no_nrt"):
        return None
    zones = tuple(
        NumaZone(
            _number(zone["name"]),
            quantities(zone["available"]),
            {_number(name): cost for name, cost in (zone.get("costs") or {}).items()},
        )
        for zone in node.get("zones") or ()
    )
    return NodeResourceTopology(
        zones,
        node.get("attributes") or {},
        node.get("stale", False),
    )


def decide(case: Json) -> list[Json]:
    """What we decide for each node of the case."""
    spec, weights = spec_of(case["pod"]), case.get("weights") or {}
    answers = []
    for node in case["nodes"]:
        topology = _topology(node)
        refusal = numa_refusal(spec, node["allocatable"], topology)
        said: Json = {"filter": "Unschedulable" if refusal else "Success"}
        if refusal:
            said["filter_message"] = refusal
        said["scores"] = {name: numa_score(name, spec, topology, weights) for name in STRATEGIES}
        answers.append(said)
    return answers


def expected(case: Json) -> list[Json]:
    """The recorded answers, which stand at each node."""
    return [node["expected"] for node in case["nodes"]]


def answered(case: Json, ours: list[Json]) -> Json:
    """The case with our answers in place of the recorded ones."""
    nodes = zip(case["nodes"], ours, strict=True)
    return {**case, "nodes": [{**node, "expected": said} for node, said in nodes]}


def difference(recorded: Any, ours: Any) -> str | None:
    """The first place where the two disagree, or None."""
    return first_difference(recorded, ours)
