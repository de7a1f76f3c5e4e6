"""``recovery`` of a workload -> how its VMs come back on another cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.plan import Duration, Recovery
from ove_capacity.model.storage import Disk
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.duration import duration_of
from ove_capacity.scenario.schema.recovery import RecoverySection
from ove_capacity.scenario.schema.workload import VmSection
from ove_capacity.simtime import DAY_MS, MINUTE_MS

__all__ = ["recovery_of"]

_MIB = 1 << 20
_RATE_BYTES_PER_S, _BOOT_MS, _DECIDE_MS = 50 * _MIB, MINUTE_MS, 30 * MINUTE_MS


def recovery_of(
    context: Context,
    path: FieldPath,
    section: VmSection,
    clusters: Mapping[str, Compiled],
    home: str,
    disks: Sequence[Disk],
) -> Recovery | None:
    """What the section says, and what is assumed where it does not; what is wrong is noted."""
    said = section.recovery
    if said is None:
        return None
    path = (*path, "recovery")
    if not _is_sound(context, path, said, clusters, home):
        return None
    name = str(getattr(section, "name", ""))
    is_backup = said.source == "backup"
    every_ms = said.every or (DAY_MS if is_backup else 0)
    data_bytes = said.data if said.data is not None else sum(each.size_bytes for each in disks)
    if not data_bytes and is_backup:
        context.warn(path, "its VMs have no disks that a backup would restore; say data")
    return Recovery(
        source=said.source,
        to=said.to or "",
        every_ms=0 if said.source == "image" else every_ms,
        from_ms=said.at,
        # A replica is always as far behind as it says; a backup is as old as it is.
        takes_ms=said.takes if is_backup else 0,
        data_bytes=0 if said.source == "replica" else data_bytes,
        bytes_per_s=_rate(context, said, name, data_bytes),
        streams=said.streams or 0,
        decide=_decide(context, said, name),
        boot=_boot(context, said, name),
        fail_back=duration_of(said.fail_back),
    )


def _is_sound(
    context: Context,
    path: FieldPath,
    said: RecoverySection,
    clusters: Mapping[str, Compiled],
    home: str,
) -> bool:
    before = len(context.problems.errors)
    if said.to is not None and said.to not in clusters:
        context.unknown((*path, "to"), "cluster", said.to, clusters)
    if said.to is not None and not home:
        context.error((*path, "to"), "a Placement decides where they go; only VMs of one cluster")
    if said.to is not None and said.to == home:
        context.error((*path, "to"), "is the cluster that they are lost with")
    if said.to is None and home:
        context.error(path, "'to' is missing: VMs of a lost cluster come back on another one")
    if said.fail_back is not None and not home:
        context.error((*path, "failBack"), "a Placement moves its VMs back, or does not")
    if said.every == 0:
        context.error((*path, "every"), "must be more than zero")
    return len(context.problems.errors) == before


def _rate(context: Context, said: RecoverySection, name: str, data_bytes: int) -> int:
    if said.rate is not None or not data_bytes or said.source == "replica":
        return said.rate or 0
    source = "one stream of a restore; no vendor publishes a rate"
    context.assume("recovery.bytes_per_s", "50Mi", source, name, Evidence.ASSUMED)
    if said.streams is None:
        source = "velero.io/docs/v1.17 node-agent-concurrency: one at a time on each node"
        context.assume("recovery.streams", "1 a worker", source, name, Evidence.DOCUMENTED)
    return _RATE_BYTES_PER_S


def _decide(context: Context, said: RecoverySection, name: str) -> Duration | None:
    if said.decide is not None or said.to is None:
        return duration_of(said.decide)
    source = "people who are to declare a disaster, from the alert on"
    context.assume("recovery.decide", "30m", source, name, Evidence.ASSUMED)
    return Duration("constant", _DECIDE_MS)


def _boot(context: Context, said: RecoverySection, name: str) -> Duration | None:
    if said.boot is not None:
        return duration_of(said.boot)
    source = "from a pod's start until its guest serves"
    context.assume("recovery.boot", "60s", source, name, Evidence.ASSUMED)
    return Duration("constant", _BOOT_MS)
