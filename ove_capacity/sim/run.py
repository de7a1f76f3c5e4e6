"""Run a case: from nouns to what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from ove_capacity.errors import UnknownNameError
from ove_capacity.kubevirt import migration
from ove_capacity.model.assumption import Assumption
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.joining import Joining
from ove_capacity.model.pod import Pod
from ove_capacity.model.recovery import Recovered
from ove_capacity.ocm import Decision, opened
from ove_capacity.openshift import remediation
from ove_capacity.place import initial_state
from ove_capacity.sim import overview
from ove_capacity.sim.joined import joined_table, with_joined
from ove_capacity.sim.launch import launch
from ove_capacity.sim.log import EventLog, SampleLog
from ove_capacity.sim.machines import MachineLog
from ove_capacity.sim.processes.admission import warn_of_rejections, warn_of_standing
from ove_capacity.sim.processes.arrivals import arrivals, growth, listed
from ove_capacity.sim.processes.autoscaling import open_autoscaling
from ove_capacity.sim.processes.clusters import (
    api_outages,
    cluster_losses,
    hub_losses,
    partitions,
)
from ove_capacity.sim.processes.cordons import closed_nodes, cordons
from ove_capacity.sim.processes.hub import open_hub, report, why_none
from ove_capacity.sim.processes.losses import losses, nodes_of
from ove_capacity.sim.processes.provisioning import provisioning
from ove_capacity.sim.processes.recovery import open_recovery
from ove_capacity.sim.processes.sampling import sample, sampling
from ove_capacity.sim.processes.scheduling import scheduling
from ove_capacity.sim.processes.starting import RESTARTING
from ove_capacity.sim.recovery import assumptions as of_recovery
from ove_capacity.sim.scaling import Scaling, scaling_table, scalings_of
from ove_capacity.sim.world import Site, Vm, VmStatus, World
from ove_capacity.simtime import DAY_MS, format_duration
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.tables import Table

__all__ = ["Run", "VmRecord", "is_launcher", "simulate"]

_LAUNCHER_LABEL, _LAUNCHER = "kubevirt.io", "virt-launcher"
_NAME_LABELS = ("vm.kubevirt.io/name", "kubevirt.io/vm")
_PROGRESS_STEPS = 100


@dataclass(frozen=True, slots=True)
class VmRecord:
    """One VM at the end of the run."""

    cluster: str
    namespace: str
    name: str
    workload: str
    """Empty for a VM that stood on its node already."""
    status: VmStatus
    node: str
    """Where it runs, or ran last."""
    pod: Pod
    """Its launcher pod, as it would be started again."""
    row: int
    """Its pod's row in the cluster's state, -1 while it does not run."""
    arrived_ms: int
    started_ms: int | None
    reason: str
    """Upstream's sentence, while it is pending or when admission refused it."""
    run_strategy: str = "Always"

    @property
    def restarts(self) -> bool:
        """Whether its run strategy starts it again when its pod has failed."""
        return self.run_strategy in RESTARTING

    @property
    def exists(self) -> bool:
        """Whether there is such an object: it was let in, and is not deleted."""
        return self.status not in (VmStatus.ENDED, VmStatus.REFUSED)

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """What happened in [0, until_ms), and how the clusters stood then."""

    case: Case
    until_ms: int
    events: EventLog
    samples: SampleLog
    states: Mapping[str, ClusterState]
    """By cluster, at the end. Copy before placing anything on them."""
    placements: Mapping[str, Decision]
    """By ``namespace/name``."""
    vms: tuple[VmRecord, ...]
    """Every VM there was, in the order they came, by cluster."""
    assumptions: tuple[Assumption, ...] = ()
    """The case's, and those of the simulation."""
    warnings: tuple[str, ...] = ()
    """The case's, and those that came up."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Cluster -> status -> VMs; every status is there."""
    machines: MachineLog = field(default_factory=MachineLog)
    """Nodes and machines over time, of clusters that are scaled."""
    recoveries: tuple[Recovered, ...] = ()
    """VMs that went to another cluster, in the order in which that was decided."""
    scaling: Mapping[str, Scaling] = field(default_factory=dict)
    """Cluster -> what its autoscaler did; only those that have one."""
    group_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Cluster -> node -> its group, of all nodes that ever were and of machines that never were."""

    @property
    def unplaced(self) -> tuple[VmRecord, ...]:
        """VMs that should run at the end and do not: pending, lost, or refused by admission."""
        down = (VmStatus.PENDING, VmStatus.LOST, VmStatus.REFUSED)
        return tuple(vm for vm in self.vms if vm.status in down)

    def clusters(self, name: str = "") -> list[str]:
        """The clusters in the order of the scenario; or the one of that name.

        Raises:
            UnknownNameError: there is no such cluster.
        """
        if not name:
            return [cluster.name for cluster in self.case.fleet.clusters]
        if name not in self.states:
            raise UnknownNameError("cluster", name, sorted(self.states))
        return [name]

    @property
    def tables(self) -> tuple[Table, ...]:
        """How the VMs ended, what happened, what each node loss cost, what the hub made of it."""
        names = self.clusters()
        every = (
            overview.counts_table({name: self.counts[name] for name in names}),
            overview.happenings_table(names, self.events),
            overview.losses_table(self.events, self.until_ms),
            overview.recoveries_table(self.recoveries),
            overview.hub_table(self.events),
            joined_table(self.events),
            scaling_table(list(self.scaling.values())),
        )
        return tuple(table for table in every if table.rows)

    def __repr__(self) -> str:
        length = format_duration(self.until_ms)
        return (
            f"<Run of {self.case.name}: {length}, {len(self.events)} events, {len(self.vms)} VMs>"
        )

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)

    def vms_of(self, cluster: str) -> list[VmRecord]:
        """The VMs of one cluster, in the order they came."""
        return [vm for vm in self.vms if vm.cluster == cluster]

    def vm(self, key: str, cluster: str = "") -> VmRecord:
        """The latest VM of that name; a bare name will do when no namespace is given.

        Raises:
            UnknownNameError: there is none.
        """
        for vm in reversed(self.vms):
            if key in (vm.key, vm.name) and cluster in ("", vm.cluster):
                return vm
        known = dict.fromkeys(vm.key for vm in self.vms if cluster in ("", vm.cluster))
        raise UnknownNameError("VM", key, known)


def is_launcher(pod: Pod) -> bool:
    """Whether a VM runs in the pod."""
    return pod.labels.get(_LAUNCHER_LABEL) == _LAUNCHER


def simulate(
    case: Case,
    *,
    until_ms: int,
    sample_every_ms: int = DAY_MS,
    check: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Play the case from 0 up to, and without, *until_ms*.

    Args:
        case: what exists, what happens, what rules.
        until_ms: the end; samples are also taken there.
        sample_every_ms: time between samples of how full the clusters are.
        check: after every step, AssertionError if the books do not balance.
        progress: called now and then with (now_ms, until_ms).

    Raises:
        ValueError: the end is not after the start.
        AnswerError: two VMs of a cluster have one name.
        UnknownNameError: the plan names a cluster, node or Placement that does not exist.
    """
    if until_ms <= 0:
        raise ValueError(f"the end ({until_ms} ms) must be after the start (0 ms)")
    world = World(case, check=check)
    placements = _decide(world)
    for cluster in sorted(case.fleet.clusters, key=lambda each: each.name):
        _open_site(world, cluster)
    _spawn(world, sample_every_ms)
    _advance(world, until_ms, progress)
    sample(world, until_ms)
    return _result(world, placements, until_ms)


