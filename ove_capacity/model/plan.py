"""What happens: which VMs are to run, and what goes wrong when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.selector import Labels
from ove_capacity.model.storage import Disk
from ove_capacity.model.vm import Vmi

__all__ = [
    "ApiOutage",
    "Arrivals",
    "ClusterLoss",
    "Cordon",
    "Duration",
    "Growth",
    "HubLoss",
    "NodeLoss",
    "Partition",
    "Plan",
    "Recovery",
    "Workload",
]


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, drawn from a distribution."""

    distribution: str
    """constant, exponential, lognormal or weibull."""
    mean_ms: int
    shape: float = 1.0
    """sigma of the logarithm (lognormal), or the shape k (weibull); unused otherwise."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How the VMs of a workload come back on another cluster."""

    source: str = "image"
    """backup, replica (a copy of their disks is there already), or image: they keep no data."""
    to: str = ""
    """The cluster, when theirs is lost; empty: where their Placement goes."""
    every_ms: int = 0
    """Time between copies; 0: each write is copied at once."""
    from_ms: int = 0
    """When one of them is taken, in the time of the run."""
    takes_ms: int = 0
    """How long until a copy is of use."""
    data_bytes: int = 0
    """What is restored or imported for one VM."""
    bytes_per_s: int = 0
    """How fast one stream restores; 0: at once."""
    streams: int = 0
    """Restores at a time on a cluster; 0: one for each worker."""
    decide: Duration | None = None
    """How long people take to decide; None: nobody is asked."""
    boot: Duration | None = None
    """From the pod's start until the guest serves; None: as soon as it has started."""
    fail_back: Duration | None = None
    """How long after the return of their cluster people move them back; None: they stay. Those of
    a Placement go where it goes."""

    def age_ms(self, now_ms: int) -> int | None:
        """Age of the last copy that is of use; None: there are no copies."""
        if self.source == "image":
            return None
        if not self.every_ms:
            return 0
        return (now_ms - self.takes_ms - self.from_ms) % self.every_ms + self.takes_ms


@dataclass(frozen=True, slots=True)
class Workload:
    """Like VMs that are to run from the start, or from a given time."""

    name: str
    vmi: Vmi
    """What each VM runs, instancetype and preference already merged; its name is replaced."""
    count: int = 1
    cluster: str = ""
    """The cluster they run on; or, when empty, the Placement decides."""
    placement: str = ""
    total: bool = False
    """*count* is split over the selected clusters in decision order, instead of on each."""
    at_ms: int = 0
    lifetime: Duration | None = None
    """None: they run until the end."""
    run_strategy: str = "Always"
    """Always, RerunOnFailure, Manual or Once (both started by the plan, once), or Halted."""
    priority: int = 0
    """Value of the VMs' PriorityClass, which admission writes into their pods."""
    preemption_never: bool = False
    """Its ``preemptionPolicy: Never``, likewise: they wait, and nobody makes room for them."""
    labels: Labels = field(default_factory=dict)
    """Labels of the VirtualMachine objects themselves."""
    disks: tuple[Disk, ...] = ()
    """Persistent disks of each VM."""
    networks: tuple[str, ...] = ()
    """Secondary networks on which each VM has an address, as `VmNetwork` names them."""
    vm_names: tuple[str, ...] = ()
    """Given names, when the VMs were listed one by one; otherwise ``<name>-<index>``, the name of a
    listed pool without its namespace."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Cluster whose admission lets none of these VMs in -> its policies' words."""
    recovery: Recovery | None = None
    """How they come back on another cluster; None: they do not, unless their Placement moves them,
    and then without data."""

    def vm_name(self, index: int) -> str:
        """Name of the VM with that index, from 0."""
        base = self.name.rpartition("/")[2]
        return self.vm_names[index] if self.vm_names else f"{base}-{index}"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A Poisson stream of VMs of one shape."""

    workload: Workload
    """Its count is the number of VMs that arrive together; its lifetime applies to each."""
    every_ms: int
    """Mean time between arrivals."""
    from_ms: int = 0
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NodeLoss:
    """Nodes that die and come back: one named node at a time, or all of a pool by MTBF and MTTR."""

    cluster: str
    repair: Duration | None
    """None: it never comes back."""
    pool: str = ""
    """All nodes of the pool (empty: all workers), each with its own stream; or …"""
    node: str = ""
    """… this one."""
    every: Duration | None = None
    """Time between failures of one node; or …"""
    at_ms: int | None = None
    """… the moment of a single loss."""
    together: str = ""
    """Losses that say the same here begin and end together, time and again; empty: on its own."""


@dataclass(frozen=True, slots=True)
class ClusterLoss:
    """A cluster whose machines are all gone, once or time and again."""

    cluster: str
    repair: Duration | None = None
    """None: it never comes back."""
    every: Duration | None = None
    """Time between losses; or …"""
    at_ms: int | None = None
    """… the moment of a single one."""
    together: str = ""
    """Losses that say the same here begin and end together, time and again; empty: on its own."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A cluster that is cut from the hub, and goes on running."""

    cluster: str
    lasting: Duration | None = None
    """None: for good."""
    every: Duration | None = None
    """Time between partitions; or …"""
    at_ms: int | None = None
    """… the moment of a single one."""


@dataclass(frozen=True, slots=True)
class ApiOutage:
    """The API of a cluster does not answer; its agent tells the hub, its VMs go on running."""

    cluster: str
    lasting: Duration | None = None
    """None: for good."""
    every: Duration | None = None
    """Time between outages; or …"""
    at_ms: int | None = None
    """… the moment of a single one."""


@dataclass(frozen=True, slots=True)
class HubLoss:
    """The hub is gone: no decision, no GitOps, no alert; the clusters go on running."""

    repair: Duration | None = None
    """None: it never comes back."""
    every: Duration | None = None
    """Time between losses; or …"""
    at_ms: int | None = None
    """… the moment of a single one."""
    from_backup: bool = False
    """Restored from its backup, which does not hold what it had decided; else it comes back as it
    was."""


@dataclass(frozen=True, slots=True)
class Cordon:
    """Nodes that take no new pods for a while; those that run there go on."""

    cluster: str
    at_ms: int
    lasting_ms: int | None = None
    """None: for good."""
    pool: str = ""
    """All nodes of the pool, or …"""
    node: str = ""
    """… this one."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A listed workload gets more VMs, step by step."""

    workload: Workload
    """One of the plan's. On several clusters each gets the VMs of a step, unless it is a total."""
    every_ms: int
    """The first step is so long after the workload started."""
    vms: int = 0
    """VMs a step; or …"""
    basis_points: int = 0
    """… hundredths of a percent of the VMs there are then; what is left of one VM is carried on."""
    until_ms: int | None = None
    """When it stops growing; None: never."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to happen."""

    workloads: tuple[Workload, ...] = ()
    arrivals: tuple[Arrivals, ...] = ()
    losses: tuple[NodeLoss, ...] = ()
    cordons: tuple[Cordon, ...] = ()
    growths: tuple[Growth, ...] = ()
    cluster_losses: tuple[ClusterLoss, ...] = ()
    partitions: tuple[Partition, ...] = ()
    hub_losses: tuple[HubLoss, ...] = ()
    api_outages: tuple[ApiOutage, ...] = ()
    until_ms: int | None = None
    """How long a simulation runs unless it is told otherwise."""
