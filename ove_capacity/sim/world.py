"""The world of one run: clusters with their state, queue and VMs, and the clock they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import simpy
from simpy.events import Event, EventPriority, Process

from ove_capacity.errors import UnknownNameError
from ove_capacity.kube import queue
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.joining import Joining
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod
from ove_capacity.sim.hub import HubSite
from ove_capacity.sim.launch import Specs
from ove_capacity.sim.log import EventLog, SampleLog
from ove_capacity.sim.machines import MachineLog, Scaler
from ove_capacity.sim.recovery import RecoverySite
from ove_capacity.state import claim, invariants
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.pending import PendingQueue
from ove_capacity.streams import Streams

__all__ = [
    "AUTOSCALING",
    "NORMAL",
    "SAMPLING",
    "SCHEDULING",
    "At",
    "Migration",
    "Outage",
    "Site",
    "Vm",
    "VmStatus",
    "World",
]

NORMAL, SCHEDULING, SAMPLING = EventPriority(1), EventPriority(5), EventPriority(9)
AUTOSCALING = EventPriority(7)
"""Order at one instant: first what happens to VMs and nodes, then the scheduler, then the
autoscaler, then the sample.

So VMs that arrive together are scheduled together, on the room that was freed at that very moment.
"""


class At(Event):
    """An event *delay_ms* from now, behind all of a lower *priority* at that instant."""

    def __init__(
        self, env: simpy.Environment, delay_ms: int, priority: EventPriority = NORMAL
    ) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority, delay_ms)


class VmStatus(StrEnum):
    """Where a VM is in its life."""

    PENDING = "pending"
    """Wants to run and has no node."""
    RUNNING = "running"
    LOST = "lost"
    """Its node died and nothing has brought it back."""
    STOPPED = "stopped"
    """It ended with its node, and its run strategy does not start it again."""
    HALTED = "halted"
    """Its run strategy never starts it."""
    ENDED = "ended"
    """Its lifetime is over."""
    REFUSED = "refused"
    """Admission refused it: it does not exist, and takes nothing."""


@dataclass(slots=True, eq=False)
class Vm:
    """One VM as the run goes on."""

    name: str
    namespace: str
    workload: str
    """Empty for a VM that stood on its node already."""
    pod: Pod
    """Its launcher pod; a restart makes another one alike."""
    seq: int
    run_strategy: str = "Always"
    lifetime_ms: int | None = None
    """From its first start to its deletion; None: it is never deleted."""
    status: VmStatus = VmStatus.PENDING
    row: int = -1
    """Its pod's row in the state, while it runs."""
    node: str = ""
    """Where it runs, or ran last."""
    leaves: str = ""
    """The node that it is to leave, by migration; empty: none."""
    arrived_ms: int = 0
    submitted_ms: int = 0
    """When its pod entered the queue last."""
    started_ms: int | None = None
    """Its first start."""
    failures: int = 0
    """Launcher pods in a row that a kubelet did not admit."""
    backs_off: bool = False
    """It is pending, and has no pod until its back-off is over."""
    rejected_by: str = ""
    """Who did not admit its pod last, and why."""
    reason: str = ""
    """Why it was refused last, while it is pending; or admission's words."""
    when_started: Callable[[], None] | None = None
    """Told of its next start; None: nobody waits for it."""

    @property
    def key(self) -> str:
        """``namespace/name`` of the VM."""
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True, eq=False)
class Outage:
    """A node that is down."""

    node: str
    since_ms: int = 0
    causes: int = 1
    """Losses that hold it down; it returns when all are repaired."""
    vms: list[Vm] = field(default_factory=list)
    platform: list[Pod] = field(default_factory=list)
    """Other pods that stood there; they return with the node."""
    over: bool = False


@dataclass(slots=True, eq=False)
class Migration:
    """A VM on its way to another node: both of its pods are there, or the target waits for one."""

    source: str
    pod: Pod
    """The target pod; its key is the VM's."""
    submitted_ms: int
    settled: Event
    """Rings when the target pod has a node, or is gone."""
    target: str = ""
    row: int = -1
    """Of the target pod; -1 while it has no node."""


