"""Backup hooks that never run.

KubeVirt annotates the pods of VMs with hooks of its own, which freeze the guest and go before those
of a Schedule: they run when pods are backed up, and only then.

Source: kubevirt v1.1.0 pkg/virt-controller/services/template.go, generatePodAnnotations
(pre.hook.backup.velero.io/command: virt-freezer --freeze); velero v1.12.4
internal/hook/item_hook_handler.go, HandleHooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.created import CreatedVm, created_vms
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.selecting import label_selector
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import Problem, did_you_mean

__all__ = ["BACKUP_RULES"]

_GROUP = "velero.io"
_LAUNCHER_CONTAINERS = ("compute", "guest-console-log")
"""Containers of a VM's pod.

Source: kubevirt v1.1.0 pkg/virt-controller/services/template.go: the container is "compute".
"""
_PODS = ("pods", "po", "pod", "*")
_Path = tuple[str | int, ...]


def _specs(subject: Subject) -> Iterator[tuple[Manifest, _Path, Mapping[str, Any]]]:
    """Every backup's specification: of a Schedule its template."""
    for kind, path in (("Schedule", ("spec", "template")), ("Backup", ("spec",))):
        for each in subject.of_kind(kind, _GROUP):
            yield each, path, each.mapping(*path)


def _hooks(manifest: Manifest, path: _Path) -> Iterator[tuple[_Path, Mapping[str, Any]]]:
    for index, hook in enumerate(manifest.listed(*path, "hooks", "resources")):
        if isinstance(hook, Mapping):
            yield (*path, "hooks", "resources", index), hook


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _vms_in(subject: Subject, manifest: Manifest, *scopes: Mapping[str, Any]) -> list[CreatedVm]:
    """VMs in namespaces that each scope includes, on the cluster of the manifest."""
    return [
        vm
        for namespace, vms in subject.once(_by_namespace).items()
        if all(_includes(scope, namespace) for scope in scopes)
        for vm in vms
        if not manifest.cluster or any(cluster == manifest.cluster for cluster, _ in vm.counts)
    ]


def _by_namespace(subject: Subject) -> Mapping[str, list[CreatedVm]]:
    found: dict[str, list[CreatedVm]] = {}
    for vm in created_vms(subject):
        metadata = vm.resource.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
        found.setdefault(str(namespace or "default"), []).append(vm)
    return found


def _includes(scope: Mapping[str, Any], namespace: str) -> bool:
    included = _texts(scope.get("includedNamespaces"))
    if namespace in _texts(scope.get("excludedNamespaces")):
        return False
    return not included or "*" in included or namespace in included


def _unfrozen(manifest: Manifest, vms: list[CreatedVm]) -> str:
    count = sum(
        number for vm in vms for cluster, number in vm.counts if manifest.cluster in ("", cluster)
    )
    on = f" on {manifest.cluster}" if manifest.cluster else ""
    return f"no guest is frozen: backups of {count or 'all'} VMs{on} are crash-consistent"


def _left_out(spec: Mapping[str, Any]) -> str:
    """The field that leaves pods out of a backup; "" when none does."""
    for key in ("excludedResources", "excludedNamespaceScopedResources"):
        if any(each.lower() in _PODS for each in _texts(spec.get(key))):
            return key
    for key in ("includedResources", "includedNamespaceScopedResources"):
        included = _texts(spec.get(key))
        if included and not any(each.lower() in _PODS for each in included):
            return key
    return ""


def _unlabelled(spec: Mapping[str, Any], vms: list[CreatedVm]) -> bool:
    """Whether the labels of a backup are on no VM and on no pod of one."""
    selector = spec.get("labelSelector")
    if not vms or not isinstance(selector, Mapping):
        return False
    wanted = label_selector(selector)
    return not any(wanted.matches(_pod_labels(vm)) or wanted.matches(_labels(vm)) for vm in vms)


def _dead(
    problem: Problem, spec: Mapping[str, Any], manifest: Manifest, vms: list[CreatedVm], repair: str
) -> Finding:
    """A hook that never runs: the only one there would be, or one beside KubeVirt's own."""
    if _left_out(spec):
        return Finding(problem, _unfrozen(manifest, vms), repair)
    own = "the hook never runs; guests are frozen by KubeVirt's own, annotated on their pods"
    return Finding(problem, own, repair, Severity.WARNING)


