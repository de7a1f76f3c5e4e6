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
    name: Name
    cluster: Name | None = None
    placement: Name | None = None
    every: Milliseconds
    """Mean time between arrivals."""
    count: PositiveCount = 1
    """VMs that arrive together."""
    start: Milliseconds = Field(default=0, alias="from")
    until: Milliseconds | None = None


class UpgradeSection(Section):
    """A rolling upgrade."""

    kind: Literal["upgrade"]
    cluster: Name | None = None
    pool: Name | None = None
    at: Milliseconds
    to: Text | None = None
    max_unavailable: PositiveCount | Text = Field(default=1, alias="maxUnavailable")

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class CordonSection(Section):
    """A node is cordoned, drained or put into maintenance."""

    kind: Literal["cordon", "drain", "maintenance"]
    cluster: Name
    node: Name | None = None
    pool: Name | None = None
    at: Milliseconds
    lasting: Milliseconds | None = Field(default=None, alias="for")

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class SiteLossSection(Section):
    """A whole cluster is lost."""

    kind: Literal["site-loss"]
    cluster: Name
    at: Milliseconds
    repair: Constant | None = None

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class GrowthSection(Section):
    """A workload grows."""

    kind: Literal["growth"]
    workload: Name
    every: Milliseconds
    by: Count | Text

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class ScaleSection(Section):
    """A pool or the fleet gets bigger or smaller."""

    kind: Literal["scale-pool", "add-cluster"]
    cluster: Name
    pool: Name | None = None
    at: Milliseconds
    count: Count | None = None
    profile: Name | None = None
    labels: dict[str, Any] = Field(default_factory=dict)

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
