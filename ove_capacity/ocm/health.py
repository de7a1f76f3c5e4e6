"""When the hub learns that a cluster is gone or back: leases, conditions, taints.

An agent renews its lease for ever, a million times a year and cluster. None of that is an event
here: what a renewal decides follows from when the last one was, which is drawn when it matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ove_capacity.model.managed_cluster import ClusterTaint, ManagedCluster
from ove_capacity.ocm.cluster_document import tainted

__all__ = [
    "POLL_MS",
    "RESYNC_MS",
    "STATUS_MS",
    "UNAVAILABLE",
    "UNREACHABLE",
    "Availability",
    "Heard",
    "expiry_ms",
    "heard_again",
    "next_tick_ms",
    "renewal_age_ms",
    "told_unavailable_ms",
    "with_availability",
]

UNREACHABLE = "cluster.open-cluster-management.io/unreachable"
UNAVAILABLE = "cluster.open-cluster-management.io/unavailable"

POLL_MS = 180_000
"""How often an ApplicationSet asks for decisions. Source: argo-cd
docs/operator-manual/applicationset/Generators-Cluster-Decision-Resource.md, requeueAfterSeconds."""

RESYNC_MS = 600_000
"""How often every Placement is decided anew, for whatever reason. Source: ocm v1.3.0-78
pkg/placement/controllers/manager.go, the informers' resync."""

STATUS_MS = 60_000
"""How often an agent looks how its cluster is, and tells. Source: ocm v1.3.0-78
pkg/registration/spoke/options.go, ClusterHealthCheckPeriod."""

_FAILING_MS = 20_000
_LEASE_TIMES = 5
_JITTER = 0.25


class Availability(StrEnum):
    """The condition ManagedClusterConditionAvailable of a cluster."""

    TRUE = "True"
    FALSE = "False"
    """Its agent says that its API does not answer."""
    UNKNOWN = "Unknown"
    """Nothing was heard for too long, or never."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the hub makes of a cluster that it hears again."""

    renewed_ms: int
    """Its first renewal."""
    unknown_ms: int | None
    """When the hub gives it up after all, before that renewal; None: it does not."""
    available_ms: int
    """When its agent has told how it is; after that it is available in any case."""


def renewal_age_ms(lease_ms: int, drawn: float) -> int:
    """How old an agent's last renewal is at a moment that has nothing to do with it.

    Renewals are a lease's duration and up to a quarter more apart, evenly; the age has the law of
    a renewal process that has run for long. The time to the next renewal has the same.

    Args:
        lease_ms: the lease's duration.
        drawn: evenly from [0, 1).

    Source: ocm v1.3.0-78 pkg/registration/spoke/lease/lease_controller.go, wait.JitterUntil with a
    factor of 0.25.
    """
    whole = drawn * (1 + _JITTER / 2)
    if whole <= 1:
        return int(whole * lease_ms)
    # The tail: P(gap > age) falls evenly from 1 at a lease to 0 at a quarter more.
    within = 1 - math.sqrt(max(0.0, 1 - 2 * (whole - 1) / _JITTER))
    return int((1 + _JITTER * within) * lease_ms)


def expiry_ms(renewed_ms: int, lease_ms: int) -> int:
    """When the hub calls a cluster Unknown that renewed its lease last at *renewed_ms*.

    Source: ocm v1.3.0-78 pkg/registration/hub/lease/controller.go, sync: leaseDurationTimes = 5;
    checked at that very moment since v1.2.0.
    """
    return renewed_ms + _LEASE_TIMES * lease_ms


def heard_again(
    now_ms: int, expires_ms: int, lease_ms: int, draw: Callable[[], float], *, was_known: bool
) -> Heard:
    """A cluster is in touch with its hub again, after a time in which it was not.

    Its agent went on trying at its own pace, so that its lease may still run out before the next
    renewal. A cluster that was given up is available when its agent has told how it is, which it
    does every minute, but not before its lease is renewed: the hub would take it back.

    Args:
        now_ms: the moment.
        expires_ms: when its lease runs out.
        lease_ms: its duration.
        draw: gives numbers evenly from [0, 1).
        was_known: the hub has not given it up.

    Source: ocm v1.3.0-78 pkg/registration/spoke/lease/lease_controller.go;
    pkg/registration/spoke/managedcluster/available_reconcile.go; spoke/options.go,
    ClusterHealthCheckPeriod.
    """
    renewed_ms = now_ms + renewal_age_ms(lease_ms, draw())
    told_ms = max(renewed_ms, now_ms + int(draw() * STATUS_MS))
    too_late = was_known and expires_ms < renewed_ms
    return Heard(renewed_ms, max(now_ms, expires_ms) if too_late else None, told_ms)


def told_unavailable_ms(drawn: float) -> int:
    """How long after its API has stopped to answer an agent tells the hub so.

    It looks every minute, and waits for 20 s of failures, every 5 s one.

    Args:
        drawn: evenly from [0, 1).

    Source: ocm v1.3.0-78 pkg/registration/spoke/managedcluster/available_reconcile.go,
    failureThreshold, healthCheckRetryInterval; spoke/options.go, ClusterHealthCheckPeriod.
    """
    return int(drawn * STATUS_MS) + _FAILING_MS


def with_availability(
    cluster: ManagedCluster, available: Availability, now_ms: int
) -> ManagedCluster:
    """The cluster with the taint of that condition, and without the other; both are NoSelect.

    A taint that is there already keeps its time.

    Source: ocm v1.3.0-78 pkg/registration/hub/taint/controller.go, sync.
    """
    wanted = {Availability.FALSE: UNAVAILABLE, Availability.UNKNOWN: UNREACHABLE}.get(available)
    unwanted = {UNAVAILABLE, UNREACHABLE} - {wanted}
    taints = tuple(each for each in cluster.taints if each.key not in unwanted)
    if wanted and all(each.key != wanted for each in taints):
        taints = (*taints, ClusterTaint(wanted, added_ms=now_ms))
    return cluster if taints == cluster.taints else tainted(cluster, taints)


def next_tick_ms(now_ms: int, every_ms: int, phase_ms: int = 0) -> int:
    """When something that happens every so often happens next, after now.

    Source: ours: arithmetic.
    """
    return now_ms + every_ms - (now_ms - phase_ms) % every_ms
