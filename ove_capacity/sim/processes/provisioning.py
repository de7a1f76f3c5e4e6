"""A cluster is asked for, provisioned stage by stage, and joins the fleet."""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import ProcessGenerator

from ove_capacity.model.joining import Joining
from ove_capacity.ocm import POLL_MS, joined_cluster
from ove_capacity.openshift.provisioning import INSTALL, STAGES, Stage, install_shares
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.processes.hub import join
from ove_capacity.sim.world import World

__all__ = ["provisioning"]


def provisioning(
    world: World, joining: Joining, open_cluster: Callable[[World, Joining], None]
) -> ProcessGenerator:
    """Commit, Argo CD's sync, RHACM's apply, the install, registration: then Placements may choose.

    What the hub does waits while there is none; an install goes on without it. *open_cluster*
    makes the cluster run.
    """
    name = joining.cluster.name
    yield world.wait(joining.at_ms)
    _record(world, name, "committed", "")
    for stage in STAGES:
        length_ms = _length_ms(world, joining, stage)
        if stage.name == INSTALL:
            for part, part_ms in install_shares(length_ms).items():
                yield world.wait(part_ms)
                _record(world, name, stage.name, part)
        else:
            yield world.wait(length_ms)
            while stage.needs_hub and not world.hub.is_up:
                yield world.wait(POLL_MS)
            _record(world, name, stage.name, "")
    open_cluster(world, joining)
    join(world, joined_cluster(joining.cluster, joining.known))


def _length_ms(world: World, joining: Joining, stage: Stage) -> int:
    rng = world.stream("provisioning", joining.cluster.name, stage.name)
    said = joining.stages.get(stage.name)
    if said is not None:
        return draw_ms(said, rng)
    if stage.is_poll:
        return int(rng.random() * stage.length.mean_ms)
    return draw_ms(stage.length, rng)


def _record(world: World, name: str, stage: str, detail: str) -> None:
    told = f"{stage}: {detail}" if detail else stage
    world.events.record(world.now_ms, "cluster-provisioning", name, name, detail=told)
