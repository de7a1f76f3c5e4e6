"""How the load of a hub grows with what it manages, as far as vendors say."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.resources import CPU, MEMORY, Amounts

__all__ = ["Growth", "fleet_growth", "series_room"]

_MIB = 1 << 20
_GB = 10**9
_BYTES_PER_SAMPLE = 2
_USAGE = "stolostron/rhacm-docs 2c2a02b install/resource_requests.adoc, usage calculation"
_PROMETHEUS = (
    "openshift/openshift-docs 0038376 modules/prometheus-database-storage-requirements.adoc: what "
    "was measured with each cluster's own Prometheus, about one CPU for 50 nodes"
)
_NODES = ((50, 6, 6.3), (100, 10, 13.0), (150, 12, 19.0), (200, 14, 25.0))
"""Nodes scraped, GB of memory, GB of disk a day."""
_BASE_MILLI, _BASE_BYTES = 50, 1000 * _MIB
_MICRO_PER_CLUSTER, _BYTES_PER_CLUSTER = 50, 10 * _MIB


@dataclass(frozen=True, slots=True)
class Growth:
    """What one service uses for so many things that it manages."""

    service: str
    per: str
    """What it grows with."""
    number: int
    usage: Amounts
    """Now."""
    each: Amounts
    """For one more; CPU in micro-cores under ``cpu_micro``."""
    source: str
    evidence: Evidence = Evidence.DOCUMENTED
    note: str = ""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "service": self.service,
            "per": self.per,
            "number": self.number,
            "usage": dict(self.usage),
            "each": dict(self.each),
            "source": self.source,
            "evidence": str(self.evidence),
            "note": self.note,
        }


def fleet_growth(
    clusters: int, nodes: int, *, has_hub: bool, has_prometheus: bool
) -> tuple[Growth, ...]:
    """What managing that many clusters and nodes uses; requests do not grow with it.

    Source: stolostron/rhacm-docs 2c2a02b install/resource_requests.adoc; openshift/openshift-docs
    0038376 modules/prometheus-database-storage-requirements.adoc.
    """
    found = []
    if has_hub:
        usage = {
            CPU: _BASE_MILLI + -(-_MICRO_PER_CLUSTER * clusters // 1000),
            MEMORY: _BASE_BYTES + _BYTES_PER_CLUSTER * clusters,
        }
        each = {"cpu_micro": _MICRO_PER_CLUSTER, MEMORY: _BYTES_PER_CLUSTER}
        note = "with 10 add-ons and 30 ManifestWorks of 50 kB on each"
        found.append(Growth("RHACM", "managed cluster", clusters, usage, each, _USAGE, note=note))
    if has_prometheus:
        found.append(_prometheus(nodes))
    return tuple(found)


def _prometheus(nodes: int) -> Growth:
    most, memory, disk = next((row for row in _NODES if nodes <= row[0]), _NODES[-1])
    # Beyond the table, by its last step.
    steps = max(0, -(-(nodes - most) // 50))
    usage = {
        CPU: 1000 * max(1, -(-nodes // 50)),
        MEMORY: (memory + 2 * steps) * _GB,
        "storage_per_day": round((disk + 6 * steps) * _GB),
    }
    before = max((row[1] for row in _NODES if row[0] < nodes and row[1] < memory), default=0)
    more = 2 if steps else memory - before
    each = {"cpu_micro": 1_000_000 // 50, MEMORY: more * _GB // 50}
    note = "were everything scraped as a cluster's own Prometheus does, by each replica"
    return Growth("Prometheus", "node", nodes, usage, each, _PROMETHEUS, note=note)


def series_room(storage_bytes: int, retention_ms: int, interval_ms: int) -> int:
    """Series whose samples a volume holds, at two bytes a sample.

    Source: prometheus/prometheus db3544c docs/storage.md: one to two bytes a sample.
    """
    samples = retention_ms // interval_ms
    return storage_bytes // (_BYTES_PER_SAMPLE * samples) if samples else 0
