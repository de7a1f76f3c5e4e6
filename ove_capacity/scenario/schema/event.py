"""``events``: what happens."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from ove_capacity.scenario.schema.drawn import Constant, Exponential
from ove_capacity.scenario.schema.section import (
    Count,
    GrowthPercent,
    LabelMap,
    Milliseconds,
    Name,
    Paths,
    PositiveCount,
    Section,
    Shorthand,
    Text,
)
from ove_capacity.scenario.schema.workload import VmSection

__all__ = [
    "AddClusterSection",
    "ApiOutageSection",
    "ArrivalsSection",
    "ClusterLossSection",
    "CordonSection",
    "CountOrShare",
    "DrainSection",
    "Event",
    "GrowthSection",
    "HubLossSection",
    "NodeLossSection",
    "NodesSection",
    "PartitionSection",
    "Provisioning",
    "RegionLossSection",
    "ScalePoolSection",
    "Step",
    "UpgradeSection",
    "ZoneLossSection",
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


class Step(Section):
    """How many: a number, or a share."""

    count: PositiveCount | None = None
    """A number."""
    percent: GrowthPercent | None = None
    """A share of those there are: ``5%``."""


def _step(value: Any) -> Any:
    """``10`` or ``5%``."""
    if isinstance(value, dict):
        if len(value) != 1:
            raise ValueError("needs either count or percent")
        return value
    if isinstance(value, str) and not value.strip().endswith("%"):
        raise ValueError("must be a number like 10 or a share like 5%")
    return {"percent" if isinstance(value, str) else "count": value}


CountOrShare = Annotated[
    Step,
    BeforeValidator(_step),
    Shorthand({"type": ["integer", "string"], "examples": [10, "5%"]}),
]


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
    max_unavailable: CountOrShare = Field(default=Step(count=1), alias="maxUnavailable")
    """Nodes out of service at once, or a share: ``10%``."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class NodesSection(Section):
    """An event that is about some nodes of a cluster."""

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


class CordonSection(NodesSection):
    """Nodes take no new pods; what runs there stays."""

    kind: Literal["cordon"]
    """Nodes are closed."""


