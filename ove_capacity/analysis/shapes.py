"""The VM shapes of a case."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.pod import Pod
from ove_capacity.sim.launch import launch

__all__ = ["Shape", "shapes"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One workload's VM as a cluster would run it."""

    name: str
    """The workload's."""
    pod: Pod | None
    refusal: str = ""
    """Why the cluster's KubeVirt makes no pod for it, when there is none."""


def shapes(case: Case, cluster: Cluster) -> tuple[Shape, ...]:
    """Each workload's shape on that cluster, listed ones and arriving ones; first of a name."""
    workloads = [*case.plan.workloads, *(stream.workload for stream in case.plan.arrivals)]
    found: dict[str, Shape] = {}
    for workload in workloads:
        if workload.name in found:
            continue
        try:
            pod = launch(workload, cluster, workload.vmi.name, {})
            found[workload.name] = Shape(workload.name, pod)
        except RenderError as refusal:
            found[workload.name] = Shape(workload.name, None, str(refusal))
    return tuple(found.values())
