"""Machines that exist -> the cluster section of a scenario, with what it was decided by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ove_capacity.ingest.cluster_dump import ClusterDump
from ove_capacity.ingest.cluster_sections import Sections, sections_of, write_sections
from ove_capacity.ingest.layout import Layout, Unsaid, cells_of, distances_of, layout_of
from ove_capacity.ingest.platform_pods import NodeShare
from ove_capacity.ingest.pools import Draft, drafts_of, runs_virtualization
from ove_capacity.ingest.sketch import Page, Value, cpu_text, gib_text, memory_text
from ove_capacity.ingest.sysinfo import Topology
from ove_capacity.model.node import Taint
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, KVM, MEMORY, PODS, page_bytes
from ove_capacity.releases import release

__all__ = ["Machines", "plain_name", "platform_of_release"]

_MASTER = "master"
_MASTER_TAINTS = (Taint("node-role.kubernetes.io/master"),)
_STORAGE_TAINTS = (Taint("node.ocs.openshift.io/storage", "true"),)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_LISTED = 32
"""A pool with more machines is given their mean platform share instead of each one's."""

_MIB = 1 << 20
_OLDEST, _NEWEST = 1, 60
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


def plain_name(text: str, default: str) -> str:
    """A name of lower-case letters, digits and dashes."""
    return _NOT_A_NAME.sub("-", text.lower()).strip("-")[:63] or default


def _is_modelled(openshift: str) -> bool:
    try:
        release(openshift)
    except ValueError:
        return False
    return True


