"""VMs that no kubelet of their cluster would ever admit: told before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ove_capacity.kubelet.kubelets import Kubelets, kubelets_of
from ove_capacity.kubelet.refusal import SMT_ALIGNMENT_ERROR, Refusal
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.plan import Plan, Workload
from ove_capacity.model.pod import Pod
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.event import ArrivalsSection

__all__ = ["warn_of_unadmitted"]

_ODD = (
    "; whole cores only are handed out, so the vCPUs and the CPUs of an isolated emulator thread "
    "must make whole cores together: the annotation "
    "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity gives the thread a second CPU"
)


def warn_of_unadmitted(context: Context, plan: Plan, clusters: Mapping[str, Compiled]) -> None:
    """Try each workload's VM on an empty machine of each kind, and warn where none admits it."""
    tried = {name: list(_kubelets(each.cluster)) for name, each in clusters.items()}
    places = _places(context)
    for workload in (*plan.workloads, *(stream.workload for stream in plan.arrivals)):
        for name in [workload.cluster] if workload.cluster else tried:
            refusal = _refusal(workload, clusters[name].cluster, tried[name])
            if refusal is None:
                continue
            hint = _ODD if refusal.reason == SMT_ALIGNMENT_ERROR else ""
            words = ": ".join(part for part in refusal if part)
            path = places.get(workload.name, ("clusters", name, "vms"))
            message = (
                f"no kubelet of cluster {name} admits VMs of {workload.name}, not even on an empty "
                f"machine: {words}{hint}"
            )
            context.warn(path, message)


def _places(context: Context) -> dict[str, FieldPath]:
    scenario = context.scenario
    found: dict[str, FieldPath] = {
        each.name: ("workloads", index) for index, each in enumerate(scenario.workloads)
    }
    for index, event in enumerate(scenario.events):
        if isinstance(event, ArrivalsSection):
            found[event.name] = ("events", index)
    return found


def _kubelets(cluster: Cluster) -> Iterator[Kubelets]:
    """One for each kind of worker; none where a worker admits by its totals alone."""
    kinds: dict[int, Node] = {id(node.kubelet): node for node in cluster.workers}
    if any(node.kubelet is None for node in kinds.values()):
        return
    for node in kinds.values():
        try:
            found = kubelets_of([node], cluster.release.kubernetes)
        except StartError:
            return  # told already
        assert found is not None
        yield found


def _refusal(workload: Workload, cluster: Cluster, tried: list[Kubelets]) -> Refusal | None:
    """Why the first kind of machine does not admit its VMs, where no other does either."""
    if not tried:
        return None
    vmi = replace(workload.vmi, name=workload.vm_name(0))
    try:
        pod: Pod = launcher_pod(vmi, cluster.kubevirt, cluster.release.kubevirt_rules)
    except RenderError:
        return None  # another rule's concern
    if not any(kubelets.concerns(pod.spec) for kubelets in tried):
        return None
    verdicts = [kubelets.try_out(0, 0, pod) for kubelets in tried]
    refusals = [verdict.refusal for verdict in verdicts if verdict is not None]
    return None if None in refusals or not refusals else refusals[0]