class Site:
    """One cluster in the world."""

    def __init__(self, cluster: Cluster, state: ClusterState, env: simpy.Environment) -> None:
        self.cluster = cluster
        self.state = state
        self.env = env
        self.queue = PendingQueue()
        self.vms: dict[str, Vm] = {}
        """By the key of the launcher pod."""
        self.counts: Counter[VmStatus] = Counter()
        self.outages: dict[str, Outage] = {}
        """By node."""
        self.losses = 0
        """Losses of the whole cluster that hold it down."""
        self.api_outages = 0
        """What keeps its API from answering: nothing is bound meanwhile."""
        self.cordons: Counter[str] = Counter()
        """Node -> cordons that hold it closed, the one it was written with among them."""
        self.tie: np.random.Generator | None = None
        """Breaks ties at random; None: the first node wins."""
        self.bell: Event = env.event()
        """Rings when the queue has news for the scheduler."""
        self.returned: Event = env.event()
        """Rings when a node comes back."""
        self.moved: Event = env.event()
        """Rings when pods or nodes have come or gone, so that anything may be decided otherwise."""
        self.moves = 0
        """How often it rang."""
        self.resized: Callable[[], None] = lambda: None
        """Tells the hub that nodes have joined, left, been closed or opened."""
        self.news: Event | None = None
        """Rings when the autoscaler may decide otherwise; None: nobody listens."""
        self.changes = 0
        """How often there was something new for it."""
        self.scaler: Scaler | None = None
        """Its autoscaler and machines; None: nothing scales it."""
        self.when_lost: Callable[[str], None] | None = None
        """Told of each node that is lost; None: nobody replaces machines."""
        self.migrations: dict[str, Migration] = {}
        """Pod of a VM, by key, -> its migration that runs."""

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.cluster.name

    def admit(self, vm: Vm, status: VmStatus) -> None:
        """A VM comes into being."""
        assert vm.pod.key not in self.vms, f"two VMs are called {vm.key}"
        self.vms[vm.pod.key] = vm
        vm.status = status
        self.counts[status] += 1
        self.tell()

    def turn(self, vm: Vm, status: VmStatus) -> None:
        """A VM goes from one status to another."""
        self.counts[vm.status] -= 1
        self.counts[status] += 1
        vm.status = status
        if status is not VmStatus.RUNNING:
            vm.leaves = ""
        self.tell()

    def end_migration(self, vm: Vm) -> bool:
        """A migration is over before its time, if one runs, and its target goes; whether one ran.

        A target that was lost or pushed out is on no node any more.
        """
        migration = self.migrations.pop(vm.pod.key, None)
        if migration is None:
            return False
        if migration.row < 0:
            queue.discard(self.queue, vm.pod.key)
        elif self.state.node_of(migration.row) >= 0:
            claim.release(self.state, migration.row)
        if not migration.settled.triggered:
            migration.settled.succeed()
        return True

    def waiting_pod(self, vm: Vm) -> tuple[Pod, int]:
        """The pod of a VM that is in the queue, and since when: its own, or a migration's."""
        migration = self.migrations.get(vm.pod.key)
        if migration is None:
            return vm.pod, vm.submitted_ms
        return migration.pod, migration.submitted_ms

    def ring(self) -> None:
        """Tell the scheduler to look at the queue."""
        if not self.bell.triggered:
            self.bell.succeed()

    def ring_returned(self) -> None:
        """Tell those who wait for healthy nodes."""
        self.returned.succeed()
        self.returned = self.env.event()

    def move(self) -> None:
        """Tell those who would only meet again what they met that things have changed."""
        self.moves += 1
        self.moved.succeed()
        self.moved = self.env.event()
        self.tell()

    def tell(self) -> None:
        """Tell the autoscaler that there is something new."""
        self.changes += 1
        if self.news is not None and not self.news.triggered:
            self.news.succeed()

    def healthy_workers(self) -> int:
        """Workers in service."""
        return sum(node.name not in self.outages for node in self.cluster.workers)


