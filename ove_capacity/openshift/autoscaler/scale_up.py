"""One loop's scale-up: which groups may grow, what each would need, and which one does.

One best option a loop: another group, for the pods that this one does not help, needs the next
loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from numpy.random import Generator

from ove_capacity.kube import codes
from ove_capacity.kube.diagnosis import reject
from ove_capacity.kube.filters import node_resources_fit
from ove_capacity.model.node import Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.equivalence import PodGroup, pod_groups
from ove_capacity.openshift.autoscaler.estimate import estimate, node_limit
from ove_capacity.openshift.autoscaler.expanders import best_option
from ove_capacity.openshift.autoscaler.expanders.option import Option
from ove_capacity.openshift.autoscaler.health import (
    is_cluster_healthy,
    is_group_healthy,
    upcoming_nodes,
)
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.pod_list import (
    PodList,
    are_all_new,
    old_enough,
    pods_to_help,
)
from ove_capacity.openshift.autoscaler.quotas import Quotas, maximum_quotas
from ove_capacity.openshift.autoscaler.similar import (
    GroupIncrease,
    are_similar,
    balanced,
    takes_as_much,
)
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.view import NOT_STARTED, ClusterView, GroupState

__all__ = [
    "AT_MAX",
    "CLUSTER_UNHEALTHY",
    "IN_BACKOFF",
    "IN_COOLDOWN",
    "LIMITED",
    "MAX_NODES_TOTAL_REACHED",
    "NOT_NEEDED",
    "NOT_READY",
    "NOT_RUN",
    "NO_OPTIONS",
    "SUCCESSFUL",
    "ScaleUp",
    "quotas_left",
    "scale_up",
]

NOT_RUN = "NotRun"
NOT_NEEDED = "ScaleUpNotNeeded"
IN_COOLDOWN = "ScaleUpInCooldown"
LIMITED = "ScaleUpLimitedByMaxNodesTotal"
NO_OPTIONS = "ScaleUpNoOptionsAvailable"
SUCCESSFUL = "ScaleUpSuccessful"
CLUSTER_UNHEALTHY = "ClusterUnhealthy"
MAX_NODES_TOTAL_REACHED = "MaxNodesTotalReached"

AT_MAX = "max node group size reached"
IN_BACKOFF = "in backoff after failed scale-up"
NOT_READY = "not ready for scale-up"
_TAINTED = "node(s) had untolerated taint(s)"
_QUOTA = "cluster-wide"


@dataclass(frozen=True, slots=True)
class ScaleUp:
    """What a loop decided, pods by number."""

    result: str
    gate: str = ""
    """What kept the loop from looking at groups at all; "": nothing."""
    pods: PodList = field(default_factory=PodList)
    upcoming: tuple[tuple[str, int], ...] = ()
    """(group, nodes that are on their way)."""
    nodes_counted: int = 0
    """Nodes there and on their way."""
    options: tuple[Option, ...] = ()
    best: Option | None = None
    increases: tuple[GroupIncrease, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    """(group, why it was not looked at)."""
    remaining: tuple[PodGroup, ...] = ()
    """Pods that no group would take."""


def scale_up(
    simulation: Simulation,
    options: AutoscalingOptions,
    rng: Generator | None = None,
    *,
    now_ms: int | None = None,
) -> ScaleUp:
    """Decide one loop; pods that fit are placed in the snapshot.

    *rng* chooses among options that the expanders leave; None takes the first of them. *now_ms*:
    leaves pods that are too young alone; None: none is.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    RunOnce.
    """
    view = simulation.view
    if not is_cluster_healthy(view, options):
        return ScaleUp(NOT_RUN, CLUSTER_UNHEALTHY)
    upcoming = _inject_upcoming(simulation, options)
    pods = pods_to_help(simulation, options)
    if now_ms is not None:
        delay_ms = options.new_pod_scale_up_delay_ms
        old = old_enough(pods.to_help, simulation.pods, now_ms, delay_ms)
        pods = replace(pods, to_help=old)
    there = ScaleUp(
        NOT_NEEDED,
        pods=pods,
        upcoming=tuple(upcoming.items()),
        nodes_counted=len(simulation.snapshot.rows),
    )
    if not pods.to_help:
        return there
    ready = sum(view.is_ready(node) for node in view.nodes)
    if 0 < options.max_nodes_total <= ready:
        return replace(there, result=LIMITED, gate=MAX_NODES_TOTAL_REACHED)
    if now_ms is not None and are_all_new(pods.to_help, simulation.pods, now_ms):
        return replace(there, result=IN_COOLDOWN)
    return _Orchestration(simulation, options, there, upcoming).decide(rng)


def _inject_upcoming(simulation: Simulation, options: AutoscalingOptions) -> dict[str, int]:
    """Let the snapshot have the nodes that are on their way, instead of those not started yet.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    addUpcomingNodesToClusterSnapshot.
    """
    view, snapshot = simulation.view, simulation.snapshot
    upcoming = upcoming_nodes(view, options)
    for group in sorted(upcoming):
        if group in simulation.templates:
            snapshot.add_nodes(group, upcoming[group])
    for n, node in enumerate(view.nodes):
        if view.group_of.get(node.name) in upcoming and _is_not_started(view, node):
            snapshot.remove_node(n)
    return upcoming


def quotas_left(
    simulation: Simulation, upcoming: Mapping[str, int], options: AutoscalingOptions
) -> Quotas:
    """What of cores and memory may still be added, with the nodes on their way counted.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    RunOnce, which hands the snapshot's nodes to resourcequotas.
    """
    view = simulation.view
    templates = {name: template.node for name, template in simulation.templates.items()}
    counted = [
        (node, view.group_of.get(node.name, ""))
        for node in view.nodes
        if not (view.group_of.get(node.name) in upcoming and _is_not_started(view, node))
    ]
    for group in sorted(upcoming):
        if group in templates:
            counted += [(templates[group], group)] * upcoming[group]
    return maximum_quotas(view, counted, templates, options)


def _is_not_started(view: ClusterView, node: Node) -> bool:
    return view.readiness.get(node.name) == NOT_STARTED


class _Orchestration:
    """The part of a loop that looks at groups."""

    def __init__(
        self,
        simulation: Simulation,
        options: AutoscalingOptions,
        there: ScaleUp,
        upcoming: dict[str, int],
    ) -> None:
        self.simulation, self.options, self.there = simulation, options, there
        self.view = simulation.view
        self.groups = pod_groups(there.pods.to_help, simulation.pods, simulation.classes)
        self.quotas = quotas_left(simulation, upcoming, options)
        self.accepted: dict[str, list[PodGroup]] = {}
        """Valid group -> pod groups that it takes."""
        self.skipped: list[tuple[str, str]] = []
        self._alike: dict[str, list[GroupState]] = {}

    def decide(self, rng: Generator | None) -> ScaleUp:
        """Source: openshift/kubernetes-autoscaler 70920d3c6 core/scaleup/orchestrator, ScaleUp."""
        valid = [state for state in self.view.groups if self._is_valid(state)]
        for state in valid:
            self.accepted[state.name] = self._accepted_by(state)
        options = [option for state in valid if (option := self._option(state))]
        best = best_option(options, self.options.expanders, rng)
        decided = replace(
            self.there,
            result=NO_OPTIONS,
            options=tuple(options),
            skipped=tuple(self.skipped),
            remaining=tuple(group for group in self.groups if not group.accepted_by),
        )
        if best is None:
            return decided
        return replace(decided, result=SUCCESSFUL, best=best, increases=self._increases(best))

    # -- which groups ----------------------------------------------------------------------------

    def _is_valid(self, state: GroupState) -> bool:
        reason = self._reason_to_skip(state)
        if reason:
            self.skipped.append((state.name, reason))
        return not reason

    def _reason_to_skip(self, state: GroupState) -> str:
        if not is_group_healthy(self.view, state, self.options):
            return NOT_READY
        if state.is_backed_off:
            return IN_BACKOFF
        if state.target_size >= state.group.max_size:
            return AT_MAX
        if state.name not in self.simulation.templates:
            return NOT_READY
        short = ", ".join(self._allowed(state.name, 1)[1])
        if short and self.options.rules.counts_usage_by_target:  # quotas came with 4.22
            return f"max cluster {short} limit reached"
        return f'exceeded quota: "{_QUOTA}", resources: {short}' if short else ""

    def _allowed(self, group: str, wanted: int) -> tuple[int, list[str]]:
        return self.quotas.allowed(group, self.simulation.templates[group].node, wanted)

    def _accepted_by(self, state: GroupState) -> list[PodGroup]:
        """Pod groups whose first pod would go to one new node beside all that is there."""
        snapshot = self.simulation.snapshot
        mark = snapshot.fork()
        n = snapshot.add_nodes(state.name, 1)[0]
        known: dict[int, tuple[str, ...] | None] = {}
        accepted = []
        for group in self.groups:
            c = group.pod_class
            if c not in known:
                known[c] = self._refusal(c, n, state.name)
            refusal = known[c]
            if refusal is None:
                group.accepted_by.append(state.name)
                accepted.append(group)
            else:
                group.rejected_by[state.name] = refusal
        snapshot.revert(mark)
        return accepted

    def _refusal(self, c: int, n: int, group: str) -> tuple[str, ...] | None:
        """Why new node *n* of a group refuses class *c*; None: it does not."""
        snapshot = self.simulation.snapshot
        code = snapshot.check(c, n)
        if code == codes.PASS:
            return None
        if code == codes.TAINT:
            return (_TAINTED,)
        if code == codes.FIT:
            return tuple(sorted(map(node_resources_fit.reason, snapshot.lacking(c, n))))
        row = snapshot.patterns[group].row
        return reject(snapshot.scheduler, snapshot.state, c, row, code).reasons

    # -- what each would need --------------------------------------------------------------------

    def _option(self, state: GroupState) -> Option | None:
        """The group as an expander sees it; None when it would help nobody."""
        accepted = self.accepted[state.name]
        if not accepted:
            return None
        room = [state, *self._similar(state)]
        limits = [
            self.options.max_nodes_per_scale_up,
            sum(max(0, each.group.max_size - each.target_size) for each in room) or -1,
            self._cluster_limit(),
        ]
        found = estimate(
            self.simulation,
            state.name,
            accepted,
            node_limit(limits),
            self.options.rules.retries_hostname_spread,
        )
        if not found.nodes or not found.pods:
            return None
        return Option(
            state.name,
            found.nodes,
            found.pods,
            self._asked(found.pods, CPU),
            self._asked(found.pods, MEMORY),
            self.simulation.templates[state.name].node,
            self.options.expander_priorities,
        )

    def _cluster_limit(self) -> int:
        most = self.options.max_nodes_total
        return (most - self.there.nodes_counted or -1) if most else 0

    def _asked(self, pods: Sequence[int], resource: str) -> int:
        classes, snapshot = self.simulation.classes, self.simulation.snapshot
        counts: dict[int, int] = {}
        for number in pods:
            counts[classes[number]] = counts.get(classes[number], 0) + 1
        return sum(count * snapshot.amount(c, resource) for c, count in counts.items())

    def _similar(self, state: GroupState) -> list[GroupState]:
        """Groups to balance with: alike, valid, and taking all that this one takes."""
        if not self.options.balance_similar_node_groups:
            return []
        if state.name not in self._alike:
            self._alike[state.name] = [
                other
                for other in self.view.groups
                if other.name != state.name
                and other.name in self.accepted
                and takes_as_much(self.accepted, state.name, other.name)
                and are_similar(
                    self.simulation, state.name, other.name, self.options.balancing_ignored_labels
                )
            ]
        return self._alike[state.name]

    # -- how far the best one grows --------------------------------------------------------------

    def _increases(self, best: Option) -> tuple[GroupIncrease, ...]:
        """Cap by nodes, then by quota; share out; cap each share by what is left of the quota."""
        wanted = best.nodes
        if self.options.max_nodes_total:
            wanted = min(wanted, self.options.max_nodes_total - self.there.nodes_counted)
        wanted, _ = self._allowed(best.group, wanted)
        by_name = {state.name: state for state in self.view.groups}
        state = by_name[best.group]
        similar = [s for s in self._similar(state) if not self._allowed(s.name, 1)[1]]
        increases = []
        for share in balanced([state, *similar], wanted):
            count, _ = self._allowed(share.group, share.new_size - share.size)
            if count:
                self.quotas.take(share.group, self.simulation.templates[share.group].node, count)
                increases.append(replace(share, new_size=share.size + count))
        return tuple(increases)