def platform_of_release(version: str) -> tuple[str, str]:
    """(the nearest release that is modelled, a sentence about it); both "" for an unknown one."""
    parts = version.split(".")
    if len(parts) < 2 or parts[0] != "4" or not parts[1].isdecimal() or len(parts[1]) > 3:
        return "", ""
    wanted = int(parts[1])
    known = [minor for minor in range(_OLDEST, _NEWEST) if _is_modelled(f"4.{minor}")]
    nearest = min(known, key=lambda minor: abs(minor - wanted))
    if nearest == wanted:
        return f"4.{wanted}", f"The cluster runs OpenShift {version}."
    return (
        f"4.{nearest}",
        f"The cluster runs OpenShift {version}, which is not modelled; 4.{nearest} is the nearest.",
    )


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines of one cluster as pools, ready to be written."""

    dump: ClusterDump
    drafts: tuple[Draft, ...]
    openshift: str
    sections: Sections
    decisions: tuple[str, ...]

    @classmethod
    def of(cls, dump: ClusterDump) -> Machines:
        """Group the nodes, and put into words what that decided."""
        drafts = tuple(drafts_of(dump.nodes.values(), dump.intake))
        version = dump.version
        if not version and dump.releases:
            version = min(dump.releases.most_common(), key=lambda each: (-each[1], each[0]))[0]
        openshift, sentence = platform_of_release(version)
        if not sentence:
            sentence = "No release was found: the newest common one is assumed until you name it."
        sections = sections_of(dump, drafts)
        decisions = [
            *_of_clusters(dump),
            *(sentence, *_of_pools(drafts), *_of_pods(dump, drafts)),
            *sections.decisions,
        ]
        return cls(dump, drafts, openshift, sections, tuple(decisions))

    def write(self, page: Page, name: str) -> None:
        """The ``clusters`` entry of that name, at its place under ``clusters:``."""
        page.key(name, indent=2)
        if self.openshift:
            page.key("platform", {"openshift": self.openshift}, indent=4)
        for each in self.dump.machine_sets.values():
            size = f" of {each.size}" if each.size else ""
            number = "1 replica" if each.replicas == 1 else f"{each.replicas} replicas"
            page.comment(f"Machine set {each.name}: {number}{size}", 4)
        write_sections(page, self.sections)
        page.key("pools", indent=4)
        for draft in self.drafts:
            self._pool(page, draft)

    def _pool(self, page: Page, draft: Draft) -> None:
        names = [node.name for node in draft.nodes]
        page.comment(_listed(names), 6)
        for node in draft.nodes[:_LISTED]:
            topology = self.dump.topologies.get(node.name)
            if topology is not None:
                page.comment(f"NUMA of {node.name}: {topology.describe()}", 6)
        page.key(draft.name, indent=6)
        page.key("count", len(names), indent=8)
        span = self.sections.spans.get(draft.name)
        if span is not None:
            page.key("min", span.least, indent=8)
            page.key("max", span.most, indent=8, comment=span.said)
        if draft.name != draft.role:
            page.key("role", draft.role, indent=8)
        self._node(page, draft)
        self._traits(page, draft)
        self._platform(page, draft)

    def _node(self, page: Page, draft: Draft) -> None:
        page.key("node", indent=8)
        page.key("cpu", cpu_text(draft.least(CPU)), indent=10)
        self._cells(page, draft)
        memory = draft.least(MEMORY)
        differ = "" if draft.is_even else ", the smallest of the pool"
        page.key("memory", memory_text(memory), indent=10, comment=gib_text(memory) + differ)
        storage = draft.least(EPHEMERAL_STORAGE)
        if storage:
            page.key("storage", memory_text(storage), indent=10, comment=gib_text(storage))
        if draft.pages:
            page.key("hugepages", dict(_page_counts(draft)), indent=10)
        if draft.devices:
            page.key("devices", dict(draft.devices), indent=10)
        offered: dict[str, Value] = {
            "cpu": cpu_text(draft.least(CPU, allocatable=True)),
            "memory": memory_text(draft.least(MEMORY, allocatable=True)),
        }
        for key, resource in (("storage", EPHEMERAL_STORAGE), ("pods", PODS)):
            amount = draft.least(resource, allocatable=True)
            if amount:
                offered[key] = amount if resource == PODS else memory_text(amount)
        page.key("allocatable", offered, indent=10)

    def _cells(self, page: Page, draft: Draft) -> None:
        """Sockets, cores and cells, where they are known and those of all its machines alike."""
        known = [
            topology
            for node in draft.nodes
            if (topology := self.dump.topologies.get(node.name)) is not None
        ]
        if not known:
            return
        layout = _common(known, draft)
        if isinstance(layout, Unsaid):
            page.comment(f"Its cells are not said: {layout.reason}.", 10)
            return
        for name, value in layout.lines().items():
            page.key(name, value, indent=10)
        if layout.odd_caches:
            page.comment(f"One last-level cache a socket is taken: {layout.odd_caches}.", 10)
        cells = cells_of(known, _page_counts(draft))
        if cells:
            page.key("cells", cells, indent=10)
        elif layout.cells_without_cpus:
            page.comment("Cells without CPUs are left out: pages or memory differ.", 10)
            return
        distances = distances_of(known)
        if distances:
            page.key("distances", distances, indent=10)

    def _traits(self, page: Page, draft: Draft) -> None:
        if draft.labels:
            page.key("labels", indent=8)
            for key, value in draft.labels.items():
                page.key(key, value, indent=10)
        by_role = {_MASTER: _MASTER_TAINTS, "storage": _STORAGE_TAINTS}.get(draft.role, ())
        if draft.taints != by_role:
            taints: list[Value] = [
                {"key": each.key, **({"value": each.value} if each.value else {})}
                | {"effect": each.effect}
                for each in draft.taints
                if each.effect in _EFFECTS
            ]
            page.key("taints", taints, indent=8)
        if draft.zones:
            page.key("zones", list(draft.zones), indent=8)
        here = bool(draft.least(KVM, allocatable=True))
        if not runs_virtualization(self.dump.nodes.values()):
            here = all(node.is_worker for node in draft.nodes)
        if here != (draft.role not in (_MASTER, "storage", "infra")):
            page.key("virtualization", here, indent=8)

    def _platform(self, page: Page, draft: Draft) -> None:
        shares = self.dump.pods.shares
        if not shares:
            return
        given = [(node.name, shares[node.name]) for node in draft.nodes if node.name in shares]
        if not given:
            return
        if len(given) > _LISTED:
            given = [("mean of the machines", _mean([share for _, share in given]))]
        page.key("platform", indent=8, comment="requests of running pods, machine by machine")
        for name, share in given:
            value: dict[str, Value] = {
                **({"cpu": cpu_text(share.cpu.milli)} if share.cpu.nano else {}),
                **({"memory": f"{-(-share.memory.value // _MIB)}Mi"} if share.memory.nano else {}),
                "pods": share.pods,
                **({"virtualization": True} if share.virtualization else {}),
            }
            page.item(value, indent=10, comment=name.partition(".")[0])


def _common(known: Sequence[Topology], draft: Draft) -> Layout | Unsaid:
    """How the machines of a pool are laid out, all alike."""
    if len(known) < len(draft.nodes):
        return Unsaid(f"{len(known)} of {len(draft.nodes)} machines have a sysinfo.tgz to read")
    layouts = list(dict.fromkeys(map(layout_of, known)))
    layout = layouts[0]
    if len(layouts) > 1:
        return Unsaid("its machines are laid out differently")
    if isinstance(layout, Layout) and layout.topology.cpus * 1000 != draft.least(CPU):
        cpus = f"{layout.topology.cpus} CPUs, and the node {cpu_text(draft.least(CPU))}"
        return Unsaid(f"/sys tells of {cpus}")
    return layout


def _page_counts(draft: Draft) -> dict[str, int]:
    return {size: amount // page_bytes(size) for size, amount in draft.pages.items()}


def _mean(shares: Sequence[NodeShare]) -> NodeShare:
    number = len(shares)
    total = NodeShare()
    for share in shares:
        total.cpu += share.cpu
        total.memory += share.memory
        total.pods += share.pods
        total.virtualization = total.virtualization or share.virtualization
    total.cpu = type(total.cpu)(-(-total.cpu.nano // number), total.cpu.notation)
    total.memory = type(total.memory)(-(-total.memory.nano // number), total.memory.notation)
    total.pods = -(-total.pods // number)
    return total


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{names[0]} … {names[-1]}, {len(names)} machines"


def _of_clusters(dump: ClusterDump) -> list[str]:
    """A warning when what was handed in is more than one cluster."""
    if len(dump.names) < 2:
        return []
    listed = ", ".join(sorted(dump.names))
    return [f"Objects of {len(dump.names)} clusters are here ({listed}); hand in one at a time."]


def _of_pools(drafts: Sequence[Draft]) -> list[str]:
    nodes = [node for draft in drafts for node in draft.nodes]
    said = [
        f"Nodes: {len(nodes)}, pools: {len(drafts)}. Machines of a pool have the same role, "
        "CPUs, hugepages, devices, labels and taints, and memory within 2 %; the smallest counts."
    ]
    if any(not node.pool for node in nodes):
        said.append("Nodes without a role label are taken for workers.")
    cordoned = [node.name for node in nodes if node.unschedulable]
    if cordoned:
        said.append(f"Cordoned, and so tainted here: {_listed(cordoned)}.")
    if not runs_virtualization(nodes):
        said.append(
            "No node carries KubeVirt's devices: OpenShift Virtualization is assumed to be "
            "installed on the workers (virtualization: false on a pool undoes that)."
        )
    return said


def _of_pods(dump: ClusterDump, drafts: Sequence[Draft]) -> list[str]:
    shares = dump.pods.shares
    if not shares:
        return ["No pods were handed in: what the platform's own ask for is assumed by role."]
    said = [
        "The platform's share is measured: requests of running pods (containers, or the largest "
        "init container), memory rounded up to the MiB; VMs' launcher pods do not count."
    ]
    if not any(share.virtualization for share in shares.values()):
        said.append("None of them is OpenShift Virtualization's: its share is added on workers.")
    if dump.pods.others:
        each = (f"{name} ({number})" for name, number in sorted(dump.pods.others.items()))
        said.append(f"Counted with the platform though not its own: pods of {', '.join(each)}.")
    without = [each.name for draft in drafts for each in draft.nodes if each.name not in shares]
    if without:
        said.append(
            f"No running pod of {_listed(without)} was handed in: the share of such a machine is "
            "that of others of its pool, or assumed by role when there are none."
        )
    if any(len(draft.nodes) > _LISTED for draft in drafts):
        said.append(f"Pools of more than {_LISTED} machines have the mean share on each.")
    return said
