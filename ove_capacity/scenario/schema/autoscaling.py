"""``autoscaler`` of a cluster: its ClusterAutoscaler, and what its machines take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from ove_capacity.scenario.schema.section import (
    AmountOfMemory,
    Count,
    Flag,
    Milliseconds,
    Name,
    OneAlone,
    Section,
    Text,
    in_order,
    one_or_many,
)

__all__ = ["Autoscaler", "GpuRange", "MachinesSection", "MemoryRange", "Range", "ScaleDown"]


class Range(Section):
    """A lower and an upper bound."""

    min: Count | None = None
    """The least."""
    max: Count | None = None
    """The most."""

    _ordered = model_validator(mode="after")(in_order)


class MemoryRange(Section):
    """Bounds in memory."""

    min: AmountOfMemory | None = None
    """The least."""
    max: AmountOfMemory | None = None
    """The most."""

    _ordered = model_validator(mode="after")(in_order)


class GpuRange(Section):
    """Bounds of the GPUs of one type."""

    type: Name
    """The value of the nodes' label ``cluster-api/accelerator``."""
    min: Count = 0
    """The least."""
    max: Count
    """The most."""

    _ordered = model_validator(mode="after")(in_order)


class ScaleDown(Section):
    """``scaleDown`` of a ClusterAutoscaler."""

    enabled: Flag = True
    """Whether empty machines are given back."""
    delay_after_add: Milliseconds | None = Field(default=None, alias="delayAfterAdd")
    """Wait after a machine was added."""
    delay_after_delete: Milliseconds | None = Field(default=None, alias="delayAfterDelete")
    """Wait after a machine was given back."""
    delay_after_failure: Milliseconds | None = Field(default=None, alias="delayAfterFailure")
    """Wait after giving back failed."""
    unneeded_time: Milliseconds | None = Field(default=None, alias="unneededTime")
    """How long a machine must be unneeded."""
    utilization_threshold: Text | None = Field(default=None, alias="utilizationThreshold")
    """Up to which share of it asked for a machine counts as unneeded: ``"0.5"``."""


class MachinesSection(Section):
    """How long machines take to become nodes, and how many never do."""

    platform: Literal["cloud", "vsphere", "baremetal"] = "cloud"
    """Whose usual times are taken where nothing else is said; each is an assumption."""
    distribution: Literal["lognormal", "weibull", "exponential", "constant"] = "lognormal"
    """The last two heed the median alone."""
    p50: Milliseconds | None = None
    """Half of them are nodes by then."""
    p95: Milliseconds | None = None
    """95 % of them are."""
    failure: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of machines that never become one: 1 for a cloud that delivers none."""

    @model_validator(mode="after")
    def _ordered(self) -> MachinesSection:
        if self.p50 is not None and self.p95 is not None and self.p50 > self.p95:
            raise ValueError("p50 is more than p95")
        if self.p50 == 0:
            raise ValueError("p50 must be more than 0")
        return self


class Autoscaler(Section):
    """A ClusterAutoscaler; what is left out is as OpenShift's release has it."""

    max_nodes_total: Count | None = Field(default=None, alias="maxNodesTotal")
    """The most machines of the cluster, masters among them; 0: no limit."""
    cores: Range = Range()
    """Bounds of the CPUs of all machines."""
    memory: MemoryRange = MemoryRange()
    """Bounds of the memory of all machines, in whole GiB."""
    gpus: tuple[GpuRange, ...] = ()
    """Bounds of the GPUs of all machines, by type."""
    expander: Annotated[tuple[Name, ...], BeforeValidator(one_or_many), OneAlone()] = ()
    """How it chooses among pools, first to last: LeastWaste, Priority, Random; and for studies
    most-pods and least-nodes, which OpenShift does not offer."""
    priorities: dict[int, tuple[Name, ...]] = Field(default_factory=dict)
    """What Priority goes by: a number, and patterns of pool names; the highest number first."""
    scale_down: ScaleDown = Field(default=ScaleDown(), alias="scaleDown")
    """When machines are given back."""
    pod_priority_threshold: Annotated[int, Field(strict=True)] | None = Field(
        default=None, alias="podPriorityThreshold"
    )
    """Pods of less priority add no machine."""
    new_pod_scale_up_delay: Milliseconds | None = Field(default=None, alias="newPodScaleUpDelay")
    """How long a pod waits before a machine is added for it."""
    max_node_provision_time: Milliseconds | None = Field(default=None, alias="maxNodeProvisionTime")
    """How long a machine may take to become a node; 15m when left out."""
    balance_similar_node_groups: Flag = Field(default=False, alias="balanceSimilarNodeGroups")
    """Whether pools that are alike grow together."""
    balancing_ignored_labels: tuple[Name, ...] = Field(default=(), alias="balancingIgnoredLabels")
    """Labels in which they may differ."""
    ignore_daemonsets_utilization: Flag = Field(default=False, alias="ignoreDaemonsetsUtilization")
    """Whether pods of DaemonSets do not make a machine needed."""
    skip_nodes_with_local_storage: Flag | None = Field(
        default=None, alias="skipNodesWithLocalStorage"
    )
    """Whether pods with volumes on the machine, as VMs have, keep it; they do when left out."""
    enforce_node_group_min_size: Flag = Field(default=False, alias="enforceNodeGroupMinSize")
    """Whether pools below their ``min`` grow to it; otherwise it is a floor for giving back."""
    machines: MachinesSection = MachinesSection()
    """How long machines take."""
