"""Whole clusters are lost, or cut from the hub; and the hub itself is lost."""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import ProcessGenerator

from ove_capacity.model.plan import ApiOutage, ClusterLoss, Duration, HubLoss, Partition
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.hub import hub_cluster
from ove_capacity.sim.processes.hub import hear, hush, mute, restore_hub, stop_hub, unmute
from ove_capacity.sim.processes.losses import lose, repair
from ove_capacity.sim.world import Site, World

__all__ = ["api_outages", "cluster_losses", "hub_losses", "partitions"]


def cluster_losses(world: World, site: Site, loss: ClusterLoss, ordinal: int) -> ProcessGenerator:
    """All machines of a cluster are gone, once or time and again.

    Nothing in it repairs it; when it is back, all its machines are. A hub that runs there is gone
    with it, and back with it, as it was.
    """
    carries_hub = hub_cluster(world.case.fleet) == site.name
    down: list[str] = []

    def begin() -> None:
        world.record("cluster-lost", site, site.name)
        site.losses += 1
        down[:] = [node.name for node in site.state.nodes]
        for name in down:
            lose(world, site, name)
        hush(world, site.name)
        if carries_hub:
            stop_hub(world)
        for told in world.recovery.when_lost:
            told(site.name)
        world.verify(site)

    def end() -> None:
        world.record("cluster-returned", site, site.name)
        site.losses -= 1
        for name in down:
            repair(world, site, name)
        if carries_hub:
            restore_hub(world, from_backup=False)
        hear(world, site.name)
        world.verify(site)

    alone = ("cluster-loss", site.name, ordinal)
    path = ("cluster-loss", loss.together) if loss.together else alone
    return _now_and_then(world, path, loss, loss.repair, begin, end)


def partitions(world: World, site: Site, cut: Partition, ordinal: int) -> ProcessGenerator:
    """A cluster and the hub do not hear each other; the cluster goes on running."""

    def begin() -> None:
        world.record("partition-began", site, site.name)
        hush(world, site.name)

    def end() -> None:
        world.record("partition-ended", site, site.name)
        hear(world, site.name)

    path = ("partition", site.name, ordinal)
    return _now_and_then(world, path, cut, cut.lasting, begin, end)


def api_outages(world: World, site: Site, outage: ApiOutage, ordinal: int) -> ProcessGenerator:
    """The API of a cluster does not answer: nothing new is bound, what runs goes on."""

    def begin() -> None:
        world.record("api-outage-began", site, site.name)
        site.api_outages += 1
        mute(world, site.name)

    def end() -> None:
        world.record("api-outage-ended", site, site.name)
        site.api_outages -= 1
        unmute(world, site.name)
        site.ring()

    path = ("api-outage", site.name, ordinal)
    return _now_and_then(world, path, outage, outage.lasting, begin, end)


def hub_losses(world: World, loss: HubLoss, ordinal: int) -> ProcessGenerator:
    """The hub is gone, and comes back as it was, from its backup, or never."""

    def begin() -> None:
        stop_hub(world)

    def end() -> None:
        restore_hub(world, from_backup=loss.from_backup)

    return _now_and_then(world, ("hub-loss", ordinal), loss, loss.repair, begin, end)


def _now_and_then(
    world: World,
    path: tuple[str | int, ...],
    when: ApiOutage | ClusterLoss | HubLoss | Partition,
    lasting: Duration | None,
    begin: Callable[[], None],
    end: Callable[[], None],
) -> ProcessGenerator:
    """Something begins at its moment or from time to time, and ends again if it ever does.

    *path* names the streams of when it begins and of how long it lasts.
    """
    # Of their own, from their start: those that begin together draw the same.
    beginning = world.streams(*path, "begin")
    ending = world.streams(*path, "end")
    while True:
        if when.at_ms is not None:
            yield world.wait(when.at_ms)
        else:
            assert when.every is not None, "it has a moment or a rate"
            yield world.wait(draw_ms(when.every, beginning))
        begin()
        if lasting is None:
            return
        yield world.wait(draw_ms(lasting, ending))
        end()
        if when.at_ms is not None:
            return
