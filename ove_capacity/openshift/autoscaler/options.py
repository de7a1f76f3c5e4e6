"""The autoscaler's settings: what a ClusterAutoscaler says, over the defaults of its release.

Times are int milliseconds. Code facts are of openshift/kubernetes-autoscaler 70920d3c6 (Kubernetes
1.36.2); what older releases do otherwise is in `Rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ove_capacity.model.autoscaling import ClusterAutoscaler
from ove_capacity.releases import OpenShiftVersion
from ove_capacity.simtime import HOUR_MS, MINUTE_MS, SECOND_MS

__all__ = ["LATEST", "AutoscalingOptions", "Rules", "options_of", "rules_of"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between releases of the autoscaler."""

    expander: str = "least-waste"
    """The one used when none is named."""
    cordons_before_terminating: bool = True
    frequent_loops: bool = True
    """The next loop follows at once upon one that scaled, and upon a pod that found no place."""
    counts_usage_by_target: bool = False
    """Cores and memory in use are target size times template, and not those of the nodes."""
    upcoming_needs_request: bool = True
    """Nodes are awaited only while a scale-up runs, and not while its group is in back-off."""
    reverts_timed_out: bool = True
    """A scale-up that timed out takes its increase back."""
    system_pod_timeout_ms: int | None = HOUR_MS
    """Age from which pods of kube-system block no more; None: they block for ever."""
    retries_hostname_spread: bool = True
    """A pod that spreads by hostname may go to any node, not to the newest one alone."""


LATEST = Rules()
"""Of the branch that the recorded decisions come from, which will be OpenShift 5."""


def rules_of(release: OpenShiftVersion) -> Rules:
    """The rules of an OpenShift release.

    Source: openshift/kubernetes-autoscaler release-4.16 to release-4.22 and main,
    cluster-autoscaler/config/flags/flags.go, core/scaleup/resource/manager.go,
    clusterstate/clusterstate.go, simulator/drainability/rules/system/rule.go and
    estimator/binpacking_estimator.go; the system pods' time-out of 4.19 was not looked up, and is
    taken to be that of 4.20.
    """

    def since(minor: int) -> bool:
        return release >= OpenShiftVersion(4, minor)

    newest = release >= OpenShiftVersion(5, 0)
    return Rules(
        expander="least-waste" if since(20) else "random",
        cordons_before_terminating=since(21),
        frequent_loops=since(22),
        counts_usage_by_target=not since(22),
        upcoming_needs_request=newest,
        reverts_timed_out=newest,
        system_pod_timeout_ms=HOUR_MS if since(19) else None,
        retries_hostname_spread=since(20),
    )


@dataclass(frozen=True, slots=True)
class AutoscalingOptions:
    """Settings in force."""

    rules: Rules = LATEST
    max_nodes_total: int = 0
    """Of the cluster, masters too; 0: no limit."""
    cores_min: int = 0
    cores_max: int = 320_000
    memory_min_bytes: int = 0
    memory_max_bytes: int = 6_400_000 << 30
    expanders: tuple[str, ...] = ("least-waste",)
    gpus: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Type -> the least and the most GPUs of it."""
    expander_priorities: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Number -> patterns of group names: the ConfigMap cluster-autoscaler-priority-expander."""
    balance_similar_node_groups: bool = False
    balancing_ignored_labels: tuple[str, ...] = ()
    startup_taints: tuple[str, ...] = ()
    max_nodes_per_scale_up: int = 1000
    expendable_pods_priority_cutoff: int = -10
    new_pod_scale_up_delay_ms: int = 0
    max_node_provision_ms: int = 15 * MINUTE_MS
    max_node_startup_ms: int = 15 * MINUTE_MS
    initial_backoff_ms: int = 5 * MINUTE_MS
    max_backoff_ms: int = 30 * MINUTE_MS
    backoff_reset_ms: int = 3 * HOUR_MS
    ok_total_unready: int = 3
    max_total_unready_percentage: float = 45.0
    enforce_min_size: bool = False
    scale_down_enabled: bool = True
    delay_after_add_ms: int = 10 * MINUTE_MS
    delay_after_delete_ms: int = 0
    delay_after_failure_ms: int = 3 * MINUTE_MS
    unneeded_ms: int = 10 * MINUTE_MS
    unready_ms: int = 20 * MINUTE_MS
    utilization_threshold: float = 0.5
    gpu_utilization_threshold: float = 0.5
    """Of nodes with GPUs, whose CPU and memory are not looked at; not to be set on OpenShift."""
    ignore_daemonsets_utilization: bool = False
    unremovable_recheck_ms: int = 5 * MINUTE_MS
    max_scale_down_parallelism: int = 10
    max_drain_parallelism: int = 1
    skip_nodes_with_system_pods: bool = True
    skip_nodes_with_local_storage: bool = True
    skip_nodes_with_custom_controller_pods: bool = True
    """Not to be set on OpenShift, where VMs therefore keep their node."""
    max_graceful_termination_ms: int = 600 * SECOND_MS


