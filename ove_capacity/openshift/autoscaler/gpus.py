"""GPUs as the autoscaler knows them: a type by a label of the node, a number by vendors' resources.

GPUs that a VM gets by passthrough are resources of other names, which it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.autoscaling import Autoscaling
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import pod_requests

__all__ = ["asks_for_gpus", "gpu_resource", "gpus_of", "unmet_limits"]

_LABEL = "cluster-api/accelerator"
"""Its value is the type.

Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/cloudprovider/openshift/
openshift_provider.go, GPULabel; the same in release-4.16 cloudprovider/clusterapi.
"""
_VENDORS = (
    "nvidia.com/gpu",
    "habana.ai/gaudi",
    "gpu.intel.com/xe",
    "amd.com/gpu",
    "microsoft.com/directx",
)


def gpu_resource(node: Node) -> str:
    """The resource that a node's GPUs are; "": it has none that the autoscaler knows.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/gpu/gpu.go,
    GetNodeGPUFromCloudProvider and DetectNodeGPUResourceName.
    """
    found = next((name for name in _VENDORS if node.allocatable.get(name)), "")
    return found or (_VENDORS[0] if _LABEL in node.labels else "")


def gpus_of(node: Node) -> dict[str, int]:
    """Type -> GPUs of a node with the label; a labelled node that shows none yet counts none.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/processors/customresources/
    gpu_processor.go, GetNodeGpuTarget, which looks such a node's number up in its template.
    """
    kind = node.labels.get(_LABEL, "")
    count = node.allocatable.get(gpu_resource(node), 0)
    return {kind: count} if kind and count else {}


def asks_for_gpus(pod: Pod) -> bool:
    """Whether the pod asks for GPUs of a vendor.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/gpu/gpu.go,
    PodRequestsGpu.
    """
    asked = pod_requests(pod.spec)
    return any(name in asked for name in _VENDORS)


def unmet_limits(autoscaling: Autoscaling, nodes: Iterable[Node]) -> list[str]:
    """Of limits of GPUs that no node and no machine to come counts against, a sentence each.

    Source: ours, from what is counted: see `gpus_of`.
    """
    asked = autoscaling.autoscaler
    there = [kind for node in (*nodes, *autoscaling.machines.values()) for kind in gpus_of(node)]
    return [
        f"the limit of GPUs of type {kind} limits nothing: it counts {_VENDORS[0]} and the like of "
        f"nodes with the label {_LABEL}: {kind}"
        for kind, _, _ in (asked.gpus if asked else ())
        if kind not in there
    ]