class World:
    """Everything that processes share."""

    def __init__(self, case: Case, *, check: bool = False) -> None:
        self.case = case
        self.env = simpy.Environment(initial_time=0)
        self.streams = Streams(case.seed)
        self.events = EventLog()
        self.samples = SampleLog()
        self.machines = MachineLog()
        self.sites: dict[str, Site] = {}
        self.decisions: dict[str, tuple[str, ...]] = {}
        """Placement, by key, -> the clusters it chose, best first."""
        self.followed: dict[str, tuple[str, ...]] = {}
        """The same as GitOps has seen it."""
        self._hub: HubSite | None = None
        self.recovery = RecoverySite()
        self.joined: list[Joining] = []
        """Clusters that were not there at the start, as they joined."""
        self.unsatisfied: dict[str, str] = {}
        """Placement, by key, that chose none -> why, in upstream's words."""
        self.sizes: dict[str, int] = {}
        """Workload that has grown -> its VMs so far, on each of its clusters or in all."""
        self.warnings: dict[str, None] = {}
        """In the order they came up, each once."""
        self.specs: Specs = {}
        """Pod specs with their priority, shared by VMs of one shape."""
        self.next_seq = 0
        self.is_migrating = False
        """Whether any VM has migrated, so that what a migration takes was assumed."""
        self._check = check
        self._streams: dict[tuple[str | int, ...], np.random.Generator] = {}

    @property
    def now_ms(self) -> int:
        """The clock, in milliseconds since the start of the run."""
        return int(self.env.now)

    def site(self, name: str) -> Site:
        """The cluster of that name; UnknownNameError if there is none."""
        if name not in self.sites:
            raise UnknownNameError("cluster", name, self.sites)
        return self.sites[name]

    @property
    def hub(self) -> HubSite:
        """The hub; there is always one, also without any Placement."""
        assert self._hub is not None, "the hub is opened first"
        return self._hub

    @hub.setter
    def hub(self, hub: HubSite) -> None:
        self._hub = hub

    def stream(self, *path: str | int) -> np.random.Generator:
        """The run's generator of that name, going on from where it was."""
        if path not in self._streams:
            self._streams[path] = self.streams(*path)
        return self._streams[path]

    def wait(self, delay_ms: int, priority: EventPriority = NORMAL) -> At:
        """An event to yield."""
        return At(self.env, delay_ms, priority)

    def spawn(self, process: simpy.events.ProcessGenerator) -> Process:
        """Start a process now."""
        return self.env.process(process)

    def targets(self, workload: Workload) -> tuple[str, ...]:
        """Clusters that a workload goes to: its own, or those GitOps knows its Placement chose.

        Raises:
            UnknownNameError: there is no Placement of that key, or of that name.
        """
        if workload.cluster:
            return (workload.cluster,)
        return self.followed[self.placement_of(workload)]

    def placement_of(self, workload: Workload) -> str:
        """The key of the Placement that a workload names by its key, or its name alone.

        Raises:
            UnknownNameError: there is none.
        """
        for key in self.decisions:
            if workload.placement in (key, key.partition("/")[2]):
                return key
        raise UnknownNameError("Placement", workload.placement, self.decisions)

    def record(self, kind: str, site: Site, name: str, node: str = "", detail: str = "") -> None:
        """Write one event into the log."""
        self.events.record(self.now_ms, kind, site.name, name, node=node, detail=detail)

    def verify(self, site: Site) -> None:
        """Under ``check``: AssertionError if the site's books do not balance."""
        if not self._check:
            return
        invariants.check(site.state)
        seen = Counter(vm.status for vm in site.vms.values())
        assert +seen == +site.counts, f"{site.name}: counted {site.counts}, found {seen}"
        for vm in site.vms.values():
            runs = vm.status is VmStatus.RUNNING
            assert runs == (vm.row >= 0), f"{vm.key} is {vm.status} on row {vm.row}"
            assert not runs or site.state.node_of(vm.row) == site.state.node_index(vm.node), vm.key
            waits = vm.pod.key in site.queue.waiting or vm.backs_off
            waits = waits and vm.pod.key not in site.migrations
            assert waits == (vm.status is VmStatus.PENDING), f"{vm.key}: {vm.status}, queue {waits}"