_EXPANDERS = {"LeastWaste": "least-waste", "Priority": "priority", "Random": "random"}
_GIB = 1 << 30


def options_of(
    autoscaler: ClusterAutoscaler, release: OpenShiftVersion, platform_labels: tuple[str, ...] = ()
) -> AutoscalingOptions:
    """The settings that a ClusterAutoscaler comes to under a release.

    *platform_labels*: labels that the operator ignores on this platform when it balances.

    Source: openshift/cluster-autoscaler-operator 5673ba0d
    pkg/controller/clusterautoscaler/clusterautoscaler.go, AutoscalerArgs.
    """
    rules = rules_of(release)
    base = AutoscalingOptions(rules=rules, expanders=(rules.expander,))
    said: dict[str, Any] = {
        "max_nodes_total": autoscaler.max_nodes_total,
        "cores_min": autoscaler.cores.least,
        "cores_max": autoscaler.cores.most,
        "memory_min_bytes": _bytes(autoscaler.memory_gib.least),
        "memory_max_bytes": _bytes(autoscaler.memory_gib.most),
        "gpus": {kind: (least, most) for kind, least, most in autoscaler.gpus},
        "expanders": tuple(_EXPANDERS.get(name, name) for name in autoscaler.expanders) or None,
        "expander_priorities": autoscaler.priorities or None,
        "balance_similar_node_groups": autoscaler.balance_similar_node_groups,
        "balancing_ignored_labels": (*autoscaler.balancing_ignored_labels, *platform_labels),
        "startup_taints": autoscaler.startup_taints,
        "expendable_pods_priority_cutoff": autoscaler.pod_priority_threshold,
        "new_pod_scale_up_delay_ms": autoscaler.new_pod_scale_up_delay_ms,
        "max_node_provision_ms": autoscaler.max_node_provision_time_ms,
        "max_graceful_termination_ms": _seconds(autoscaler.max_pod_grace_period_s),
        "enforce_min_size": autoscaler.enforce_min_size,
        "ignore_daemonsets_utilization": autoscaler.ignore_daemonsets_utilization,
        "skip_nodes_with_local_storage": autoscaler.skip_nodes_with_local_storage,
        **_scale_down(autoscaler),
    }
    options = replace(base, **{name: value for name, value in said.items() if value is not None})
    down = autoscaler.scale_down
    if down is None or down.cordon_before_terminating is None:
        return options
    return replace(
        options, rules=replace(rules, cordons_before_terminating=down.cordon_before_terminating)
    )


def _bytes(gib: int | None) -> int | None:
    return None if gib is None else gib * _GIB


def _seconds(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * SECOND_MS


def _scale_down(autoscaler: ClusterAutoscaler) -> dict[str, Any]:
    """What ``scaleDown`` says: left out it is on; switched off, the rest of it is not heeded."""
    down = autoscaler.scale_down
    if down is None:
        return {}
    if not down.enabled:
        return {"scale_down_enabled": False}
    return {
        "delay_after_add_ms": down.delay_after_add_ms,
        "delay_after_delete_ms": down.delay_after_delete_ms,
        "delay_after_failure_ms": down.delay_after_failure_ms,
        "unneeded_ms": down.unneeded_time_ms,
        "utilization_threshold": down.utilization_threshold,
    }
