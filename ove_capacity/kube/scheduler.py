"""One cluster's scheduler: its compiled classes, its profile, and the cycle run over a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ove_capacity.kernels.compile import Array, expect, form, views
from ove_capacity.kube.bound import Ranks
from ove_capacity.kube.class_table import ClassTable
from ove_capacity.kube.codes import EXISTING_ANTI_AFFINITY, PASS, ZONES
from ove_capacity.kube.cycle import schedule_many
from ove_capacity.kube.filtering import check_node, find_feasible, prepare
from ove_capacity.kube.filters.node_resource_topology_match import NUMA_PLUGIN, numa_refusal
from ove_capacity.kube.profile import PLUGINS, Profile, ProfileArrays, profile_arrays
from ove_capacity.kube.prospects import Prospects
from ove_capacity.kube.sampling import nodes_wanted, walk_order
from ove_capacity.kube.scores.node_resource_topology_match import numa_score
from ove_capacity.kube.scoring import choose, score_nodes
from ove_capacity.kube.scratch import Scratch, new_scratch
from ove_capacity.model.node import Node
from ove_capacity.model.node_resource_topology import NodeResourceTopology
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.state.arrays import EXISTING_LINKS
from ove_capacity.state.claim import count_on_node, recount
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Decision", "Scheduler", "Score", "Zones"]

Zones = Callable[[int], NodeResourceTopology | None]
"""Node -> what it has published of its NUMA zones."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one plugin said of each feasible node; lists parallel to `Decision.feasible`."""

    plugin: str
    weight: int
    raw: tuple[int, ...]
    normalized: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One cycle in full."""

    node: int
    """Index of the chosen node, -1 when none would do."""
    codes: Array
    """(N,) int64: what the filters said."""
    feasible: tuple[int, ...]
    scores: tuple[Score, ...] = ()
    """Empty when there were fewer than two feasible nodes: upstream does not score then."""
    skipped: tuple[str, ...] = ()
    total: tuple[int, ...] = ()
    ties: int = 0


def _with_running_twins(pods: list[Pod]) -> list[Pod]:
    """A terminating pod is counted as a running one when preemption tries to remove it."""
    return pods + [replace(pod, terminating=False) for pod in pods if pod.terminating]


class Scheduler:
    """Scheduling for one `ClusterState`; keep one per state, `for_copy` makes the next.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
    """

    def __init__(self, table: ClassTable) -> None:
        self.table = table
        self.profile: Profile = table.profile
        self._profile: ProfileArrays | None = None
        self._scratch: Scratch | None = None
        self._scratch_views: Scratch | None = None
        self._profile_views: ProfileArrays | None = None
        self._walk: Array | None = None
        self._ranks: Ranks | None = None
        self._prospects: Prospects | None = None
        self.zones: Zones | None = None
        """What nodes have published of their NUMA zones, where the profile looks at them."""

    @classmethod
    def of(cls, state: ClusterState, profile: Profile) -> Scheduler:
        """A scheduler that knows no pods yet."""
        return cls(ClassTable(state.cluster, state.nodes, profile))

    def for_copy(self) -> Scheduler:
        """What a copy of the state starts with: the same classes, room of its own."""
        twin = Scheduler(self.table)
        twin._profile, twin._profile_views = self._profile, self._profile_views
        twin._walk = self._walk
        return twin

    # -- classes -------------------------------------------------------------------------------

    def classify(self, state: ClusterState, pods: Sequence[Pod]) -> list[int]:
        """Class of each pod; compiles those that are new."""
        classes = [self.table.find(pod) for pod in pods]
        # Twice at most: a selector that reads further labels makes known pods unknown, too.
        while -1 in classes or state.classes is None:
            unknown = [pod for pod, c in zip(pods, classes, strict=True) if c < 0]
            self._learn(state, unknown)
            classes = [self.table.find(pod) for pod in pods]
        return classes

    def _learn(self, state: ClusterState, pods: list[Pod]) -> None:
        table, renumbered = self.table.with_pods(_with_running_twins(pods))
        rows = state.rows()
        if renumbered:
            table.enter(_with_running_twins([state.pod(row) for row in rows]))
        self.table = table
        named = {name for each in table.classes for name in each.request}
        named.update(r.name for r in (*self.profile.resources, *self.profile.balanced_resources))
        self._widen(state, sorted(named.difference(state.resources)))
        if renumbered:
            for row in rows:
                state.pod_class[row] = table.find(state.pod(row))
        self._compile(state)

    def _compile(self, state: ClusterState) -> None:
        compiled = self.table.compile(state.resources)
        ports = np.zeros((len(state.nodes), max(1, compiled.ports)), np.int64)
        state.replace_nodes(state.arrays._replace(ports=ports), state.resources)
        state.replace_compiled(compiled.counters, compiled.classes)
        recount(state)
        kubernetes = state.cluster.release.kubernetes
        self._profile = profile_arrays(self.profile, state.resources, kubernetes)
        self._scratch = self._scratch_views = self._profile_views = None
        self._ranks = self._prospects = None

    def meet(self, state: ClusterState, kept: Sequence[int], joining: Sequence[Node]) -> None:
        """Nodes join and leave: see `ClusterState.rearrange`; classes keep their numbers."""
        named = {name for each in joining for name in (*each.allocatable, *each.platform)}
        self._widen(state, sorted(named.difference(state.resources)))
        state.rearrange(kept, joining)
        self.table = self.table.with_nodes(state.nodes)
        self._walk = None
        self._compile(state)

    @staticmethod
    def _widen(state: ClusterState, more: list[str]) -> None:
        if more:
            pad = np.zeros((len(state.nodes), len(more)), np.int64)
            arrays = state.arrays._replace(
                allocatable=np.hstack([state.arrays.allocatable, pad]),
                requested=np.hstack([state.arrays.requested, pad]),
            )
            state.replace_nodes(arrays, [*state.resources, *more])

    # -- running kernels -----------------------------------------------------------------------

    def arrays(self, state: ClusterState, fast: bool) -> tuple[Any, ...]:
        """Nodes, counters, classes, profile, scratch: for the compiled form arrays, else views."""
        assert self._profile is not None, "classify pods first"
        assert state.classes is not None
        assert state.counters is not None
        if self._scratch is None:
            self._scratch = new_scratch(state.arrays, state.counters, state.classes)
        if fast:
            return (state.arrays, state.counters, state.classes, self._profile, self._scratch)
        if self._scratch_views is None:
            self._scratch_views = views(self._scratch)
        if self._profile_views is None:
            self._profile_views = views(self._profile)
        return (*state.views(), self._profile_views, self._scratch_views)

    def ranks(self) -> Ranks:
        """Who may evict whom, by class."""
        if self._ranks is None:
            self._ranks = Ranks.of([each.pod for each in self.table.classes])
        return self._ranks

    def prospects(self, state: ClusterState) -> Prospects:
        """What searches for victims have found on nodes that have not changed since."""
        self._prospects = self._prospects or Prospects.none(state)
        return self._prospects

    def ignored_resources(self, state: ClusterState) -> Array:
        """(R,) uint8: resources that the fit filter does not look at."""
        profile: ProfileArrays = self.arrays(state, fast=True)[3]
        return profile.ignored

    def wanted(self, state: ClusterState, policy: Policy) -> int:
        """How many feasible nodes to look for; sets the order of the walk when it matters."""
        count = len(state.nodes)
        wanted = nodes_wanted(count, policy.nodes_scored, self.profile.scores)
        if wanted < count:
            self.arrays(state, fast=True)
            assert self._scratch is not None
            if self._walk is None:
                self._walk = walk_order(state.nodes)
            self._scratch.walk[:] = self._walk
        return wanted

    def samples(self, state: ClusterState, policy: Policy) -> bool:
        """Whether a cycle looks at a part of the nodes only, another one each time."""
        return nodes_wanted(len(state.nodes), policy.nodes_scored, self.profile.scores) < len(
            state.nodes
        )

    def schedule(
        self,
        state: ClusterState,
        classes: Array,
        draws: Array,
        policy: Policy,
    ) -> tuple[Array, int]:
        """Schedule pods of these classes in order, binding each, until one is refused.

        Returns the nodes chosen (-1 for the refusal) and how many pods were decided; see
        `schedule_many` for the arrays.
        """
        wanted = self.wanted(state, policy)
        run, fast = form(schedule_many, len(classes) * len(state.nodes))
        chosen = np.full(len(classes), -1, np.int64)
        arrays: list[Any] = [classes, draws, chosen]
        if not fast:
            arrays = [memoryview(array) for array in arrays]
        arguments = [*arrays, wanted, *self.arrays(state, fast)]
        done = run(*arguments)
        return chosen, int(done)

    @staticmethod
    def expect(decisions: int, nodes: int) -> None:
        """Announce that so many full cycles over so many nodes are to come."""
        for function in (find_feasible, score_nodes, choose):
            expect(function, decisions * nodes)

    def decide(
        self, state: ClusterState, c: int, row: int, policy: Policy, draw: float = 0.0
    ) -> Decision:
        """One full cycle for a pod of class *c* without binding it; *row*: its row, or -1."""
        count = len(state.nodes)
        wanted = count if self.zones is not None else self.wanted(state, policy)
        search, fast = form(find_feasible, count)
        found = search(c, wanted, *self.arrays(state, fast))
        assert self._scratch is not None
        if state.nominated:
            found = self._heed_nominated(state, c, row)
        if self.zones is not None:
            found = self._heed_zones(self.zones, state, c)
        codes = self._scratch.code.copy()
        feasible = tuple(int(n) for n in self._scratch.feasible[:found])
        if found < 2 or not self.profile.scores:
            return Decision(feasible[0] if feasible else -1, codes, feasible, ties=min(found, 1))
        rank, fast = form(score_nodes, found)
        rank(c, found, *self.arrays(state, fast))
        aligned = None
        if self.zones is not None:
            aligned = self._score_zones(self.zones, c, feasible)
            self._scratch.total[:found] += aligned.normalized
        select, fast = form(choose, found)
        node = select(found, draw, self.arrays(state, fast)[-1])
        decision = self._decision(node, codes, feasible)
        return (
            decision if aligned is None else replace(decision, scores=(*decision.scores, aligned))
        )

    def _decision(self, node: int, codes: Array, feasible: tuple[int, ...]) -> Decision:
        scratch = self._scratch
        assert scratch is not None
        count = len(feasible)
        scores = tuple(
            Score(
                name,
                self.profile.weights[plugin],
                tuple(scratch.raw[plugin, :count].tolist()),
                tuple(scratch.norm[plugin, :count].tolist()),
            )
            for plugin, name in enumerate(PLUGINS)
            if not scratch.skipped[plugin]
        )
        skipped = tuple(
            name
            for plugin, name in enumerate(PLUGINS)
            if scratch.skipped[plugin] and self.profile.weights[plugin]
        )
        total = tuple(scratch.total[:count].tolist())
        return Decision(node, codes, feasible, scores, skipped, total, int(scratch.ties[0]))

    # -- one node, for nominations, preemption and explanations ---------------------------------

    def check(self, state: ClusterState, c: int, n: int) -> int:
        """What the filters say of node *n* for class *c* now."""
        arrays = self.arrays(state, fast=False)
        _, counters, classes, _, scratch = arrays
        prepare(c, counters, classes, scratch)
        return check_node(c, n, *arrays)

    @contextmanager
    def pretend(
        self, state: ClusterState, n: int, classes: Sequence[int], sign: int
    ) -> Iterator[None]:
        """While it lasts, node *n* holds (*sign* 1) or lacks (-1) one pod of each class more."""
        arrays = state.views()
        for c in classes:
            count_on_node(c, n, sign, *arrays)
        try:
            yield
        finally:
            for c in classes:
                count_on_node(c, n, -sign, *arrays)

    def nominated_classes(self, state: ClusterState, c: int, row: int, n: int) -> list[int]:
        """Classes of the pods nominated to node *n* that a pod of class *c* must leave room for.

        Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go,
        addGeneralNominatedPods.
        """
        priority = self.table.classes[c].pod.spec.priority
        return [
            int(state.pod_class[other])
            for other in state.nominated.get(n, ())
            if other != row and state.pod(other).spec.priority >= priority
        ]

    def ignores_pods(self, state: ClusterState, c: int) -> bool:
        """Whether inter-pod affinity has nothing to say to class *c* in the state as it is.

        sic: upstream then skips the filter for the whole cycle, so that the anti-affinity of a
        nominated pod, which is added later, keeps nobody away.

        Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
        PreFilter.
        """
        _, counters, classes = state.views()
        affinity = self.table.classes[c].pod.spec.affinity
        if affinity.pod_required or affinity.anti_required:
            return False
        existing = classes.starts[EXISTING_LINKS, c], classes.starts[EXISTING_LINKS, c + 1]
        return not any(counters.entries[classes.links[i, 0]] for i in range(*existing))

    def check_twice(
        self,
        state: ClusterState,
        c: int,
        row: int,
        n: int,
        while_rejecting: Callable[[int], None] | None = None,
        ignores_pods: bool | None = None,
    ) -> int:
        """`check`, with the pods nominated to the node added and without them; both must pass.

        *while_rejecting* is called with the code while the state is as the filters saw it.
        *ignores_pods*: what the method of that name said before the state was changed for a try.

        Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go,
        RunFilterPluginsWithNominatedPods.
        """
        if ignores_pods is None:
            ignores_pods = self.ignores_pods(state, c)
        for added in (self.nominated_classes(state, c, row, n), []):
            with self.pretend(state, n, added, 1):
                code = self.check(state, c, n)
                if code == EXISTING_ANTI_AFFINITY and ignores_pods:
                    code = PASS  # it is the last filter
                if code != PASS:
                    if while_rejecting is not None:
                        while_rejecting(code)
                    return code
        return PASS

    def _heed_nominated(self, state: ClusterState, c: int, row: int) -> int:
        scratch = self._scratch
        assert scratch is not None
        for n in state.nominated:
            if scratch.code[n] == PASS:
                scratch.code[n] = self.check_twice(state, c, row, n)
        passed = np.flatnonzero(scratch.code == PASS)
        scratch.feasible[: len(passed)] = passed
        return len(passed)

    def zone_refusal(self, state: ClusterState, c: int, n: int) -> str:
        """Why no NUMA zone of node *n* has room for class *c*, or ""; for profiles that look."""
        assert self.zones is not None
        spec = self.table.classes[c].pod.spec
        offered = [name for r, name in enumerate(state.resources) if state.allocatable[n, r]]
        return numa_refusal(spec, offered, self.zones(n))

    def _heed_zones(self, zones: Zones, state: ClusterState, c: int) -> int:
        scratch = self._scratch
        assert scratch is not None
        for n in np.flatnonzero(scratch.code == PASS).tolist():
            if self.zone_refusal(state, c, n):
                scratch.code[n] = ZONES
        passed = np.flatnonzero(scratch.code == PASS)
        scratch.feasible[: len(passed)] = passed
        return len(passed)

    def _score_zones(self, zones: Zones, c: int, feasible: Sequence[int]) -> Score:
        spec, strategy = self.table.classes[c].pod.spec, self.profile.numa_strategy
        raw = tuple(numa_score(strategy, spec, zones(n), {}) for n in feasible)
        return Score(NUMA_PLUGIN, 1, raw, raw)