def _decide(world: World) -> dict[str, Decision]:
    first = opened(world.case.fleet)
    open_hub(world, first)
    placements = first.decisions
    for key, decision in placements.items():
        world.decisions[key] = world.followed[key] = decision.clusters
        detail = ", ".join(decision.clusters)
        if not detail:
            detail = world.unsatisfied[key] = why_none(decision)
        world.events.record(0, "placement-decided", "", key, detail=detail)
        for warning in decision.warnings:
            world.warnings.setdefault(warning)
    return placements


def _open_site(world: World, cluster: Cluster) -> None:
    state = initial_state(cluster, _expected(world, cluster))
    site = world.sites[cluster.name] = Site(cluster, state, world.env)
    site.resized = partial(report, world, site)
    if world.case.policy.tie == "random":
        site.tie = world.stream("kube.tie", cluster.name)
    site.cordons.update(node.name for node in cluster.nodes if node.unschedulable)
    for row in state.rows():
        pod = state.pod(row)
        if is_launcher(pod):
            _take_over(world, site, pod, row)
    warn_of_standing(world, site)
    world.verify(site)


def _expected(world: World, cluster: Cluster) -> list[Pod]:
    """One pod of each workload that will come here, so that all are compiled in one go."""
    plan = world.case.plan
    workloads = [*plan.workloads, *(stream.workload for stream in plan.arrivals)]
    return [
        launch(workload, cluster, workload.vm_name(0), world.specs)
        for workload in workloads
        if cluster.name in world.targets(workload)
    ]


def _take_over(world: World, site: Site, pod: Pod, row: int) -> None:
    """A VM that stands on its node already."""
    names = [pod.labels[label] for label in _NAME_LABELS if label in pod.labels]
    name = names[0] if names else pod.name
    # Started again, it may go to any node.
    anew = replace(pod, spec=replace(pod.spec, node_name=""))
    vm = Vm(name, pod.namespace, "", anew, world.next_seq, row=row, started_ms=0)
    vm.node = site.state.nodes[site.state.node_of(row)].name
    world.next_seq += 1
    site.admit(vm, VmStatus.RUNNING)


