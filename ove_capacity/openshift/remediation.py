"""What brings the VMs of a dead node back, and when at the earliest.

Without fencing (the pods deleted by force, the Node deleted, or an out-of-service taint) a VM never
fails over: its pod stays Terminating, because the kubelet that would end it is gone.
"""

from __future__ import annotations

from ove_capacity.model.assumption import Assumption, Evidence

__all__ = [
    "DETECTION_MS",
    "EVICTION_MS",
    "KINDS",
    "assumptions",
    "fencing_ms",
    "may_remediate",
    "self_node_remediation_ms",
]

KINDS = ("none", "nhc-snr", "nhc-far", "mhc")

_SECOND_MS = 1000
_GRACE_PERIOD_MS = 40 * _SECOND_MS
_UNHEALTHY_MS = 300 * _SECOND_MS
DETECTION_MS = _GRACE_PERIOD_MS + _UNHEALTHY_MS
"""From a node's death to its remediation: 40 s until Ready is Unknown, then 300 s unhealthy."""

_UNREACHABLE_MS = 300 * _SECOND_MS
EVICTION_MS = _GRACE_PERIOD_MS + _UNREACHABLE_MS
"""From a node's death until its pods are to be deleted and a ReplicaSet makes others: they tolerate
an unreachable node for 300 s, kubernetes v1.34.1 plugin/pkg/admission/defaulttolerationseconds."""

_API_CHECK_MS = (15 + 5) * _SECOND_MS
_API_FAILURES = 3
_PEER_BATCH_MS = (5 + 7) * _SECOND_MS
_PEERS_LEAST_MS = 30 * _SECOND_MS
_WATCHDOG_MS = 60 * _SECOND_MS
_PADDING_MS = 30 * _SECOND_MS
_BATCH_LEAST = 3
_BATCHES_AFTER_FIRST = 10
_POWER_CYCLE_MS = 60 * _SECOND_MS
_HEALTHY_LEAST_PERCENT = 51


def fencing_ms(kind: str, workers: int) -> int:
    """From the start of remediation until the VMs may start elsewhere.

    Source: self-node-remediation 640aac5 pkg/reboot/calculator.go; fence-agents-remediation 51f603e
    (its fence command's timeout stands for one power cycle); a deleted Machine: ours, at once.
    """
    match kind:
        case "nhc-snr":
            return self_node_remediation_ms(workers)
        case "nhc-far":
            return _POWER_CYCLE_MS
        case "mhc":
            return 0
    raise AssertionError(f"{kind} does not fence")


def self_node_remediation_ms(workers: int) -> int:
    """How long peers wait until the unreachable node has surely rebooted itself.

    Source: self-node-remediation 640aac5 pkg/reboot/calculator.go, calcMinTimeAssumeRebooted.
    """
    after_first = max(0, workers - _BATCH_LEAST)
    batch = max(_BATCH_LEAST, after_first // _BATCHES_AFTER_FIRST)
    batches = 1 + -(-after_first // batch)
    asking_ms = max(_PEERS_LEAST_MS, batches * _PEER_BATCH_MS)
    return _API_CHECK_MS * _API_FAILURES + asking_ms + _WATCHDOG_MS + _PADDING_MS


def may_remediate(kind: str, healthy: int, workers: int) -> bool:
    """Whether enough nodes are healthy: NodeHealthCheck holds back below 51 %.

    Source: node-healthcheck-operator dd44432 config/samples, spec.minHealthy: 51%; rounded up.
    """
    if not kind.startswith("nhc"):
        return True
    return healthy >= -(-workers * _HEALTHY_LEAST_PERCENT // 100)


def assumptions(kind: str, cluster: str) -> tuple[Assumption, ...]:
    """The numbers behind a remediation, for the ledger.

    Source: OpenShift's default worker latency profile; medik8s operators as above.
    """
    if kind == "none":
        return ()
    detection = Assumption(
        "remediation.detection",
        f"{DETECTION_MS // _SECOND_MS}s",
        "node-monitor-grace-period 40 s and an unhealthy timeout of 300 s",
        Evidence.ASSUMED if kind == "mhc" else Evidence.DOCUMENTED,
        cluster,
    )
    fencing = {
        "nhc-snr": ("by the number of workers", "SelfNodeRemediation", Evidence.MEASURED),
        "nhc-far": ("60s", "one power cycle of the BMC", Evidence.ASSUMED),
        "mhc": ("0s", "the Machine is deleted at once", Evidence.ASSUMED),
    }
    value, source, evidence = fencing[kind]
    return (detection, Assumption("remediation.fencing", value, source, evidence, cluster))
