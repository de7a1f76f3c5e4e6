"""Admissions and removals recorded from the kubelet's own resource managers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ove_capacity.kubelet.admit import Admission, Admitted, Asked, admit, release
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.kubelet.hint import Hint
from ove_capacity.kubelet.memory_manager import MemoryManager
from ove_capacity.kubelet.node_state import Kubelet, NodeState, start
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import cpu_set_text, cpus_of
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Core, Machine, NumaCell
from ove_capacity.model.resources import CPU, Amounts
from ove_capacity.quantity import cpu_milli, memory_bytes
from tests.conformance.difference import first_difference
from tests.conformance.pods import Json, spec_of

_ANSWERS = ("start_error", "expected_initial")

# -- input -----------------------------------------------------------------------------------------


def _machine(case: Json) -> Machine:
    cells = tuple(
        NumaCell(
            cell["id"],
            tuple(
                Core(tuple(core["threads"]), core["socket"], core.get("uncore"))
                for core in cell["cores"]
            ),
            cell["memory_bytes"],
            cell["hugepages"],
            tuple(cell.get("distances") or ()),
        )
        for cell in case["machine"]["numa_nodes"]
    )
    devices = {
        name: {int(cell): count for cell, count in places.items()}
        for name, places in (case.get("devices") or {}).items()
    }
    return Machine(cells, devices)


def _config(given: Json) -> KubeletConfig:
    return KubeletConfig(
        cpu_manager_policy=given["cpu_manager_policy"],
        memory_manager_policy=given["memory_manager_policy"],
        topology_manager_policy=given["topology_manager_policy"],
        topology_manager_scope=given["topology_manager_scope"],
        cpu_manager_policy_options=given.get("cpu_manager_policy_options") or {},
        topology_manager_policy_options=given.get("topology_manager_policy_options") or {},
        reserved_system_cpus=given.get("reserved_system_cpus") or "",
        reserved_memory=tuple(
            ReservedMemory(
                entry["numa_node"],
                {name: memory_bytes(text) for name, text in entry["limits"].items()},
            )
            for entry in given.get("reserved_memory") or ()
        ),
        workload_partitioning=given.get("openshift_workload_partitioning", False),
    )


def _kept(given: Json) -> Amounts:
    reserved = given.get("reserved_cpu")
    return {CPU: cpu_milli(reserved)} if reserved else {}


# -- output ----------------------------------------------------------------------------------------


def _hint_text(hint: Hint) -> str:
    return ",".join(map(str, cpus_of(hint.cells or 0))) + ("*" if hint.preferred else "")


def _asked(asked: Asked) -> Json:
    hints = asked.hints
    if hints is not None:
        hints = {
            name: None if each is None else [_hint_text(hint) for hint in each]
            for name, each in hints.items()
        }
    named = {"container": asked.container} if asked.container else {}
    return {**named, "provider": asked.provider, "hints": hints}


def _by_cell(kubelet: Kubelet, cpus: int) -> dict[str, int]:
    return {str(cell): (mask & cpus).bit_count() for cell, mask in kubelet.topology.cells.items()}


def _pieces(devices: Mapping[str, Mapping[int, int]]) -> Json:
    return {
        name: {str(cell): count for cell, count in places.items()}
        for name, places in devices.items()
    }


def _without_zeros(counts: Mapping[str, Any]) -> Json:
    return {key: count for key, count in counts.items() if count}


def _container(kubelet: Kubelet, got: Admitted) -> Json:
    said: Json = {"name": got.name, "exclusive_cpus": cpu_set_text(got.cpus)}
    if got.hint is not None:
        cells = None if got.hint.cells is None else list(cpus_of(got.hint.cells))
        said["merged_hint"] = {"numa": cells, "preferred": got.hint.preferred}
    blocks = [
        {
            "numa": list(cpus_of(block.cells)),
            "size": block.bytes,
            "type": kubelet.memory.resources[block.resource],
        }
        for block in got.blocks
        if kubelet.memory is not None
    ]
    pieces = _pieces(got.devices)
    when_any = {
        "exclusive_cpus_per_numa": _without_zeros(_by_cell(kubelet, got.cpus)),
        "memory_blocks": blocks,
        "devices_per_numa": _without_zeros(
            {name: _without_zeros(places) for name, places in pieces.items()}
        ),
    }
    return said | _without_zeros(when_any)


def _free(manager: MemoryManager, number: int, free: tuple[int, ...]) -> dict[str, int]:
    return {
        name: amount
        for name, amount in zip(manager.resources, free, strict=True)
        if name in manager.tables[number]
    }


def _cpus(kubelet: Kubelet, state: NodeState) -> Json:
    if kubelet.cpus is None:
        return {"shared_pool": ""}
    free = kubelet.cpus.free(state.shared)
    return {
        "shared_pool": cpu_set_text(state.shared),
        "free_exclusive_cpus": cpu_set_text(free),
        "free_exclusive_per_numa": _by_cell(kubelet, free),
    }


def _initial_memory(manager: MemoryManager, state: NodeState) -> list[Json]:
    return [
        {
            "numa": number,
            "cells": list(cpus_of(cell.group)),
            "number_of_assignments": cell.assignments,
            "memory_map": {
                name: {
                    "total": table.total,
                    "system_reserved": table.system_reserved,
                    "allocatable": table.allocatable,
                    "reserved": table.allocatable - free[name],
                    "free": free[name],
                }
                for name, table in manager.tables[number].items()
            },
        }
        for number, cell in enumerate(state.memory)
        for free in (_free(manager, number, cell.free),)
    ]


def _initial(kubelet: Kubelet, state: NodeState) -> Json:
    said = {"free_exclusive_cpus": ""} | _cpus(kubelet, state)
    if kubelet.memory is not None:
        said["memory"] = _initial_memory(kubelet.memory, state)
    if kubelet.devices:
        said["free_devices"] = _pieces(state.devices)
    return said


def _state(kubelet: Kubelet, state: NodeState) -> Json:
    said = _cpus(kubelet, state)
    if kubelet.memory is not None:
        said["memory"] = [
            {
                "numa": number,
                "assignments": cell.assignments,
                "cells": list(cpus_of(cell.group)),
                "free": _free(kubelet.memory, number, cell.free),
            }
            for number, cell in enumerate(state.memory)
        ]
    if kubelet.devices:
        said["free_devices"] = _pieces(state.devices)
    return said


def _verdict(kubelet: Kubelet, admission: Admission, qos: str, *, with_hints: bool) -> Json:
    said: Json = {"admitted": admission.refusal is None, "qos": qos}
    if with_hints and kubelet.alignment is not None:
        said["hints"] = [_asked(each) for each in admission.asked]
    if admission.panicked and admission.refusal is not None:
        return said | {"kubelet_panic": admission.refusal.message}
    if admission.refusal is not None:
        said |= {"reason": admission.refusal.reason, "message": admission.refusal.message}
    else:
        said["containers"] = [_container(kubelet, each) for each in admission.containers]
    return said | {"state_after": _state(kubelet, admission.state)}


def decide(case: Json) -> Json:
    """What we decide for the case, in the form in which its answers stand in it."""
    try:
        kubelet = start(_machine(case), _config(case["kubelet"]), _kept(case["kubelet"]))
    except StartError as error:
        return {"start_error": str(error), "steps": []}
    state = kubelet.empty
    answers: Json = {"expected_initial": _initial(kubelet, state)}
    steps: list[Json] = []
    for step in case["steps"]:
        if step["op"] == "remove":
            present = step["name"] in state.pods
            state = release(kubelet, state, step["name"])
            steps.append({"admitted": present, "state_after": _state(kubelet, state)})
            continue
        demand = pod_demand(spec_of(step["pod"]))
        admission = admit(kubelet, state, step["pod"]["name"], demand)
        state = admission.state
        with_hints = case.get("record_hints", False)
        steps.append(_verdict(kubelet, admission, demand.qos, with_hints=with_hints))
    return answers | {"steps": steps}


# -- comparison ------------------------------------------------------------------------------------


def expected(case: Json) -> Json:
    """The recorded answers, which stand in the case beside what was asked."""
    answers: Json = {"steps": [step["expected"] for step in case["steps"]]}
    return answers | {key: case[key] for key in _ANSWERS if key in case}


def answered(case: Json, ours: Json) -> Json:
    """The case with our answers in place of the recorded ones."""
    asked = {key: value for key, value in case.items() if key not in _ANSWERS}
    steps = zip(case["steps"], ours["steps"], strict=False)
    answers = {**ours, "steps": [{**step, "expected": said} for step, said in steps]}
    return asked | answers


def difference(recorded: Json, ours: Json) -> str | None:
    """The first place where the two disagree, or None."""
    return first_difference(recorded, ours)
