"""A moment of a cluster, compiled for trying: its nodes, its templates, its pods by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.compiling import Compiler
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.snapshot import Pattern, Snapshot
from ove_capacity.openshift.autoscaler.templates import Template, named_copy, templates_of
from ove_capacity.openshift.autoscaler.view import ClusterView

__all__ = ["Simulation", "is_expendable", "simulation_of"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a loop of the autoscaler works on."""

    view: ClusterView
    snapshot: Snapshot
    templates: dict[str, Template]
    """Group -> its template, in the order of the groups."""
    pods: tuple[Pod, ...]
    """Running pods that the autoscaler sees, then pending ones; their place is their number."""
    classes: tuple[int, ...]
    """Class of each pod."""
    running: int
    """How many of the pods run."""

    @property
    def pending(self) -> range:
        """Numbers of the pods that wait."""
        return range(self.running, len(self.pods))


def is_expendable(pod: Pod, cutoff: int) -> bool:
    """Whether the autoscaler neither sees the pod nor does anything for it.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/utils/expendable.go,
    IsExpendablePod.
    """
    return not pod.spec.has_no_priority and pod.spec.priority < cutoff


def simulation_of(
    cluster: Cluster,
    view: ClusterView,
    running: Sequence[tuple[Pod, str]],
    pending: Sequence[Pod],
    options: AutoscalingOptions,
    compiler: Compiler | None = None,
) -> Simulation:
    """Compile a moment.

    Args:
        cluster: whose namespaces count; its nodes and pods are those of the other arguments.
        view: nodes and groups.
        running: each pod that runs, without ``spec.node_name``, and its node.
        pending: the pods that found no place, in the order they are listed.
        options: which pods are expendable, and which taints fall off new nodes.
        compiler: that of the moments before, if this is the next one of the cluster.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    RunOnce.
    """
    cutoff = options.expendable_pods_priority_cutoff
    seen = [(pod, node) for pod, node in running if not is_expendable(pod, cutoff)]
    on_node: dict[str, list[Pod]] = {}
    for pod, name in seen:
        on_node.setdefault(name, []).append(pod)
    templates = templates_of(view, lambda node: on_node.get(node.name, ()), options.startup_taints)
    nodes, first_rows = _with_patterns(view.nodes, templates)
    pods = (*(pod for pod, _ in seen), *pending)
    daemons = [pod for template in templates.values() for pod in template.daemon_pods]
    there = replace(cluster, nodes=nodes, pods=(), disruption_budgets=())
    compiled = (compiler or Compiler()).compiled(there, pods, daemons)
    state, classes = compiled.state, compiled.classes[: len(pods)]
    of_daemons = iter(compiled.classes[len(pods) :])
    patterns = {
        group: Pattern(first_rows[group], tuple(next(of_daemons) for _ in template.daemon_pods))
        for group, template in templates.items()
    }
    snapshot = Snapshot(state, compiled.scheduler, patterns)
    rows = [state.node_index(node) for _, node in seen]
    snapshot.hold(classes[: len(seen)], rows)
    held: dict[int, list[int]] = {}
    for number, n in enumerate(rows):
        held.setdefault(n, []).append(number)
    snapshot.pods = {n: tuple(numbers) for n, numbers in held.items()}
    return Simulation(view, snapshot, templates, pods, classes, len(seen))


def _with_patterns(
    nodes: Sequence[Node], templates: dict[str, Template]
) -> tuple[tuple[Node, ...], dict[str, int]]:
    """The nodes with two of each template behind them, and where each first one stands."""
    rows, first = list(nodes), {}
    for group, template in templates.items():
        first[group] = len(rows)
        rows += [named_copy(template.node, f"{template.node.name}-{i}") for i in range(2)]
    return tuple(rows), first
