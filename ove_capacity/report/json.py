"""Results as documents of plain dicts, lists, strings and numbers, in a stable order.

``simulate`` obeys docs/schema/simulate.schema.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ove_capacity.analysis.failover import failover, survivable
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.headroom import Headroom, headroom
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import workload_names
from ove_capacity.model.assumption import Assumption
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.ocm import Decision
from ove_capacity.sim.run import Run

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.fleet_failover_result import FleetFailover
    from ove_capacity.analysis.fragmentation import Fragmentation
    from ove_capacity.analysis.hub_load import HubLoad
    from ove_capacity.analysis.ladder import Ladder
    from ove_capacity.analysis.limits import Limits
    from ove_capacity.analysis.study.result import Standings
    from ove_capacity.analysis.verdict import Verdict

__all__ = [
    "failover_document",
    "fleet_failover_document",
    "fragmentation_document",
    "headroom_document",
    "hub_load_document",
    "limits_document",
    "origins_document",
    "placements",
    "result_document",
    "show_document",
    "simulate_document",
    "study_document",
    "validate_document",
    "verdict_document",
]


def simulate_document(run: Run) -> dict[str, object]:
    """A whole run: the plan and how it ended by cluster, decisions, events and samples.

    Headroom and failover are those of the plan fulfilled, as the verbs of those names tell them;
    those of the last moment are beside them.
    """
    planned, shapes = settle(run.case), workload_names(run.case)
    room, losses = headroom(planned, shapes=shapes), failover(planned).to_dict()
    last_room, last_survived = headroom(run, shapes=shapes), survivable(run)
    return {
        "scenario": run.case.name,
        "until_ms": run.until_ms,
        "provenance": _provenance(run.case),
        "assumptions": _assumptions(run.assumptions),
        "warnings": list(run.warnings),
        "clusters": {
            cluster.name: {
                "profile": cluster.profile,
                "nodes": _nodes(run, cluster),
                "vms": dict(run.counts[cluster.name]),
                "headroom": room.clusters[cluster.name].summary(),
                "failover": losses[cluster.name],
                "at_end": {
                    "headroom": last_room.clusters[cluster.name].summary(),
                    "failover": {"survives_nodes": last_survived[cluster.name]},
                },
                **_scaling(run, cluster),
            }
            for cluster in run.case.fleet.clusters
        },
        "placements": placements(run.placements.values()),
        "events": run.events.rows(),
        "samples": run.samples.rows(),
        **({"machines": run.machines.rows()} if run.scaling else {}),
        **({"recoveries": [each.to_dict() for each in run.recoveries]} if run.recoveries else {}),
    }


def _scaling(run: Run, cluster: Cluster) -> dict[str, object]:
    found = run.scaling.get(cluster.name)
    return {} if found is None else {"autoscaling": found.to_dict()}


def headroom_document(
    case: Case, room: Headroom, ladder: Ladder | None = None
) -> dict[str, object]:
    """Each cluster's headroom, and its ladder when there is one."""
    steps = {} if ladder is None else ladder.to_dict()
    return result_document(
        case,
        "clusters",
        {
            name: {"headroom": each, **({"ladder": steps[name]} if name in steps else {})}
            for name, each in room.to_dict().items()
        },
    )


def placements(decisions: Iterable[Decision]) -> dict[str, object]:
    """Decisions by the Placement's name; by ``namespace/name`` where two have the same name."""
    decided = list(decisions)
    names = Counter(each.placement.rpartition("/")[2] for each in decided)
    found: dict[str, object] = {}
    for each in decided:
        name = each.placement.rpartition("/")[2]
        key = name if names[name] == 1 else each.placement
        found[key] = {"placement": each.placement, **each.to_dict()}
    return found


def show_document(case: Case) -> dict[str, object]:
    """A case before it is simulated; tables as lists of rows."""
    return {
        **_head(case),
        "tables": {table.title: table.to_dicts() for table in case.tables},
    }


def origins_document(case: Case) -> dict[str, object]:
    """Where each number of each cluster came from."""
    return {**_head(case), "origins": [each.to_dict() for each in case.origins]}


def failover_document(case: Case, found: Failover) -> dict[str, object]:
    """Each cluster's failover, and whether what was asked for is so."""
    return {
        **_head(case),
        "survive": found.asked,
        "survived": found.is_survived,
        "clusters": {name: {"failover": each} for name, each in found.to_dict().items()},
    }


def fleet_failover_document(case: Case, found: FleetFailover) -> dict[str, object]:
    """Each loss of a cluster or a region."""
    return result_document(case, "fleet_failover", found.to_dict())


def fragmentation_document(case: Case, found: Fragmentation) -> dict[str, object]:
    """Each cluster's cells."""
    told = {name: {"fragmentation": each} for name, each in found.to_dict().items()}
    return result_document(case, "clusters", told)


def limits_document(case: Case, found: Limits) -> dict[str, object]:
    """Each cluster's pools beside the limits of its autoscaler."""
    told = {name: {"limits": each} for name, each in found.to_dict().items()}
    return result_document(case, "clusters", told)


def hub_load_document(case: Case, found: HubLoad) -> dict[str, object]:
    """The hub's services, and those of the clusters it manages."""
    return result_document(case, "hub_load", found.to_dict())


def result_document(case: Case, name: str, answer: object) -> dict[str, object]:
    """The answer to one question, with what is needed to ask it again."""
    return {**_head(case), name: answer}


def study_document(case: Case, found: Standings) -> dict[str, object]:
    """Policies of a Placement by rank; the study's own assumptions are among the case's."""
    head = _head(case)
    head["assumptions"] = _assumptions((*case.assumptions, *found.assumptions))
    return {**head, "study": found.to_dict()}


def verdict_document(case: Case, found: Verdict) -> dict[str, object]:
    """Each cluster's answers, and what concerns no cluster."""
    return {**_head(case), "clusters": found.to_dict(), "notes": list(found.notes)}


def validate_document(case: Case) -> dict[str, object]:
    """That the input is right, and what was understood of it."""
    return {"valid": True, "problems": [], **_head(case)}


def _head(case: Case) -> dict[str, object]:
    return {
        "scenario": case.name,
        "provenance": _provenance(case),
        "assumptions": _assumptions(case.assumptions),
        "warnings": list(case.warnings),
    }


def _provenance(case: Case) -> dict[str, object]:
    known = case.provenance
    return {
        "package_version": known.package_version if known else None,
        "releases": {cluster.name: str(cluster.release) for cluster in case.fleet.clusters},
        "scenario_sha256": known.scenario_sha256 if known else None,
        "seed": case.seed,
        "policies": {"tie": case.policy.tie, "nodesScored": case.policy.nodes_scored},
    }


def _assumptions(assumptions: Iterable[Assumption]) -> list[dict[str, str]]:
    return [
        {
            "name": each.name,
            "value": each.value,
            "source": each.source,
            "evidence": str(each.evidence),
            "applies_to": each.applies_to,
        }
        for each in assumptions
    ]


def _nodes(run: Run, cluster: Cluster) -> dict[str, int]:
    state = run.states[cluster.name]
    up = sum(
        bool(alive) and node.is_worker for node, alive in zip(state.nodes, state.alive, strict=True)
    )
    return {
        "total": len(state.nodes),
        "workers": len(state.cluster.workers),
        "workers_in_service": up,
    }
