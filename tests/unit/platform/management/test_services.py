"""Parts of services: what an object says wins over what is documented, field by field."""

from __future__ import annotations

import pytest

from ove_capacity.model.management import DeclaredService
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.platform.management import (
    agent_parts,
    daemon_requests,
    fleet_growth,
    series_room,
    service_parts,
    service_pods,
)

GIB, MIB = 1 << 30, 1 << 20
DAY_MS = 86_400_000


def requested(*declared: DeclaredService) -> tuple[int, float, int]:
    """CPU in milli-cores, memory in GiB, pods of all replicas."""
    parts = service_parts(declared)
    cpu = sum(part.replicas * part.requests.get(CPU, 0) for part in parts)
    memory = sum(part.replicas * part.requests.get(MEMORY, 0) for part in parts)
    return cpu, round(memory / GIB, 1), sum(part.replicas for part in parts)


@pytest.mark.parametrize(
    ("kind", "settings", "sums"),
    [
        ("Central", {}, (15_200, 25.4, 12)),
        ("MultiClusterHub", {"availability": "Basic"}, (437, 1.3, 14)),
        ("MultiClusterHub", {"availability": "High"}, (874, 2.6, 28)),
        ("MultiClusterHub", {"availability": "Basic", "backup": "true"}, (937, 1.4, 15)),
        ("MultiClusterObservability", {}, (3_191, 12.2, 31)),
        ("ArgoCD", {}, (3_125, 2.0, 6)),
        ("ArgoCD", {"ha": "true"}, (4_375, 2.6, 11)),
        ("Schedule", {}, (500, 0.1, 1)),
    ],
)
def test_documented_defaults_add_up_as_their_documents_say(
    kind: str, settings: dict[str, str], sums: tuple[int, float, int]
) -> None:
    assert requested(DeclaredService(kind, "x", settings=settings)) == sums


def test_what_is_said_wins_field_by_field() -> None:
    said = DeclaredService(
        "Central",
        "x",
        replicas={"scanner": 1},
        requests={"central": {CPU: 3000}, "scanner": {CPU: 200}},
        limits={"central": {MEMORY: 9 * GIB}},
        dropped=("scanner",),
    )
    parts = {part.name: part for part in service_parts([said])}
    assert parts["central"].requests == {CPU: 3000, MEMORY: 4 * GIB}
    assert parts["central"].limits == {CPU: 4000, MEMORY: 9 * GIB}
    scanner = parts["scanner"]
    assert (scanner.replicas, scanner.documented_replicas) == (1, 3)
    assert scanner.requests[CPU] == 1000, "the API server dropped what was written"
    assert scanner.written_requests == {CPU: 200}


def test_one_engine_serves_all_policies_and_all_schedules() -> None:
    twice = [DeclaredService("ClusterPolicy", name) for name in ("a", "b")]
    assert len(service_parts(twice)) == 4


def test_agents_are_those_that_are_turned_on() -> None:
    some = DeclaredService("KlusterletAddonConfig", "x", settings={"searchCollector": "true"})
    bare, found = agent_parts(None, observed=False), agent_parts(some, observed=True)
    assert {part.name for part in found} - {part.name for part in bare} == {
        "klusterlet-addon-search",
        "endpoint-observability-operator",
        "metrics-collector-deployment",
    }


def test_replicas_stand_apart_if_they_can_and_daemons_are_a_part_of_their_node() -> None:
    parts = service_parts(
        [DeclaredService("ClusterLogForwarder", "x"), DeclaredService("MultiClusterHub", "x")]
    )
    assert daemon_requests(parts) == {CPU: 100, MEMORY: 736 * MIB, "pods": 1}
    twins = service_pods(parts[:2])
    assert [pod.name for pod in twins] == [f"klusterlet-addon-controller-v2-{n}" for n in (0, 1)]
    assert all(pod.spec.affinity.anti_preferred for pod in twins)
    assert len({id(pod.spec) for pod in twins}) == 1


@pytest.mark.parametrize(
    ("clusters", "cpu", "memory_mib"), [(50, 53, 1500), (100, 55, 2000), (0, 50, 1000)]
)
def test_a_hub_uses_more_with_each_cluster(clusters: int, cpu: int, memory_mib: int) -> None:
    (found,) = fleet_growth(clusters, 0, has_hub=True, has_prometheus=False)
    assert found.usage == {CPU: cpu, MEMORY: memory_mib * MIB}


@pytest.mark.parametrize(
    ("nodes", "cpu", "memory_gb", "each_mb"),
    [(3, 1000, 6, 120), (50, 1000, 6, 120), (51, 2000, 10, 80), (300, 6000, 18, 40)],
)
def test_federation_uses_more_with_each_node(
    nodes: int, cpu: int, memory_gb: int, each_mb: int
) -> None:
    (found,) = fleet_growth(1, nodes, has_hub=False, has_prometheus=True)
    assert (found.usage[CPU], found.usage[MEMORY]) == (cpu, memory_gb * 10**9)
    assert found.each[MEMORY] == each_mb * 10**6


def test_a_volume_holds_so_many_series() -> None:
    assert round(series_room(500 * GIB, 30 * DAY_MS, 15_000) / 1e6, 2) == 1.55
    assert series_room(500 * GIB, 0, 15_000) == 0
