"""``events``: what happens."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ove_capacity.scenario.schema.section import (
    Count,
    Milliseconds,
    Name,
    PositiveCount,
    Section,
    Text,
)
from ove_capacity.scenario.schema.workload import Constant, Exponential, VmSection

__all__ = [
    "ArrivalsSection",
    "CordonSection",
    "Event",
    "GrowthSection",
    "NodeLossSection",
    "ScaleSection",
    "SiteLossSection",
    "UpgradeSection",
]


class NodeLossSection(Section):
    """Nodes die: one named node at a moment, or each node of a pool now and then."""

    kind: Literal["node-loss"]
    """A node dies."""
    cluster: Name | None = None
    """Left out: every cluster."""
    pool: Name | None = None
    """Left out: all workers."""
    node: Name | None = None
    """One node, by name."""
    at: Milliseconds | None = None
    """The moment of a single loss, or …"""
    every: Exponential | None = None
    """… the time between losses of one node."""
    repair: Constant | None = None
    """How long until it is back; left out: it never is."""


class ArrivalsSection(VmSection):
    """A Poisson stream of VMs."""

    kind: Literal["arrivals"]
    """VMs arrive."""
    name: Name
    """Its VMs are named after it."""
    cluster: Name | None = None
    """Where they run, or …"""
    placement: Name | None = None
    """… the Placement that decides for each."""
    every: Milliseconds
    """Mean time between arrivals."""
    count: PositiveCount = 1
    """VMs that arrive together."""
    start: Milliseconds = Field(default=0, alias="from")
    """When the first may come."""
    until: Milliseconds | None = None
    """When they stop coming; left out: never."""


class UpgradeSection(Section):
    """A rolling upgrade."""

    kind: Literal["upgrade"]
    """Nodes are drained and rebooted in turn."""
    cluster: Name | None = None
    """Left out: every cluster."""
    pool: Name | None = None
    """Left out: every pool."""
    at: Milliseconds
    """When it begins."""
    to: Text | None = None
    """The release it leads to."""
    max_unavailable: PositiveCount | Text = Field(default=1, alias="maxUnavailable")
    """Nodes out of service at once, or a share: ``10%``."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class CordonSection(Section):
    """A node is cordoned, drained or put into maintenance."""

    kind: Literal["cordon", "drain", "maintenance"]
    """Whether pods stay, leave, or leave until the work is done."""
    cluster: Name
    """The cluster."""
    node: Name | None = None
    """One node, by name, or …"""
    pool: Name | None = None
    """… a whole pool."""
    at: Milliseconds
    """When."""
    lasting: Milliseconds | None = Field(default=None, alias="for")
    """How long; left out: for good."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class SiteLossSection(Section):
    """A whole cluster is lost."""

    kind: Literal["site-loss"]
    """All nodes of a cluster are gone."""
    cluster: Name
    """The cluster."""
    at: Milliseconds
    """When."""
    repair: Constant | None = None
    """How long until it is back; left out: it never is."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class GrowthSection(Section):
    """A workload grows."""

    kind: Literal["growth"]
    """More VMs, step by step."""
    workload: Name
    """Which workload."""
    every: Milliseconds
    """How long a step is."""
    by: Count | Text
    """VMs a step, or a share: ``5%``."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class ScaleSection(Section):
    """A pool or the fleet gets bigger or smaller."""

    kind: Literal["scale-pool", "add-cluster"]
    """What changes its size."""
    cluster: Name
    """The cluster."""
    pool: Name | None = None
    """The pool."""
    at: Milliseconds
    """When."""
    count: Count | None = None
    """How many machines it has then."""
    profile: Name | None = None
    """Profile of the new cluster."""
    labels: dict[str, Any] = Field(default_factory=dict)
    """Labels of the new cluster."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


Event = Annotated[
    NodeLossSection
    | ArrivalsSection
    | UpgradeSection
    | CordonSection
    | SiteLossSection
    | GrowthSection
    | ScaleSection,
    Field(discriminator="kind"),
]
