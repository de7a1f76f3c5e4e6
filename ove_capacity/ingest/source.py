"""All that was read of a source platform, with each VM counted once, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.inventory import (
    Disagreement,
    LeftOut,
    SourceCluster,
    SourceDatastore,
    SourceHost,
    SourceKey,
    SourceVm,
)
from ove_capacity.ingest.sketch import Intake

__all__ = ["Source", "counted"]

_TWIN = "the same VM stands at "


@dataclass(frozen=True, slots=True)
class Source:
    """What the files of a source platform hold."""

    files: Sequence[Path]
    name: str
    """Of the scenario; empty: as the first file."""
    vms: Sequence[SourceVm] = ()
    """Those whose size is known."""
    hosts: Sequence[SourceHost] = ()
    datastores: Sequence[SourceDatastore] = ()
    left_out: Sequence[LeftOut] = ()
    disagreements: Sequence[Disagreement] = ()
    decisions: Sequence[str] = ()
    """Taken while reading."""
    used: Sequence[SourceVm] = ()
    """Those of `vms` that are in the scenario."""
    clusters: Sequence[SourceCluster] = field(default=())
    """With the VMs that are used."""


def counted(source: Source, intake: Intake, powered_off: PoweredOff) -> Source:
    """The source with each VM once, and its clusters; all VMs read are told to *intake*.

    Raises:
        ScenarioError: no VM is left.
    """
    vms, twins = _without_twins(source.vms)
    is_kept = powered_off is not PoweredOff.ASIDE
    used = [vm for vm in vms if is_kept or vm.power == "on"]
    stopped = [vm for vm in vms if not is_kept and vm.power != "on"]
    left_out = [*source.left_out, *twins]
    left_out += [LeftOut(vm.name, vm.place, "it is not powered on") for vm in stopped]
    whys = Counter(
        f"{_TWIN}another place" if each.why.startswith(_TWIN) else each.why for each in left_out
    )
    if not used:
        said = "; ".join(f"{number:,}: {why}" for why, number in whys.most_common(3))
        message = f"holds no VM that can be used ({said or 'it has no rows'})"
        raise ScenarioError(Problem(message, str(source.files[0])))
    intake.use("VMs", len(used))
    for why, number in whys.items():
        intake.set_aside("VMs", why, number)
    clusters = _clusters(used, source.hosts)
    return replace(source, vms=vms, used=used, left_out=left_out, clusters=clusters)


def _without_twins(vms: Sequence[SourceVm]) -> tuple[list[SourceVm], list[LeftOut]]:
    """A VM that two workbooks hold, or one holds twice, is counted once."""
    first: dict[tuple[str, str], SourceVm] = {}
    kept: list[SourceVm] = []
    twins: list[LeftOut] = []
    for vm in vms:
        twin = first.setdefault((vm.identity, vm.name), vm) if vm.identity else vm
        if twin is vm:
            kept.append(vm)
        else:
            twins.append(LeftOut(vm.name, vm.place, f"{_TWIN}{twin.place}"))
    return kept, twins


def _clusters(vms: Sequence[SourceVm], hosts: Sequence[SourceHost]) -> list[SourceCluster]:
    """Source clusters that have VMs or hosts; VMs of none stay with their site."""
    vms_of: dict[SourceKey, list[SourceVm]] = {}
    hosts_of: dict[SourceKey, list[SourceHost]] = {}
    for vm in vms:
        vms_of.setdefault(vm.key, []).append(vm)
    for host in hosts:
        hosts_of.setdefault(host.key, []).append(host)
    return [
        SourceCluster(key, hosts_of.get(key, []), vms_of.get(key, []))
        for key in dict.fromkeys((*vms_of, *hosts_of))
    ]
