"""From the commit that asks for a cluster to the cluster that Placements choose: the stages.

Installs are those of virtual machines and clouds: no typical time of bare metal is published, and
its stages only have ceilings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.plan import Duration
from ove_capacity.simtime import MINUTE_MS, SECOND_MS, format_duration

__all__ = ["INSTALL", "STAGES", "Stage", "assumptions", "install_shares"]

INSTALL = "install"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, and how long it takes unless the scenario says otherwise."""

    name: str
    length: Duration
    needs_hub: bool
    """The hub does it: it waits while there is none."""
    source: str
    evidence: Evidence
    is_poll: bool = False
    """Somebody asks at regular moments: anything up to that long."""


STAGES = (
    Stage(
        "sync",
        Duration("constant", 3 * MINUTE_MS),
        True,
        "argo-cd docs/operator-manual/high_availability.md: Git is polled every 3 minutes",
        Evidence.DOCUMENTED,
        is_poll=True,
    ),
    Stage(
        "apply",
        Duration("constant", MINUTE_MS),
        True,
        "RHACM makes a ClusterDeployment of what was synced, and Hive starts a job",
        Evidence.ASSUMED,
    ),
    Stage(
        INSTALL,
        Duration("lognormal", 2_025 * SECOND_MS, 0.18),
        False,
        "totals that openshift-install logged, 25m50s (AWS 4.11), 29m15s (vSphere), 36m22s (the "
        "documentation's example), 37m47s (vSphere 4.7), 39m33s (Nutanix 4.16.3): their mean, and "
        "the deviation of their logarithms",
        Evidence.MEASURED,
    ),
    Stage(
        "register",
        Duration("constant", 150 * SECOND_MS),
        True,
        "import until agents run: two to three minutes in notes of courses, no measurement found",
        Evidence.ASSUMED,
    ),
    Stage(
        "report",
        Duration("constant", MINUTE_MS),
        True,
        "ocm v1.3.0-78 pkg/registration/spoke/options.go, ClusterHealthCheckPeriod",
        Evidence.DOCUMENTED,
        is_poll=True,
    ),
)
"""In their order. After the last the cluster is available, and Placements may choose it."""

_SHARES = {
    "infrastructure": 248,
    "API": 189,
    "bootstrap": 988,
    "bootstrap destroyed": 34,
    "operators": 713,
}
"""Seconds, mean of the two logs that tell every stage: AWS 4.11 (4m28s, 2m54s, 10m30s, 57s, 8m39s)
and Nutanix 4.16.3 (3m48s, 4m, 22m27s, 11s, 12m37s; until stable 20s more)."""


def install_shares(length_ms: int) -> Mapping[str, int]:
    """Stage of an install that takes so long -> how long it takes, in proportion.

    Source: ours, from what openshift-install logged: see `STAGES`.
    """
    whole, done, ends = sum(_SHARES.values()), 0, 0
    found: dict[str, int] = {}
    for name, seconds in _SHARES.items():
        done += seconds
        until = length_ms * done // whole
        found[name], ends = until - ends, until
    return found


def assumptions(stages: Mapping[str, Duration], applies_to: str) -> tuple[Assumption, ...]:
    """The numbers behind stages that no scenario says.

    Source: as `STAGES`.
    """
    return tuple(
        Assumption(
            f"provisioning.{stage.name}",
            ("up to " if stage.is_poll else "") + format_duration(stage.length.mean_ms),
            stage.source,
            stage.evidence,
            applies_to,
        )
        for stage in STAGES
        if stage.name not in stages
    )
