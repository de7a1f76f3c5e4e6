"""The static CPU manager: whole CPUs for containers of Guaranteed pods alone."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.kubelet.cpu_assignment import NotEnoughCpus, take_packed
from ove_capacity.kubelet.cpu_distribution import take_distributed
from ove_capacity.kubelet.cpu_options import CpuOptions, check_cpu_options, cpu_options
from ove_capacity.kubelet.cpu_topology import CpuTopology
from ove_capacity.kubelet.hint import Hint, Hints
from ove_capacity.kubelet.refusal import SMT_ALIGNMENT_ERROR, Refusal, allocate_failed
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import CpuSetError, cpu_mask, cpu_set_text
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.resources import CPU, Amounts

__all__ = ["CpuManager", "allocate_cpus", "cpu_hints", "cpu_manager"]


@dataclass(frozen=True, slots=True)
class CpuManager:
    """The manager as it was started."""

    topology: CpuTopology
    options: CpuOptions
    reserved: int
    """CPUs that no container gets for itself, as a mask."""
    reserved_cores: int
    """These and all threads beside them."""
    rules: KubeletRules
    shared: int
    """The shared pool of an empty node; with the reserved CPUs unless they are kept apart."""

    def free(self, shared: int) -> int:
        """What may still be handed out of the shared pool."""
        return shared & ~self.reserved


def _named(config: KubeletConfig, topology: CpuTopology) -> int:
    """The CPUs of ``reservedSystemCPUs``."""
    try:
        named = cpu_mask(config.reserved_system_cpus)
    except CpuSetError as error:
        raise StartError(f"unable to parse reserved-cpus list: {error}") from error
    if named & ~topology.cpus:
        raise StartError(
            f"reserved-cpus: {config.reserved_system_cpus} is not a subset of online-cpus: "
            f"{cpu_set_text(topology.cpus)}"
        )
    return named


def _count(kept: Amounts) -> int:
    """How many CPUs kube and system reserve; a part of one counts whole."""
    if CPU not in kept:
        raise StartError(
            "[cpumanager] unable to determine reserved CPU resources for static policy"
        )
    if kept[CPU] <= 0:
        raise StartError(
            "[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be "
            "greater than zero"
        )
    return -(-kept[CPU] // 1000)


def _picked(topology: CpuTopology, options: CpuOptions, rules: KubeletRules, count: int) -> int:
    try:
        reserved = _take(topology, options, rules, topology.cpus, count)
    except NotEnoughCpus:
        reserved = 0
    if reserved.bit_count() != count:  # fewer: CPUs of a cell that sockets share count twice
        raise StartError(
            "new static policy error: [cpumanager] unable to reserve the required amount of CPUs "
            f"(size of {cpu_set_text(reserved)} did not equal {count})"
        )
    return reserved


def cpu_manager(
    config: KubeletConfig, topology: CpuTopology, kept: Amounts, rules: KubeletRules = LATEST
) -> CpuManager | None:
    """The CPU manager of this configuration; None when its policy is none.

    *kept*: what kube and system reserve, ``cpu`` in milli-cores, unless the configuration lists
    reserved CPUs.

    Raises:
        StartError: policy or options are unknown or exclude each other, or no CPU is reserved.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/cpu_manager.go, NewManager,
    policy_static.go, NewStaticPolicy, and cmd/kubelet/app/server.go, getReservedCPUs.
    """
    given = config.cpu_manager_policy_options
    if config.cpu_manager_policy == "none":
        if given:
            shown = " ".join(f"{name}:{value}" for name, value in sorted(given.items()))
            raise StartError(
                f"new none policy error: None policy: received unsupported options=map[{shown}]"
            )
        return None
    if config.cpu_manager_policy != "static":
        raise StartError(f'unknown policy: "{config.cpu_manager_policy}"')
    reserved = _named(config, topology)
    count = 0 if reserved else _count(kept)
    options = cpu_options(given, rules)
    check_cpu_options(options, topology, config.topology_manager_policy)
    reserved = reserved or _picked(topology, options, rules, count)
    beside = 0
    for core in topology.cores.values():
        if core & reserved:
            beside |= core
    apart = options.strict_cpu_reservation or config.workload_partitioning
    shared = topology.cpus & ~reserved if apart else topology.cpus
    return CpuManager(topology, options, reserved, beside, rules, shared)


def _take(
    topology: CpuTopology, options: CpuOptions, rules: KubeletRules, available: int, count: int
) -> int:
    if options.distribute_cpus_across_numa:
        group = topology.cpus_per_core if options.full_pcpus_only else 1
        return take_distributed(topology, available, count, group)
    return take_packed(
        topology,
        available,
        count,
        by_uncore=options.prefer_align_cpus_by_uncorecache,
        odd_parts=rules.odd_parts_of_caches,
        spread=options.distribute_cpus_across_cores,
    )


def cpu_hints(manager: CpuManager, shared: int, reusable: int, count: int) -> Hints:
    """Sets of cells with room for *count* CPUs; preferred are the smallest that could ever do.

    full-pcpus-only plays no part here, as upstream.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_static.go,
    generateCPUTopologyHints and isHintSocketAligned.
    """
    if not count:
        return None
    topology = manager.topology
    available = manager.free(shared) | reusable
    fewest = len(topology.cells)
    found = []
    for cells, size, cpus in topology.masks:
        if size < fewest and cpus.bit_count() >= count:
            fewest = size
        if not reusable & ~cpus and (available & cpus).bit_count() >= count:
            found.append((cells, size, cpus))
    aligns = manager.options.align_by_socket
    hints = tuple(
        Hint(cells, size == fewest or (aligns and _is_socket_aligned(topology, cpus, fewest)))
        for cells, size, cpus in found
    )
    return {CPU: hints}


def _is_socket_aligned(topology: CpuTopology, cpus: int, fewest: int) -> bool:
    """Whether a set of cells touches as few sockets as the request needs."""
    per_socket = len(topology.cells) // len(topology.sockets)
    return per_socket > 0 and len(topology.sockets_touching(cpus)) == -(-fewest // per_socket)


def _aligned(manager: CpuManager, available: int, cells: int) -> int:
    topology = manager.topology
    cpus = topology.cpus_in(cells)
    if manager.options.align_by_socket:
        for socket in topology.sockets_touching(cpus):
            cpus |= topology.sockets[socket]
    return available & cpus


def _misaligned(manager: CpuManager, shared: int, count: int) -> Refusal | None:
    """full-pcpus-only: whole cores, and enough of them."""
    per_core = manager.topology.cpus_per_core
    if not manager.options.full_pcpus_only:
        return None
    physical = (shared & ~manager.reserved_cores).bit_count()
    is_short = count > physical
    if count % per_core or (is_short and not physical and not manager.rules.tells_broken_cores):
        return Refusal(
            SMT_ALIGNMENT_ERROR,
            f"SMT Alignment Error: requested {count} cpus not multiple cpus per core = {per_core}",
        )
    if is_short:
        return Refusal(
            SMT_ALIGNMENT_ERROR,
            "SMT Alignment Error: not enough free physical CPUs: available physical CPUs = "
            f"{physical}, requested CPUs = {count}, CPUs per core = {per_core}",
        )
    return None


def allocate_cpus(
    manager: CpuManager, shared: int, reusable: int, count: int, cells: int | None
) -> int | Refusal:
    """The CPUs a container gets, as a mask: first from the *cells*, then from anywhere.

    *reusable*: CPUs that init containers of the same pod have left.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_static.go, Allocate and
    allocateCPUs.
    """
    if not count:
        return 0
    refusal = _misaligned(manager, shared, count)
    if refusal is not None:
        return refusal
    topology, options, rules = manager.topology, manager.options, manager.rules
    available = manager.free(shared) | reusable
    taken = 0
    try:
        if cells is not None:
            aligned = _aligned(manager, available, cells)
            taken = _take(topology, options, rules, aligned, min(count, aligned.bit_count()))
        rest = count - taken.bit_count()
        return taken | _take(topology, options, rules, available & ~taken, rest)
    except NotEnoughCpus as error:
        return allocate_failed(str(error))
