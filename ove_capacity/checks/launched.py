"""The VMs that a scenario creates, as the KubeVirt of their cluster would launch them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ove_capacity.checks.created import CreatedVm, created_vms
from ove_capacity.checks.finding import Finding, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import ScenarioError
from ove_capacity.kube.filters.node_affinity import matches_node
from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.manifests.document import FieldPath, Problems
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.vm import Matcher, Vmi
from ove_capacity.sim.launch import launch

__all__ = [
    "Launched",
    "affected",
    "gathered",
    "launched_by_namespace",
    "launched_vms",
    "nodes_for",
    "spec_path",
]

_SHOWN_NAMES = 5
_SPEC_PATHS: dict[str, FieldPath] = {
    "VirtualMachineInstance": ("spec",),
    "VirtualMachinePool": ("spec", "virtualMachineTemplate", "spec", "template", "spec"),
}
_SPEC_PATH: FieldPath = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True)
class Launched:
    """VMs that are alike, on one cluster."""

    vm: CreatedVm
    workload: Workload
    """Its name and its VMI; the scenario's own, where it is one of these."""
    cluster: Cluster
    count: int
    """How many there are; 0 of a stream, or of a template that nothing uses."""
    pod: Pod | None
    """None: KubeVirt renders none, which another rule tells."""

    @property
    def vmi(self) -> Vmi:
        """What each of them runs."""
        return self.workload.vmi

    @property
    def is_used(self) -> bool:
        """Whether any VM is or will be made of it."""
        return bool(self.vm.path) or self.count > 0

    def finding(
        self, subject: Subject, message: str, *keys: str | int, repair: str = ""
    ) -> Finding:
        """What is wrong at a field of its spec; a warning when nothing is made of it."""
        where = (*spec_path(self.vm.manifest), *keys) if self.vm.manifest else ()
        severity = None if self.is_used else Severity.WARNING
        return Finding(self.vm.problem(subject, message, *where), "", repair, severity)


def spec_path(manifest: Manifest) -> FieldPath:
    """Where the spec of the VMI stands in an object that describes VMs."""
    return _SPEC_PATHS.get(manifest.kind, _SPEC_PATH)


def launched_vms(subject: Subject) -> tuple[Launched, ...]:
    """Every sort of VM on every cluster that has it; none without a case."""
    return subject.once(_launched)


def launched_by_namespace(subject: Subject) -> Mapping[tuple[str, str], Sequence[Launched]]:
    """(cluster, namespace) -> those that KubeVirt makes a pod for."""
    return subject.once(_by_namespace)


def _by_namespace(subject: Subject) -> dict[tuple[str, str], list[Launched]]:
    found: dict[tuple[str, str], list[Launched]] = {}
    for each in launched_vms(subject):
        if each.pod is not None:
            found.setdefault((each.cluster.name, each.pod.namespace), []).append(each)
    return found


def nodes_for(subject: Subject, cluster: Cluster, demand: PodSpec) -> Sequence[Node]:
    """Nodes that satisfy a node selector and a required affinity; asked once for VMs alike."""
    known = subject.once(_Matching)
    labels = tuple(sorted(demand.node_selector.items()))
    key = (cluster.name, labels, demand.affinity.node_required)
    if key not in known:
        known[key] = [node for node in cluster.nodes if matches_node(demand, node)]
    return known[key]


class _Matching(dict[tuple[Any, ...], Sequence[Node]]):
    """Demand -> nodes."""

    def __init__(self, _: Subject) -> None:
        super().__init__()


def _launched(subject: Subject) -> tuple[Launched, ...]:
    if subject.case is None:
        return ()
    clusters = {each.name: each for each in subject.case.fleet.clusters}
    by_name = {each.name: each for each in subject.workloads}
    listed = {(each.cluster, each.vmi.key): each for each in subject.workloads}
    found = []
    for vm in created_vms(subject):
        written = by_name.get(vm.name) if vm.path else _read(vm)
        for name, count in vm.counts:
            if name not in clusters or written is None:
                continue
            workload = written
            if not vm.path:
                runs = vm.manifest is not None and vm.manifest.runs
                known = listed.get((name, written.vmi.key)) if runs else None
                workload = known or _merged(written, vm, clusters[name])
            pod = _pod(workload, clusters[name])
            found.append(Launched(vm, workload, clusters[name], count, pod))
    return tuple(found)


def _read(vm: CreatedVm) -> Workload | None:
    """What an object that nothing has compiled says; None when it cannot be read."""
    problems = Problems()
    try:
        read = virtual_machine_of(dict(vm.resource), problems)
    except ScenarioError:
        return None
    return None if problems.errors else Workload(vm.name, read.vmi, disks=read.disks)


def _merged(workload: Workload, vm: CreatedVm, cluster: Cluster) -> Workload:
    """With its instancetype, when that is one of the cluster's."""
    spec = vm.resource.get("spec")
    said = spec.get("instancetype") if isinstance(spec, dict) else None
    name = said.get("name") if isinstance(said, dict) else None
    kind = said.get("kind") if isinstance(said, dict) else None
    matcher = Matcher(str(name or ""), str(kind or ""))
    if not matcher.is_cluster_wide or matcher.name not in cluster.instancetypes:
        return workload
    wanted = cluster.instancetypes[matcher.name]
    try:
        vmi = apply(workload.vmi, wanted, None, cluster.release.kubevirt_rules)
    except RenderError:
        return workload
    return replace(workload, vmi=vmi)


def _pod(workload: Workload, cluster: Cluster) -> Pod | None:
    try:
        return launch(workload, cluster, workload.vmi.name or "vm", {})
    except RenderError:
        return None


def affected(vms: Iterable[Launched], one: str, many: str) -> str:
    """How many VMs, where and whose: *one* is the verb for one VM, *many* for several."""
    every = tuple(vms)
    now = [each for each in every if each.count]
    later = [each for each in every if not each.count]
    total = sum(each.count for each in now)
    parts = []
    if total:
        verb = f"VM {one}" if total == 1 else f"VMs {many}"
        parts.append(f"{total} {verb}{_where(now)} ({_names(now)})")
    if later:
        parts.append(f"every VM of {_names(later)} {one}{_where(later)}")
    return "; ".join(parts)


def _where(vms: list[Launched]) -> str:
    return " on " + ", ".join(dict.fromkeys(each.cluster.name for each in vms))


def _names(vms: list[Launched]) -> str:
    names = list(dict.fromkeys(each.vm.name for each in vms))
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def gathered(
    found: Iterable[tuple[Finding, Launched]], one: str, many: str, lead: str = ""
) -> Iterator[Finding]:
    """One finding for each place and message, with all VMs that it touches, after *lead*."""
    told: dict[tuple[str, str], list[tuple[Finding, Launched]]] = {}
    for finding, vm in found:
        told.setdefault((finding.problem.place, finding.message), []).append((finding, vm))
    for findings in told.values():
        first = findings[0][0]
        # What one of them really makes is worth what the rule says, whatever the first one is.
        plain = any(finding.severity is None for finding, _ in findings)
        consequence = lead + affected([vm for _, vm in findings], one, many)
        severity = None if plain else first.severity
        clusters = tuple(dict.fromkeys(vm.cluster.name for _, vm in findings))
        yield replace(first, consequence=consequence, severity=severity, clusters=clusters)
