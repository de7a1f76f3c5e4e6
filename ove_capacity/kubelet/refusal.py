"""Why a kubelet did not admit a pod, in upstream's words."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "SMT_ALIGNMENT_ERROR",
    "TOPOLOGY_AFFINITY_ERROR",
    "UNEXPECTED_ADMISSION_ERROR",
    "Refusal",
    "allocate_failed",
]

TOPOLOGY_AFFINITY_ERROR = "TopologyAffinityError"
UNEXPECTED_ADMISSION_ERROR = "UnexpectedAdmissionError"
SMT_ALIGNMENT_ERROR = "SMTAlignmentError"


class Refusal(NamedTuple):
    """What stands in the status of the pod, which is Failed."""

    reason: str
    message: str


def allocate_failed(error: str) -> Refusal:
    """A manager failed where hints had promised room.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/admission/errors.go, GetPodAdmitResult.
    """
    return Refusal(
        UNEXPECTED_ADMISSION_ERROR, f"Allocate failed due to {error}, which is unexpected"
    )
