"""The VM shapes that are asked about: a case's workloads, and a catalogue of instancetypes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ove_capacity.errors import UnknownNameError
from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod
from ove_capacity.model.vm import Vmi
from ove_capacity.sim.launch import launch

__all__ = ["CATALOGUE", "Shape", "check_shapes", "shapes", "workload_names"]

CATALOGUE = (
    "u1.small",
    "u1.medium",
    "u1.large",
    "u1.xlarge",
    "u1.2xlarge",
    "u1.4xlarge",
    "u1.8xlarge",
)
"""The general-purpose series of the common instancetypes, 1 vCPU and 2 GiB to 32 and 128: what one
may order without asking anybody. Pinned, hugepages and overcommitted series must be named."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One VM as a cluster would run it."""

    name: str
    """The workload's, or the instancetype's."""
    pod: Pod | None
    workload: Workload | None = None
    """What else it asks for: disks and networks."""
    refusal: str = ""
    """Why the cluster's KubeVirt makes no pod for it, or admission does not let it in."""


def workload_names(case: Case) -> tuple[str, ...]:
    """Names of the workloads, listed ones and arriving ones, each once."""
    return tuple(_workloads(case))


def check_shapes(case: Case, clusters: Sequence[Cluster], names: Sequence[str]) -> None:
    """That each name is a workload's, or an instancetype's of one of the clusters.

    Raises:
        UnknownNameError: one is not.
    """
    known = dict.fromkeys(_workloads(case))
    known |= dict.fromkeys(name for each in clusters for name in each.instancetypes)
    for name in names:
        if name not in known:
            raise UnknownNameError("shape", name, known)


def shapes(case: Case, cluster: Cluster, names: Sequence[str] | None = None) -> tuple[Shape, ...]:
    """The shapes of those names on that cluster; else all workloads', and the `CATALOGUE`."""
    workloads = _workloads(case)
    if names is None:
        known = (name for name in CATALOGUE if name in cluster.instancetypes)
        names = [*workloads, *known]
    return tuple(
        _of_workload(workloads[name], cluster)
        if name in workloads
        else _of_instancetype(name, cluster)
        for name in dict.fromkeys(names)
    )


def _workloads(case: Case) -> dict[str, Workload]:
    """By name, the first of each."""
    found: dict[str, Workload] = {}
    for each in (*case.plan.workloads, *(stream.workload for stream in case.plan.arrivals)):
        found.setdefault(each.name, each)
    return found


def _of_workload(workload: Workload, cluster: Cluster) -> Shape:
    if cluster.name in workload.refused:
        return Shape(workload.name, None, workload, workload.refused[cluster.name])
    try:
        pod = launch(workload, cluster, workload.vmi.name, {})
    except RenderError as refusal:
        return Shape(workload.name, None, workload, str(refusal))
    return Shape(workload.name, pod, workload)


def _of_instancetype(name: str, cluster: Cluster) -> Shape:
    if name not in cluster.instancetypes:
        return Shape(name, None, None, f"cluster {cluster.name} has no instancetype {name}")
    wanted = cluster.instancetypes[name]
    try:
        vmi = apply(Vmi(name), wanted, None, cluster.release.kubevirt_rules)
    except RenderError as refusal:
        return Shape(name, None, None, str(refusal))
    return _of_workload(Workload(name, vmi, cluster=cluster.name), cluster)
