"""``recovery``: how the VMs of a workload come back on another cluster."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ove_capacity.scenario.schema.drawn import Constant
from ove_capacity.scenario.schema.section import (
    AmountOfMemory,
    Milliseconds,
    Name,
    PositiveCount,
    Section,
)

__all__ = ["RecoverySection"]


class RecoverySection(Section):
    """What is brought back where, how old it is by then, and how fast that goes."""

    source: Literal["backup", "replica", "image"] = Field(default="backup", alias="from")
    """A backup is restored at a rate; of a replica the disks are there already; from an image VMs
    are made anew, and keep no data."""
    to: Name | None = None
    """The cluster that takes the VMs when theirs is lost; a Placement's go where it goes."""
    every: Milliseconds | None = None
    """Time between backups, or how far the replica is behind: 24h when left out of a backup."""
    at: Milliseconds = 0
    """When the first backup of the run begins."""
    takes: Milliseconds = 0
    """How long until a backup is of use."""
    data: AmountOfMemory | None = None
    """What is restored for one VM; left out: its disks."""
    rate: AmountOfMemory | None = None
    """Bytes a second that one stream restores: ``50Mi``."""
    streams: PositiveCount | None = None
    """Restores at a time on a cluster; left out: one for each worker."""
    decide: Constant | None = None
    """How long people take to decide, once they know."""
    boot: Constant | None = None
    """From a pod's start until its guest serves; 60s when left out."""
    fail_back: Constant | None = Field(default=None, alias="failBack")
    """How long after the return of their cluster people move the VMs home; left out: never."""
