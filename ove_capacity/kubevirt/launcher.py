"""The launcher pod: what a VM is to the scheduler and to its node."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ove_capacity.kubevirt.compute import compute_resources
from ove_capacity.kubevirt.defaults import with_defaults
from ove_capacity.kubevirt.node_selection import node_affinity, node_selector
from ove_capacity.kubevirt.overhead import memory_overhead
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.kubevirt.support import support_containers
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.pod import Affinity, Container, OwnerReference, Pod, PodSpec
from ove_capacity.model.selector import Labels
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Vmi, VmiSpec

__all__ = ["launcher_pod"]

_NAME_LENGTH = 63
_HASH_LENGTH = 8
_GRACE_PADDING_S = 15 + 15
_DEFAULT_GRACE_S = 30
_ISTIO_INJECT = "sidecar.istio.io/inject"
_ANNOTATIONS_READ = (
    "hooks.kubevirt.io/hookSidecars",
    "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity",
)
_NONE: Labels = FrozenMap()
_AUTOSCALER = "cluster-autoscaler.kubernetes.io/"
_LOCAL_VOLUMES = (
    "private",
    "public",
    "sockets",
    "virt-bin-share-dir",
    "libvirt-runtime",
    "ephemeral-disks",
    "container-disks",
)
"""emptyDirs of every launcher.

Source: kubevirt v1.1.0 and v1.9.0 pkg/virt-controller/services/rendervolumes.go, Volumes.
"""
_SHAPES = 4096


def _empty_dirs(spec: VmiSpec) -> dict[str, str]:
    media = {volume.name: "Memory" for volume in spec.volumes if volume.kind == "downwardMetrics"}
    if spec.domain.memory.hugepages_page_size:
        media["hugepages"] = "HugePages"
    return media


def _vmi_id(name: str) -> str:
    """The name, or what remains of it with a hash when it is too long for a label."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:_HASH_LENGTH]
    return f"{name[: _NAME_LENGTH - _HASH_LENGTH - 1]}-{digest}"


def _labels(vmi: Vmi, rules: str) -> Labels:
    labels = {
        **vmi.labels,
        "kubevirt.io": "virt-launcher",
        # upstream writes the VMI's uid; ours has none but its key, which as a label must not
        # contain a slash, and no object name contains two dots in a row
        "kubevirt.io/created-by": f"{vmi.namespace}..{vmi.name}",
        "vm.kubevirt.io/name": vmi.hostname or vmi.name.split(".")[0][:_NAME_LENGTH],
    }
    if rules_of(rules).vmi_id_label:
        labels["vmi.kubevirt.io/id"] = _vmi_id(vmi.name)
    if _ISTIO_INJECT in vmi.annotations:
        labels[_ISTIO_INJECT] = vmi.annotations[_ISTIO_INJECT]
    return labels


def _read(annotations: Labels) -> Labels:
    """Those annotations that rendering reads."""
    if not annotations:
        return _NONE
    return FrozenMap({key: annotations[key] for key in _ANNOTATIONS_READ if key in annotations})


def _for_autoscaler(annotations: Labels) -> Labels:
    """Those annotations that the pod hands on to the autoscaler."""
    if not annotations:
        return _NONE
    handed = {key: text for key, text in annotations.items() if key.startswith(_AUTOSCALER)}
    return FrozenMap(handed) if handed else _NONE


@lru_cache(maxsize=_SHAPES)
def _pod_spec(
    spec: VmiSpec, namespace: str, annotations: Labels, kubevirt: KubeVirt, rules: str
) -> PodSpec:
    """The spec shared by all VMs of one shape."""
    release = rules_of(rules)
    written = Vmi("shape", namespace, spec, annotations=annotations)
    vmi = with_defaults(written, kubevirt, release)
    spec = vmi.spec
    overhead = memory_overhead(spec, kubevirt, release)
    compute = Container("compute", *compute_resources(vmi, kubevirt, release, overhead))
    containers, starting = support_containers(vmi, kubevirt, release)
    grace = spec.termination_grace_period_seconds
    return PodSpec(
        containers=(compute, *containers),
        init_containers=tuple(starting),
        node_selector=node_selector(spec, kubevirt, release),
        affinity=node_affinity(spec, kubevirt, release) or Affinity(),
        tolerations=spec.tolerations,
        spread=spec.spread,
        scheduler_name=spec.scheduler_name,
        priority_class_name=spec.priority_class_name,
        runtime_class_name=kubevirt.default_runtime_class,
        termination_grace_period_seconds=_GRACE_PADDING_S
        + (_DEFAULT_GRACE_S if grace is None else grace),
        empty_dir_media=_empty_dirs(spec),
        local_volumes=_LOCAL_VOLUMES,
    )


def launcher_pod(vmi: Vmi, kubevirt: KubeVirt, rules: str) -> Pod:
    """The pod that runs a VMI (instancetype merged already) under a KubeVirt release.

    VMs that differ only in name and labels share the spec object.

    Raises:
        RenderError: upstream renders no pod for it.
        ValueError: *rules* is not a KubeVirt version.

    Source: kubevirt v1.1.0, v1.8.4 and v1.9.0 pkg/virt-controller/services/template.go,
    renderLaunchManifest and podLabels.
    """
    return Pod(
        name=f"virt-launcher-{vmi.name}",
        spec=_pod_spec(vmi.spec, vmi.namespace, _read(vmi.annotations), kubevirt, rules),
        namespace=vmi.namespace,
        labels=_labels(vmi, rules),
        owner=OwnerReference("VirtualMachineInstance", vmi.name),
        annotations=_for_autoscaler(vmi.annotations),
    )
