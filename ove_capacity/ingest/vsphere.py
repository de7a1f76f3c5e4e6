"""JSON of vSphere's API -> a scenario: VMs with their configuration, one or many.

Read are a VirtualMachineConfigInfo, a VirtualMachine with its config and runtime, lists of these,
and what ``govc vm.info -json`` wraps them in. govc changed the case of its keys: it is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.cells import BadCellError, family_of, power_of, whole
from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.inventory import LeftOut, SourceKey, SourceVm
from ove_capacity.ingest.sketch import Intake, Sketch
from ove_capacity.ingest.source import Source, counted
from ove_capacity.ingest.source_sketch import Choices, sketch_of

__all__ = ["ingest_vsphere_json"]

_LARGEST_BYTES = 256 * 1024 * 1024
_LISTS = ("virtualmachines", "vms", "items")
_CPUS_MAX = 1024
_MEMORY_MAX_MIB = 64 * 1024 * 1024
_DISK_MOST_MIB = 1 << 30


@dataclass(frozen=True, slots=True)
class _Found:
    """One VM of the file."""

    path: str
    value: Mapping[str, Any]


def _refuse(file: Path, message: str, line: int = 0, column: int = 0) -> NoReturn:
    raise ScenarioError(Problem(message, str(file), line, column)) from None


def _read(file: Path) -> object:
    try:
        if file.is_dir():
            _refuse(file, "is a folder, not a JSON file")
        with file.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            _refuse(file, f"is larger than {_LARGEST_BYTES >> 20} MiB")
        return json.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        _refuse(file, "does not exist")
    except json.JSONDecodeError as error:
        _refuse(file, f"is not JSON: {error.msg}", error.lineno, error.colno)
    except RecursionError:
        _refuse(file, "is nested too deeply")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not JSON in UTF-8"
        _refuse(file, f"cannot be read: {reason}")


def _get(value: object, *keys: str) -> Any:
    """What stands below the keys, whatever their case; None when there is nothing."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = next((each for name, each in value.items() if name.casefold() == key), None)
    return value


def _text(value: object, *keys: str) -> str:
    found = _get(value, *keys)
    return found if isinstance(found, str) else ""


def _vms(value: object, path: str = "") -> Iterator[_Found]:
    """Every VM of the document, wherever the usual wrappers put it."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _vms(each, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        if isinstance(_get(value, "config", "hardware"), Mapping):
            yield _Found(path, value)
        elif isinstance(_get(value, "hardware"), Mapping):
            yield _Found(path, {"config": value})
        else:
            for name, each in value.items():
                if name.casefold() in _LISTS and isinstance(each, list):
                    yield from _vms(each, f"{path}.{name}".lstrip("."))


def _refuse_what_has_no_vm(file: Path, value: object) -> NoReturn:
    inventory = _get(value, "inventory")
    totals = _get(inventory if inventory is not None else value, "vms")
    if isinstance(totals, Mapping) and _get(totals, "cpucores") is not None:
        number = _get(totals, "total")
        _refuse(
            file,
            "is a Migration Advisor aggregate: sums and histograms"
            + (f" over {number} VMs" if isinstance(number, int) else "")
            + ", which say no VM's CPUs and memory together; export RVTools instead",
        )
    message = "holds no vSphere VM: neither a config with hardware nor a list of virtualMachines"
    _refuse(file, message)


def _vm(found: _Found, key: SourceKey, file: str) -> SourceVm | LeftOut:
    """The VM, or why it is none of those that count."""
    config = _get(found.value, "config")
    name = _text(config, "name") or _text(found.value, "name")
    place = f"{file}!{found.path}" if found.path else file
    if _get(config, "template") is True:
        return LeftOut(name, place, "it is a template: it never runs")
    hardware = _get(config, "hardware")
    try:
        cpus = whole(_number_text(_get(hardware, "numcpu")), "numCPU")
        memory_mib = whole(_number_text(_get(hardware, "memorymb")), "memoryMB")
    except BadCellError as error:
        return LeftOut(name or "(no name)", place, str(error))
    if not name or not cpus or not memory_mib:
        why = "it says no CPUs or no memory" if name else "it has no name"
        return LeftOut(name or "(no name)", place, why)
    if cpus > _CPUS_MAX or memory_mib > _MEMORY_MAX_MIB:
        return LeftOut(name, place, f"no VM has {cpus:,} CPUs and {memory_mib:,} MiB")
    guest, configured = _text(found.value, "guest", "guestfullname"), _text(config, "guestfullname")
    return SourceVm(
        name=name,
        key=key,
        cpus=cpus,
        memory_mib=memory_mib,
        family=family_of(guest, configured),
        power=power_of(_text(found.value, "runtime", "powerstate")),
        identity=_text(config, "instanceuuid"),
        place=place,
        disks_mib=_disks_mib(hardware),
        networks=_networks(hardware),
    )


def _devices(hardware: object) -> list[object]:
    devices = _get(hardware, "device")
    return devices if isinstance(devices, list) else []


def _disks_mib(hardware: object) -> tuple[int, ...]:
    """Sizes of the virtual disks, the largest first, rounded up to the MiB."""
    sizes = []
    for device in _devices(hardware):
        size_bytes, size_kib = (_get(device, key) for key in ("capacityinbytes", "capacityinkb"))
        for size, unit in ((size_bytes, 1 << 20), (size_kib, 1 << 10)):
            if isinstance(size, int) and 0 < size <= _DISK_MOST_MIB * unit:
                sizes.append(-(-size // unit))
                break
    return tuple(sorted(sizes, reverse=True))


def _networks(hardware: object) -> tuple[str, ...]:
    """Port groups of the network cards that name theirs."""
    cards = (each for each in _devices(hardware) if _text(each, "macaddress"))
    return tuple(sorted({name for each in cards if (name := _text(each, "backing", "devicename"))}))


def _number_text(value: object) -> str:
    """A number or text of a document as a cell would hold it; "" for null."""
    if value is None or isinstance(value, Mapping | list):
        return ""
    return str(value)


def ingest_vsphere_json(
    file: Path, *, powered_off: PoweredOff = PoweredOff.HALTED, onto: str = "", name: str = ""
) -> Sketch:
    """The scenario that vSphere VMs in JSON amount to.

    Args:
        file: what the API, or ``govc vm.info -json``, answered.
        powered_off: what becomes of VMs that do not run.
        onto: the cluster they go to; else one named after the file.
        name: of the scenario; else the file's.

    Raises:
        ScenarioError: it is no such file, or no VM in it can be used.
    """
    document = _read(file)
    listed = list(_vms(document))
    if not listed:
        _refuse_what_has_no_vm(file, document)
    intake, key = Intake(), SourceKey(file.stem)
    vms: list[SourceVm] = []
    left_out: list[LeftOut] = []
    for found in listed:
        read = _vm(found, key, file.name)
        if isinstance(read, LeftOut):
            left_out.append(read)
        else:
            vms.append(read)
    if any(not vm.power for vm in vms):
        number = sum(not vm.power for vm in vms)
        intake.notes.append(f"{number:,} VMs say no power state; they count as running")
    source = Source(
        files=[file],
        name=name,
        vms=[vm if vm.power else replace(vm, power="on") for vm in vms],
        left_out=left_out,
        decisions=["The amounts called MB count in MiB, as vSphere does."],
    )
    choices = Choices(powered_off, onto)
    return sketch_of(counted(source, intake, powered_off), intake, choices)