class DrainSection(NodesSection):
    """Nodes are drained or put into maintenance."""

    kind: Literal["drain", "maintenance"]
    """Pods leave, or leave until the work is done."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class ClusterLossSection(Section):
    """A whole cluster is lost."""

    kind: Literal["cluster-loss", "site-loss"]
    """All nodes of a cluster are gone."""
    cluster: Name | None = None
    """Left out: every cluster, each at its own times."""
    at: Milliseconds | None = None
    """The moment of a single loss, or …"""
    every: Exponential | None = None
    """… the time between losses of one cluster."""
    repair: Constant | None = None
    """How long until it is back; left out: it never is."""


class RegionLossSection(Section):
    """All clusters of a region are lost at once."""

    kind: Literal["region-loss"]
    """All nodes of all clusters there are gone; the hub with them, if it runs there."""
    region: Name
    """What their label ``region`` says."""
    at: Milliseconds | None = None
    """The moment of a single loss, or …"""
    every: Exponential | None = None
    """… the time from a return to the next loss; all return together."""
    repair: Constant | None = None
    """How long until they are back; left out: they never are."""


class ZoneLossSection(Section):
    """All nodes of a zone are lost at once."""

    kind: Literal["zone-loss"]
    """All nodes whose zone it is are gone."""
    zone: Name
    """What their label ``topology.kubernetes.io/zone`` says."""
    cluster: Name | None = None
    """Left out: every cluster that has nodes there."""
    at: Milliseconds | None = None
    """The moment of a single loss, or …"""
    every: Exponential | None = None
    """… the time from a return to the next loss; all return together."""
    repair: Constant | None = None
    """How long until they are back; left out: they never are."""


class PartitionSection(Section):
    """A cluster is cut from the hub, and goes on running."""

    kind: Literal["partition"]
    """Hub and cluster do not hear each other."""
    cluster: Name | None = None
    """Left out: every cluster, each at its own times."""
    at: Milliseconds | None = None
    """The moment of a single one, or …"""
    every: Exponential | None = None
    """… the time between partitions of one cluster."""
    lasting: Constant | None = Field(default=None, alias="for")
    """How long; left out: for good."""


class ApiOutageSection(Section):
    """The API of a cluster does not answer; its VMs go on running."""

    kind: Literal["api-outage"]
    """Its agent tells the hub that it is unavailable; nothing new starts there meanwhile."""
    cluster: Name | None = None
    """Left out: every cluster, each at its own times."""
    at: Milliseconds | None = None
    """The moment of a single one, or …"""
    every: Exponential | None = None
    """… the time between outages of one cluster."""
    lasting: Constant | None = Field(default=None, alias="for")
    """How long; left out: for good."""


class HubLossSection(Section):
    """The hub is lost; the clusters run on."""

    kind: Literal["hub-loss"]
    """No decision, no GitOps, no alert."""
    at: Milliseconds | None = None
    """The moment of a single loss, or …"""
    every: Exponential | None = None
    """… the time between losses."""
    repair: Constant | None = None
    """How long until it is back; left out: it never is."""
    from_backup: bool = Field(default=False, alias="fromBackup")
    """It is restored from its backup, and has forgotten what it decided; else it comes back as it
    was."""


class GrowthSection(Section):
    """A workload grows."""

    kind: Literal["growth"]
    """More VMs, step by step."""
    workload: Name
    """Which workload."""
    every: Milliseconds
    """How long a step is; the first ends so long after the workload started."""
    by: CountOrShare
    """VMs a step, or a share of those there are then: ``5%``."""
    until: Milliseconds | None = None
    """When it stops growing; left out: never."""


class ScalePoolSection(Section):
    """A pool gets bigger or smaller."""

    kind: Literal["scale-pool"]
    """Machines are added or taken away."""
    cluster: Name
    """The cluster."""
    pool: Name
    """The pool."""
    at: Milliseconds
    """When."""
    count: Count
    """How many machines it has then."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"*"})


class Provisioning(Section):
    """How long each stage takes; left out: as measured, documented or assumed by us."""

    sync: Constant | None = None
    """From the commit until Argo CD has synced it."""
    apply: Constant | None = None
    """Until RHACM has started the install."""
    install: Constant | None = None
    """The install itself, on bare metal perhaps ``90m``."""
    registration: Constant | None = Field(default=None, alias="register")
    """Until its agents run."""
    report: Constant | None = None
    """Until they have told the hub of it."""


class AddClusterSection(Section):
    """The fleet gets bigger."""

    kind: Literal["add-cluster"]
    """A cluster joins."""
    cluster: Name
    """Its name."""
    at: Milliseconds
    """When."""
    profile: Name
    """What it is made of."""
    labels: LabelMap = Field(default_factory=dict)
    """Labels of its ManagedCluster."""
    manifests: Paths = ()
    """Files and folders of Kubernetes objects that belong to it: ManagedCluster, add-ons …"""
    values: dict[str, Any] = Field(default_factory=dict)
    """Beside the scenario's own, for ``{{ .Values.x }}`` in these files."""
    remediation: Literal["none", "nhc-snr", "nhc-far", "mhc"] = "none"
    """What brings VMs of a dead node back; none: nothing does."""
    stages: Provisioning = Provisioning()
    """How long it takes until it is there."""


Event = Annotated[
    NodeLossSection
    | ArrivalsSection
    | UpgradeSection
    | CordonSection
    | DrainSection
    | ClusterLossSection
    | RegionLossSection
    | ZoneLossSection
    | PartitionSection
    | ApiOutageSection
    | HubLossSection
    | GrowthSection
    | ScalePoolSection
    | AddClusterSection,
    Field(discriminator="kind"),
]