def _without_pods(subject: Subject) -> Iterator[Finding]:
    """Hooks run while a pod is backed up: a backup without pods runs none.

    Source: velero v1.12.4 internal/hook/item_hook_handler.go, HandleHooks ("We only support
    hooks on pods right now").
    """
    for manifest, path, spec in _specs(subject):
        if not any(True for _ in _hooks(manifest, path)):
            continue
        vms = _vms_in(subject, manifest, spec)
        key = _left_out(spec)
        said, repair = "leaves out pods", "back up pods as well"
        if not key and any(_is_for_vms(hook) for _, hook in _hooks(manifest, path)):
            key = "labelSelector" if _unlabelled(spec, vms) else ""
            said, repair = "is on no VM and no pod of one", "labels of the VMs and their template"
        if key:
            yield Finding(
                manifest.problem(f"{said}, and hooks run on pods only", *path, key),
                consequence=_unfrozen(manifest, vms),
                repair=f"{repair}: KubeVirt annotates them with hooks that freeze",
            )


def _wrong_container(subject: Subject) -> Iterator[Finding]:
    """A hook is run in the container it names; a VM's pod has one called compute.

    Source: velero v1.12.4 pkg/podexec/pod_command_executor.go (a container that is not there is an
    error); kubevirt v1.1.0 pkg/virt-controller/services/template.go.
    """
    for manifest, path, spec in _specs(subject):
        for place, hook in _hooks(manifest, path):
            vms = _vms_in(subject, manifest, spec, hook)
            if not vms:
                continue
            for phase in ("pre", "post"):
                for index in range(len(manifest.listed(*place, phase))):
                    container = manifest.get(*place, phase, index, "exec", "container")
                    if isinstance(container, str) and container not in _LAUNCHER_CONTAINERS:
                        at = (*place, phase, index, "exec", "container")
                        said = f"no container of a VM is called {container!r}"
                        problem = manifest.problem(said, *at)
                        yield _dead(problem, spec, manifest, vms, "compute")


def _is_for_vms(hook: Mapping[str, Any]) -> bool:
    """Whether a hook names the container of VMs."""
    return any(
        isinstance(step, Mapping)
        and isinstance(step.get("exec"), Mapping)
        and step["exec"].get("container") == _LAUNCHER_CONTAINERS[0]
        for phase in ("pre", "post")
        for step in (hook[phase] if isinstance(hook.get(phase), list) else ())
    )


def _in_no_namespace(
    subject: Subject, manifest: Manifest, place: _Path, spec: Mapping[str, Any]
) -> Iterator[Finding]:
    """A hook for VMs whose namespaces have none, while the backup has VMs in others."""
    hook, vms = manifest.mapping(*place), _vms_in(subject, manifest, spec)
    included = _texts(hook.get("includedNamespaces"))
    if not included or not vms or not _is_for_vms(hook):
        return
    names = [name for name in subject.once(_by_namespace) if _includes(spec, name)]
    guess = did_you_mean(included[0], names)
    keys = (*place, "includedNamespaces", 0)
    problem = manifest.problem("has no VM of this backup", *keys, suggestion=guess)
    yield _dead(problem, spec, manifest, vms, ", ".join(names))


def _selects_nothing(subject: Subject) -> Iterator[Finding]:
    """A hook's labels are those of the VM's pod, which come from the VM's template.

    Source: velero v1.12.4 internal/hook/item_hook_handler.go, applicableTo; kubevirt v1.1.0
    pkg/virt-controller/services/template.go (labels of the VMI are copied to its pod).
    """
    for manifest, path, spec in _specs(subject):
        for place, hook in _hooks(manifest, path):
            selector = hook.get("labelSelector")
            vms = _vms_in(subject, manifest, spec, hook)
            if not vms:
                yield from _in_no_namespace(subject, manifest, place, spec)
            if not isinstance(selector, Mapping) or not vms:
                continue
            if any(label_selector(selector).matches(_pod_labels(vm)) for vm in vms):
                continue
            problem = manifest.problem("selects the pod of no VM", *place, "labelSelector")
            repair = "the same labels under spec.template.metadata.labels of the VMs"
            yield _dead(problem, spec, manifest, vms, repair)


def _labels(vm: CreatedVm, *path: str) -> dict[str, str]:
    """Labels of the object, or of what it makes."""
    value: Any = vm.resource
    for key in (*path, "metadata", "labels"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _pod_labels(vm: CreatedVm) -> dict[str, str]:
    """Labels of the launcher pod, as far as they are known before it runs."""
    metadata = vm.resource.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
    is_instance = vm.resource.get("kind") == "VirtualMachineInstance"
    return {
        **_labels(vm, *(() if is_instance else ("spec", "template"))),
        "kubevirt.io": "virt-launcher",
        "vm.kubevirt.io/name": str(name),
    }


BACKUP_RULES = (
    Rule(
        "backup-hook-without-pods", "Hooks of backups without pods", Severity.ERROR, _without_pods
    ),
    Rule("backup-hook-container", "Hooks in no container", Severity.ERROR, _wrong_container),
    Rule("backup-hook-selector", "Hooks that select nothing", Severity.ERROR, _selects_nothing),
)
"""Velero."""
