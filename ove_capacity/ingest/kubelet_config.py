"""KubeletConfig -> the ``kubelet`` section of a scenario, and what of it has no word there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.ingest.odd_nodes import LEAST_BYTES
from ove_capacity.ingest.sketch import Value, cpu_text, memory_text
from ove_capacity.ingest.sysinfo import cpu_list
from ove_capacity.manifests.fields import Fields
from ove_capacity.model.resources import AMOUNT_MAX, CPU, MEMORY
from ove_capacity.model.selector import LabelSelector
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["KubeletFound", "kubelet_of"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "cpuManagerPolicy": ("none", "static"),
    "memoryManagerPolicy": ("None", "Static"),
    "topologyManagerPolicy": ("none", "best-effort", "restricted", "single-numa-node"),
    "topologyManagerScope": ("container", "pod"),
}
_MOST_PODS = 1_000_000
_EVICTED_AT = "memory.available"


@dataclass(frozen=True, slots=True)
class KubeletFound:
    """What one KubeletConfig says."""

    name: str
    created: str
    """As the object says; sorts by time."""
    selector: LabelSelector | None
    """Which MachineConfigPools it is for."""
    said: Mapping[str, Value]
    """In the scenario's words."""
    unused: tuple[str, ...]
    """Fields of it that the scenario has no word for."""


def _amount(quantity: Quantity | None, name: str) -> Value | None:
    """As a scenario says it; None for nothing, for a few bytes, and for more than machines have."""
    if quantity is None or quantity.nano <= 0 or quantity.value > AMOUNT_MAX // 1000:
        return None
    if name == CPU:
        return cpu_text(quantity.milli)
    return memory_text(quantity.value) if quantity.value >= LEAST_BYTES else None


def _threshold(text: object) -> Value | None:
    """``100Mi``; None for a share of the memory."""
    try:
        return _amount(Quantity.parse(text), MEMORY) if isinstance(text, str) else None
    except QuantityError:
        return None


def _value(config: Fields, key: str) -> Value | None:
    """What one field says; None when the scenario cannot say it."""
    if key in _CHOICES:
        text = config.text(key)
        return text if text in _CHOICES[key] else None
    match key:
        case "reservedSystemCPUs":
            text = config.text(key)
            return text if cpu_list(text) else None
        case "maxPods":
            pods = config.whole(key)
            return pods if 0 < pods <= _MOST_PODS else None
    return None


def _parts(config: Fields, unused: list[str]) -> dict[str, Value]:
    """``systemReserved`` and ``evictionHard``, of which only some entries are modelled."""
    said: dict[str, Value] = {}
    reserved: dict[str, Value] = {}
    for name, quantity in config.quantities("systemReserved").items():
        value = _amount(quantity, name) if name in (CPU, MEMORY) else None
        if value is None:
            unused.append(f"systemReserved.{name}")
        else:
            reserved[name] = value
    if reserved:
        said["systemReserved"] = reserved
    for name, text in config.fields("evictionHard").value.items():
        value = _threshold(text) if name == _EVICTED_AT else None
        if value is None:
            unused.append(f"evictionHard.{name}")
        else:
            said["evictionMemoryAvailable"] = value
    return said


def kubelet_of(fields: Fields, selector: LabelSelector | None) -> KubeletFound:
    """What a KubeletConfig says; problems with it go where those of *fields* go."""
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    config = spec.fields("kubeletConfig")
    unused: list[str] = []
    said: dict[str, Value] = {}
    if "autoSizingReserved" in spec:
        said["autoSizingReserved"] = spec.flag("autoSizingReserved")
    for key in sorted(config.value):
        if key in ("systemReserved", "evictionHard") or config.get(key) is None:
            continue
        value = _value(config, key)
        if value is None:
            unused.append(key)
        else:
            said[key] = value
    said |= _parts(config, unused)
    name, created = meta.text("name"), meta.text("creationTimestamp")
    return KubeletFound(name, created, selector, said, tuple(unused))
