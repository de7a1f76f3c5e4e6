"""Groups below their least size grow to it, where the ClusterAutoscaler enforces that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ove_capacity.openshift.autoscaler.health import is_group_healthy
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.scale_up import ScaleUp, quotas_left
from ove_capacity.openshift.autoscaler.similar import GroupIncrease
from ove_capacity.openshift.autoscaler.simulation import Simulation

__all__ = ["raised_to_least"]


def raised_to_least(
    simulation: Simulation, grown: ScaleUp, options: AutoscalingOptions
) -> tuple[GroupIncrease, ...]:
    """The groups that grow to their least size at the end of a loop.

    *grown*: what the loop has added already. Each group is held against cores and memory by itself,
    and against maxNodesTotal with no node counted but its own, as upstream does.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaleup/orchestrator/
    orchestrator.go, ScaleUpToNodeGroupMinSize.
    """
    sizes = {each.group: each.new_size for each in grown.increases}
    return tuple(_raised(simulation, sizes, dict(grown.upcoming), options))


def _raised(
    simulation: Simulation,
    sizes: Mapping[str, int],
    upcoming: Mapping[str, int],
    options: AutoscalingOptions,
) -> Iterator[GroupIncrease]:
    view = simulation.view
    quotas = quotas_left(simulation, upcoming, options)
    for state in view.groups:
        size, least = sizes.get(state.name, state.target_size), state.group.min_size
        template = simulation.templates.get(state.name)
        if size >= least or template is None:
            continue
        if state.is_backed_off or not is_group_healthy(view, state, options):
            continue
        wanted, _ = quotas.allowed(state.name, template.node, least - size)
        if options.max_nodes_total:
            wanted = min(wanted, options.max_nodes_total - size)
        if wanted > 0:
            yield GroupIncrease(state.name, size, size + wanted)
