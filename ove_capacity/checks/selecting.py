"""Label selectors as they are written, and the labels of pods that manifests make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ove_capacity.checks.launched import launched_vms
from ove_capacity.checks.subject import Subject
from ove_capacity.model.selector import Labels, LabelSelector, Requirement

__all__ = ["PodLabels", "label_selector", "pods_by_namespace"]

PodLabels = tuple[Labels, bool]
"""Labels of pods, and whether they are VMs'."""

_OF_PODS = ("DaemonSet", "Deployment", "DeploymentConfig", "Job", "ReplicaSet", "StatefulSet")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def label_selector(given: Mapping[str, Any]) -> LabelSelector:
    """``matchLabels`` and ``matchExpressions``; what is malformed matches nothing."""
    labels, expressions = given.get("matchLabels"), given.get("matchExpressions")
    wanted = [
        Requirement(str(key), "In", (str(value),))
        for key, value in (labels.items() if isinstance(labels, Mapping) else ())
    ]
    wanted += [
        Requirement(str(each.get("key")), str(each.get("operator")), _texts(each.get("values")))
        for each in (expressions if isinstance(expressions, list) else ())
        if isinstance(each, Mapping)
    ]
    return LabelSelector(tuple(wanted))


def pods_by_namespace(subject: Subject) -> Mapping[tuple[str, str], Sequence[PodLabels]]:
    """(cluster, namespace) -> pods of VMs and of whatever else makes pods there."""
    return subject.once(_pods)


def _pods(subject: Subject) -> Mapping[tuple[str, str], list[PodLabels]]:
    found: dict[tuple[str, str], list[PodLabels]] = {}
    for vm in launched_vms(subject):
        if vm.pod is not None and vm.is_used:
            key = (vm.cluster.name, vm.pod.namespace)
            found.setdefault(key, []).append((vm.pod.labels, True))
    for kind in (*_OF_PODS, "Pod"):
        for each in subject.of_kind(kind):
            template = ("metadata",) if kind == "Pod" else ("spec", "template", "metadata")
            labels = each.mapping(*template, "labels")
            plain = {str(name): str(value) for name, value in labels.items()}
            found.setdefault((each.cluster, each.namespace or "default"), []).append((plain, False))
    return found
