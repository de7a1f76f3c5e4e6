"""Pinned VMs of any size: what fragmentation is measured with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.shapes import Shape
from ove_capacity.kubelet import pod_demand
from ove_capacity.kubelet.demand import PodDemand
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import Amounts, amounts
from ove_capacity.model.vm import Cpu, Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Notation, Quantity, memory_bytes
from ove_capacity.sim.launch import launch

__all__ = ["Pattern", "Pinned", "pattern_of", "pinned_of", "sized"]

_GIB = 1 << 30

_GIB_PER_VCPU = 2
"""Of the pattern where no workload is pinned: the compute-exclusive series cx1 of the common
instancetypes has that."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A VM that asks for cells: its pod, and what kubelets read from it."""

    name: str
    pod: Pod
    demand: PodDemand = field(repr=False)
    request: Amounts
    """Of the pod, in milli-cores and bytes."""

    @classmethod
    def of(cls, name: str, pod: Pod) -> Pinned:
        """Read once what is asked many times."""
        return cls(name, pod, pod_demand(pod.spec), amounts(pod_requests(pod.spec)))

    @property
    def cpus(self) -> int:
        """For itself alone."""
        return self.demand.total.cpus

    @property
    def asks_cells(self) -> bool:
        """Whether managers of CPUs or memory look at it at all: it is Guaranteed."""
        return self.demand.counts_memory


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a pinned VM of any size is like."""

    like: str
    """The workload it is taken from; empty: none is pinned."""
    memory_bytes_per_vcpu: int
    page_size: str
    """Of its hugepages; empty: it has none."""
    workload: Workload = field(repr=False)

    def __str__(self) -> str:
        gib = self.memory_bytes_per_vcpu / _GIB
        pages = f" in pages of {self.page_size}" if self.page_size else ""
        like = f" as {self.like}" if self.like else ", without hugepages"
        return f"pinned, {gib:.4g} GiB a vCPU{pages}{like}"

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "like": self.like,
            "memory_bytes_per_vcpu": self.memory_bytes_per_vcpu,
            "page_size": self.page_size,
        }


def pattern_of(workloads: Sequence[Workload]) -> Pattern:
    """Like the largest of the pinned workloads that say their guest's memory; else plain."""
    known = [
        each
        for each in workloads
        if each.vmi.spec.domain.cpu.dedicated_cpu_placement
        and each.vmi.spec.domain.memory.guest is not None
        and each.vmi.spec.domain.cpu.vcpus
    ]
    if not known:
        domain = Domain(Cpu(cores=1, dedicated_cpu_placement=True))
        plain = Workload("pinned", Vmi("pinned", spec=VmiSpec(domain)))
        return Pattern("", _GIB_PER_VCPU * _GIB, "", plain)
    chosen = max(known, key=lambda each: each.vmi.spec.domain.cpu.vcpus)
    domain = chosen.vmi.spec.domain
    guest = domain.memory.guest
    assert guest is not None
    size = domain.memory.hugepages_page_size
    return Pattern(chosen.name, guest.value // domain.cpu.vcpus, size, chosen)


def sized(pattern: Pattern, cluster: Cluster, most: int) -> Mapping[int, Pinned]:
    """The VM of 1, 2 … up to *most* vCPUs; sizes that KubeVirt makes no pod of are left out.

    Memory goes with vCPUs, rounded down to whole pages, at least one.
    """
    spec = pattern.workload.vmi.spec
    domain, page = spec.domain, memory_bytes(pattern.page_size or "1Mi")
    found = {}
    for vcpus in range(1, most + 1):
        guest = max(page, vcpus * pattern.memory_bytes_per_vcpu // page * page)
        memory = Memory(Quantity.of(guest, Notation.BINARY), None, pattern.page_size)
        cpu = replace(domain.cpu, cores=vcpus, sockets=1, threads=1, max_sockets=0)
        own = replace(spec, domain=replace(domain, cpu=cpu, memory=memory, resources=Resources()))
        vmi = replace(pattern.workload.vmi, spec=own)
        try:
            pod = launch(replace(pattern.workload, vmi=vmi), cluster, vmi.name, {})
        except RenderError:
            continue
        found[vcpus] = Pinned.of(f"{vcpus} vCPUs", pod)
    return found


def pinned_of(shapes: Sequence[Shape]) -> tuple[Pinned, ...]:
    """Those shapes that kubelets place into cells, each kind of pod once."""
    found: dict[int, Pinned] = {}
    for shape in shapes:
        if shape.pod is not None and id(shape.pod.spec) not in found:
            found[id(shape.pod.spec)] = Pinned.of(shape.name, shape.pod)
    return tuple(each for each in found.values() if each.asks_cells)
