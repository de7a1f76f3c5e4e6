"""Machines on their way to nodes: how long a platform takes, and when one is given up.

A machine is Provisioning until its instance exists, Provisioned until its node has joined, Running
from then on; or it has Failed, and is never looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.autoscaling import MachineHealthCheck, MachineTimes
from ove_capacity.model.plan import Duration
from ove_capacity.simtime import MINUTE_MS, SECOND_MS, format_duration

__all__ = [
    "DELETION_DELAY_MS",
    "DRAIN_PAUSE_MOST_MS",
    "DRAIN_PAUSE_MS",
    "DRAIN_TRY_MS",
    "EVICTION_RETRY_MS",
    "EVICTION_TIMEOUT_MS",
    "PLATFORMS",
    "PROVISIONED_SHARE",
    "RECHECK_MS",
    "UNHEALTHY_MS",
    "UNREADY_AFTER_MS",
    "assumptions",
    "is_replaceable",
    "machine_times",
    "startup_timeout_ms",
    "unready_timeout_ms",
]

PROVISIONED_SHARE = 0.5
"""Of the time until its node is ready, when a machine's instance exists: assumed by us."""
DELETION_DELAY_MS = 5 * SECOND_MS
"""From a node's taint to its machine's deletion.

Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/config/flags/flags.go,
node-delete-delay-after-taint.
"""
EVICTION_RETRY_MS = 10 * SECOND_MS
EVICTION_TIMEOUT_MS = 2 * MINUTE_MS
"""How often and how long a node's pods are evicted before its deletion is given up.

Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/actuation/
drain.go, DefaultEvictionRetryTime; config/flags/flags.go, max-pod-eviction-time.
"""
DRAIN_TRY_MS = 20 * SECOND_MS
DRAIN_PAUSE_MS = 5 * SECOND_MS
DRAIN_PAUSE_MOST_MS = 1000 * SECOND_MS
"""How long a machine that is deleted waits for its node's pods to go, and until it tries again: the
pause doubles each time, and there is no end to it.

Source: openshift/machine-api-operator 95119612 pkg/controller/machine/drain_controller.go,
drainNode and the rate limiter above Reconcile.
"""
UNHEALTHY_MS = 300 * SECOND_MS
"""How long a node is Unknown before its machine is unhealthy: the example of OpenShift's manual."""
RECHECK_MS = SECOND_MS
"""How long after a time-out a health check looks.

Source: openshift/machine-api-operator 95119612 pkg/controller/machinehealthcheck/
machinehealthcheck_controller.go, needsRemediation.
"""
UNREADY_AFTER_MS = 40 * SECOND_MS
"""From a node's silence to Ready=Unknown: OpenShift's default worker latency profile."""

_Z95 = 1.6448536269514722
"""The 95th percentile of the standard normal distribution."""


class _Platform(NamedTuple):
    p50_ms: int
    p95_ms: int
    source: str


PLATFORMS: Mapping[str, _Platform] = {
    "cloud": _Platform(
        4 * MINUTE_MS,
        8 * MINUTE_MS,
        "public clouds report 1 to 10 min (ovh/public-cloud-roadmap#1198)",
    ),
    "vsphere": _Platform(
        5 * MINUTE_MS, 10 * MINUTE_MS, "no published figure found; somewhat slower than a cloud"
    ),
    "baremetal": _Platform(
        20 * MINUTE_MS,
        40 * MINUTE_MS,
        "metal3 can easily take longer than 15 min (openshift/cluster-autoscaler-operator#158)",
    ),
}


def _shape(distribution: str, p50_ms: int, p95_ms: int) -> Duration:
    """The distribution with that median and that 95th percentile, or with the median alone."""
    spread = math.log(p95_ms / p50_ms)
    match distribution:
        case "lognormal" if spread > 0:
            sigma = spread / _Z95
            return Duration("lognormal", round(p50_ms * math.exp(sigma * sigma / 2)), sigma)
        case "weibull" if spread > 0:
            shape = math.log(math.log(20) / math.log(2)) / spread
            scale = p50_ms / math.log(2) ** (1 / shape)
            return Duration("weibull", round(scale * math.gamma(1 + 1 / shape)), shape)
        case "exponential":
            return Duration("exponential", round(p50_ms / math.log(2)))
    return Duration("constant", p50_ms)


def machine_times(
    platform: str = "cloud",
    *,
    p50_ms: int | None = None,
    p95_ms: int | None = None,
    distribution: str = "lognormal",
    failure: float = 0.0,
) -> MachineTimes:
    """What machines of a platform take; what is None is the platform's own.

    With a median alone the 95th percentile keeps its ratio to it.

    Source: ours; see `PLATFORMS`.
    """
    known = PLATFORMS[platform]
    half = known.p50_ms if p50_ms is None else p50_ms
    most = known.p95_ms * half // known.p50_ms if p95_ms is None else p95_ms
    return MachineTimes(platform, _shape(distribution, half, max(half, most)), failure)


def assumptions(
    times: MachineTimes, cluster: str, *, is_said: bool = False
) -> tuple[Assumption, ...]:
    """The numbers behind a machine's way to a node, for the ledger.

    *is_said*: the input says how long it takes.

    Source: ours; see `PLATFORMS`.
    """
    known = PLATFORMS[times.platform]
    told = f"median {format_duration(known.p50_ms)}, 95 % within {format_duration(known.p95_ms)}"
    share = Assumption(
        "machine.provisioned_share",
        f"{PROVISIONED_SHARE:.0%}",
        "part of that time after which the instance exists",
        Evidence.ASSUMED,
        cluster,
    )
    if is_said:
        return (share,)
    name = f"machine.until_ready.{times.platform}"
    return (Assumption(name, told, known.source, Evidence.ASSUMED, cluster), share)


def startup_timeout_ms(check: MachineHealthCheck | None) -> int | None:
    """How long a machine without a node may stay in one phase; None: for ever.

    Each change of its status begins the time anew: that it has an instance, at the least.

    Source: openshift/machine-api-operator 95119612 pkg/controller/machinehealthcheck/
    machinehealthcheck_controller.go, needsRemediation; pkg/controller/machine/controller.go,
    updateStatus.
    """
    return None if check is None else check.node_startup_timeout_ms or None


def unready_timeout_ms(check: MachineHealthCheck) -> int | None:
    """How long a node may be Unknown before its machine is replaced; None: for ever.

    Source: openshift/machine-api-operator 95119612 pkg/controller/machinehealthcheck/
    machinehealthcheck_controller.go, needsRemediation.
    """
    return min(
        (
            each.timeout_ms
            for each in check.conditions
            if (each.type, each.status) == ("Ready", "Unknown")
        ),
        default=None,
    )


def is_replaceable(check: MachineHealthCheck, unhealthy: int, machines: int) -> bool:
    """Whether a check replaces machines while so many of those it covers are unhealthy.

    Whoever has no node counts as unhealthy, however young.

    Source: openshift/machine-api-operator 95119612 pkg/controller/machinehealthcheck/
    machinehealthcheck_controller.go, isAllowedRemediation, getMaxUnhealthy and
    healthCheckTargets.
    """
    text = check.max_unhealthy
    most = int(text[:-1]) * machines // 100 if text.endswith("%") else int(text)
    return unhealthy <= most
