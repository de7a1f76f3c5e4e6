"""What a dump says of its cluster beside the machines -> sections of a scenario."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ingest.cluster_config import Reach
from ove_capacity.ingest.cluster_dump import ClusterDump
from ove_capacity.ingest.pools import Draft
from ove_capacity.ingest.sketch import Page, Value
from ove_capacity.ingest.sysinfo import cpu_list
from ove_capacity.model.resources import CPU

__all__ = ["Sections", "Span", "sections_of", "write_sections"]

_DEFAULT_PROFILE = "LowNodeUtilization"
_RESERVED = "reservedSystemCPUs"


@dataclass(frozen=True, slots=True)
class Span:
    """How few and how many machines an autoscaled pool may have."""

    least: int
    most: int
    said: str
    """By which MachineAutoscalers."""


@dataclass(slots=True)
class Sections:
    """Sections in the scenario's words, each with where it comes from."""

    said: dict[str, tuple[Mapping[str, Value], str]] = field(default_factory=dict)
    """Section -> (its content, a comment)."""
    comments: list[str] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    """By pool."""
    decisions: list[str] = field(default_factory=list)


def _kubelet(sections: Sections, dump: ClusterDump, drafts: Sequence[Draft]) -> None:
    """The KubeletConfig of the workers; there is one for all of them in a scenario."""
    machines: Counter[str] = Counter()
    for draft in drafts:
        if all(node.is_worker for node in draft.nodes):
            machines[draft.role] += len(draft.nodes)
    configs = {role: dump.config.kubelet_for(role) for role, _ in machines.most_common()}
    chosen = next(iter(configs.values()), None)
    if chosen is not None:
        dump.intake.use("KubeletConfig")
        said = dict(chosen.said)
        reserved = len(set(cpu_list(str(said.get(_RESERVED, "")))))
        least = min(draft.least(CPU) for draft in drafts if draft.role in machines)
        unused = list(chosen.unused)
        if reserved * 1000 >= least:
            unused.append(_RESERVED)
            del said[_RESERVED]
        _put(sections, "kubelet", said, f"KubeletConfig {chosen.name}", unused)
    for name in sorted({each.name for each in dump.config.kubelets if each is not chosen}):
        dump.intake.set_aside("KubeletConfig", "a scenario has one, for all workers")
        whose = [role for role, each in configs.items() if each and each.name == name]
        for_whom = f", of the machines of {', '.join(whose)}," if whose else ""
        sections.decisions.append(
            f"KubeletConfig {name}{for_whom} is not used: a scenario has one, for all workers. "
            "What its machines offer is measured all the same."
        )


def _put(
    sections: Sections, name: str, said: Mapping[str, Value], origin: str, unused: Sequence[str]
) -> None:
    if said:
        sections.said[name] = (said, origin)
    if unused:
        listed = ", ".join(sorted(unused))
        sections.decisions.append(f"{origin}: not used of it: {listed}.")


def _spans(sections: Sections, dump: ClusterDump, drafts: Sequence[Draft]) -> None:
    """Each pool whose machines a MachineAutoscaler counts gets its bounds."""
    config = dump.config
    made_by = config.sets_of_nodes(list(dump.machine_sets))
    pools_of: defaultdict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        for node in draft.nodes:
            pools_of[made_by.get(node.name, "")].add(draft.name)
    used: set[str] = set()
    for draft in drafts:
        sets = Counter(made_by.get(node.name, "") for node in draft.nodes)
        reaches = {
            name: config.reaches[name]
            for name in sorted(sets)
            if name in config.reaches and len(pools_of[name]) == 1
        }
        others = sum(number for name, number in sets.items() if name not in reaches)
        if reaches:
            used.update(reaches)
            sections.spans[draft.name] = _span(reaches, others)
    for name, reach in sorted(config.reaches.items()):
        if name in used:
            dump.intake.use("MachineAutoscaler")
            continue
        why = "its machines are of several pools" if name in pools_of else "it has no machine here"
        dump.intake.set_aside("MachineAutoscaler", why)
        sections.comments.append(
            f"MachineAutoscaler {reach.name}, {reach.least} to {reach.most} of machine set {name}: "
            f"not used, {why}"
        )


def _span(reaches: Mapping[str, Reach], others: int) -> Span:
    names = ", ".join(reach.name for reach in reaches.values())
    least = sum(reach.least for reach in reaches.values()) + others
    most = sum(reach.most for reach in reaches.values()) + others
    more = f", and {others} machines of no autoscaler" if others else ""
    return Span(least, most, f"MachineAutoscaler {names}{more}")


def sections_of(dump: ClusterDump, drafts: Sequence[Draft]) -> Sections:
    """The sections beside the pools, and what was decided for them."""
    sections, config = Sections(), dump.config
    _kubelet(sections, dump, drafts)
    _spans(sections, dump, drafts)
    if config.autoscaler is not None:
        found = config.autoscaler
        _put(sections, "autoscaler", found.said, "ClusterAutoscaler default", found.unused)
    if config.scheduler_profile not in ("", _DEFAULT_PROFILE):
        profile: Mapping[str, Value] = {"profile": config.scheduler_profile}
        _put(sections, "scheduler", profile, "Scheduler cluster", ())
    if config.cluster_network:
        network: Mapping[str, Value] = {"clusterNetwork": config.cluster_network}
        _put(sections, "network", network, "Network cluster", ())
    sections.comments += dump.storage.comments()
    storage = dump.storage.sections()
    if storage:
        _put(sections, "storage", storage, "raw capacity as Ceph says; held: its volumes", ())
        sections.decisions.append(
            "Volumes that exist count as held by nobody in particular: VMs of this file that are "
            "given disks there count twice."
        )
    return sections


def write_sections(page: Page, sections: Sections) -> None:
    """The comments and sections, at their place in a cluster."""
    for comment in sections.comments:
        page.comment(comment, 4)
    for name, (said, origin) in sections.said.items():
        page.key(name, indent=4, comment=origin)
        for key, value in said.items():
            page.key(key, value, indent=6)
