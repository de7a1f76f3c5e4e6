"""Pods of a cluster's services, as what a loss takes down and the platform starts again."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.platform.management import PART_LABEL
from ove_capacity.sim.run import Run, VmRecord
from ove_capacity.sim.world import VmStatus

__all__ = ["service_records"]

_SETS = ("ReplicaSet",)


def service_records(run: Run, cluster: str) -> tuple[VmRecord, ...]:
    """Pods of services that a Deployment would start elsewhere; daemons end with their node."""
    state = run.states[cluster]
    known = {part.name for part in run.case.fleet.cluster(cluster).management.parts}
    found = []
    for row in state.rows():
        pod = state.pod(row)
        part = pod.labels.get(PART_LABEL, "")
        if part not in known or pod.owner is None or pod.owner.kind not in _SETS:
            continue
        node = state.nodes[state.node_of(row)].name
        anew = replace(pod, spec=replace(pod.spec, node_name=""))
        status = VmStatus.RUNNING
        found.append(
            VmRecord(cluster, pod.namespace, pod.name, part, status, node, anew, row, 0, 0, "")
        )
    return tuple(found)