def _start(world: World, site: Site) -> None:
    """What every cluster does for itself."""
    world.spawn(scheduling(world, site))
    open_autoscaling(world, site)


def _open_joined(world: World, joining: Joining) -> None:
    _open_site(world, joining.cluster)
    _start(world, world.sites[joining.cluster.name])
    world.joined.append(joining)


def _spawn(world: World, sample_every_ms: int) -> None:
    plan = world.case.plan
    for site in world.sites.values():
        _start(world, site)
    named: dict[tuple[str, str], int] = {}
    for loss in plan.losses:
        site = world.site(loss.cluster)
        for node in nodes_of(site, loss):
            ordinal = named[site.name, node] = named.get((site.name, node), -1) + 1
            world.spawn(losses(world, site, node, loss, ordinal))
    _spawn_fleet(world)
    for cordon in plan.cordons:
        site = world.site(cordon.cluster)
        world.spawn(cordons(world, site, cordon, closed_nodes(site, cordon)))
    for workload in plan.workloads:
        world.spawn(listed(world, workload))
    for step in plan.growths:
        world.spawn(growth(world, step))
    for stream in plan.arrivals:
        world.spawn(arrivals(world, stream))
    world.spawn(sampling(world, sample_every_ms))
    _warn_of_no_remediation(world)


def _spawn_fleet(world: World) -> None:
    """What happens to whole clusters and to the hub, and who goes elsewhere then."""
    plan = world.case.plan
    open_recovery(world)
    for number, loss in enumerate(plan.cluster_losses):
        world.spawn(cluster_losses(world, world.site(loss.cluster), loss, number))
    for number, cut in enumerate(plan.partitions):
        world.spawn(partitions(world, world.site(cut.cluster), cut, number))
    for number, outage in enumerate(plan.api_outages):
        world.spawn(api_outages(world, world.site(outage.cluster), outage, number))
    for number, gone in enumerate(plan.hub_losses):
        world.spawn(hub_losses(world, gone, number))
    for joining in world.case.joinings:
        world.spawn(provisioning(world, joining, _open_joined))


def _warn_of_no_remediation(world: World) -> None:
    for name in sorted({loss.cluster for loss in world.case.plan.losses}):
        if world.sites[name].cluster.remediation.kind == "none":
            world.warnings.setdefault(
                f"cluster {name} has no remediation: VMs of a lost node stay lost until it returns"
            )


def _advance(world: World, until_ms: int, progress: Callable[[int, int], None] | None) -> None:
    if progress is None:
        world.env.run(until=until_ms)
        return
    steps = min(_PROGRESS_STEPS, until_ms)
    for step in range(1, steps + 1):
        world.env.run(until=until_ms * step // steps)
        progress(world.now_ms, until_ms)


def _result(world: World, placements: dict[str, Decision], until_ms: int) -> Run:
    case = world.case
    kinds = {loss.cluster: world.sites[loss.cluster].cluster for loss in case.plan.losses}
    used = [
        assumption
        for name in sorted(kinds)
        for assumption in remediation.assumptions(kinds[name].remediation.kind, name)
    ]
    if world.is_migrating:
        used += migration.assumptions()
    if world.recovery.log:
        used += of_recovery()
    for site in world.sites.values():
        world.verify(site)
        warn_of_rejections(world, site)
    scalers = {name: site.scaler for name, site in world.sites.items() if site.scaler}
    return Run(
        case=with_joined(case, world.joined),
        until_ms=until_ms,
        events=world.events,
        samples=world.samples,
        states={name: site.state for name, site in world.sites.items()},
        placements=placements,
        vms=tuple(
            _vm_record(site, vm) for site in world.sites.values() for vm in site.vms.values()
        ),
        assumptions=(*case.assumptions, *used),
        warnings=tuple(dict.fromkeys((*case.warnings, *world.warnings))),
        counts={
            name: {str(status): site.counts[status] for status in VmStatus}
            for name, site in world.sites.items()
        },
        machines=world.machines,
        recoveries=tuple(world.recovery.log),
        scaling=scalings_of(scalers, world.events, world.machines, until_ms),
        group_of={name: each.group_of for name, each in scalers.items()},
    )


def _vm_record(site: Site, vm: Vm) -> VmRecord:
    return VmRecord(
        site.name,
        vm.namespace,
        vm.name,
        vm.workload,
        vm.status,
        vm.node,
        vm.pod,
        vm.row,
        vm.arrived_ms,
        vm.started_ms,
        vm.reason,
        vm.run_strategy,
    )
