"""From a workload to the launcher pod of one of its VMs."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.platform.mesh import gets_proxy, with_proxy

__all__ = ["Specs", "launch"]

Specs = dict[tuple[int, int, bool, bool], tuple[PodSpec, PodSpec]]
"""(identity of a spec, priority, whether it never preempts, whether the mesh puts its proxy in) ->
that spec, and one with these."""


def launch(workload: Workload, cluster: Cluster, name: str, specs: Specs) -> Pod:
    """The pod of the VM of that name, as it comes out of admission.

    *specs* is kept between calls, so that VMs of one shape go on sharing one spec.

    Raises:
        RenderError: the cluster's KubeVirt makes no pod for such a VM.
    """
    vmi = replace(workload.vmi, name=name)
    try:
        pod = launcher_pod(vmi, cluster.kubevirt, cluster.release.kubevirt_rules)
    except RenderError as refusal:
        message = f"workload {workload.name} on cluster {cluster.name}: {refusal}"
        raise RenderError(message) from refusal
    spec, never = pod.spec, workload.preemption_never
    proxied = cluster.injects_proxies and gets_proxy(
        pod.labels, cluster.namespaces.get(pod.namespace, {})
    )
    if not proxied and (workload.priority, never) == (spec.priority, spec.preemption_never):
        return pod
    key = (id(spec), workload.priority, never, proxied)
    if key not in specs:
        admitted = replace(spec, priority=workload.priority, preemption_never=never)
        specs[key] = (spec, with_proxy(admitted) if proxied else admitted)
    return replace(pod, spec=specs[key][1])
