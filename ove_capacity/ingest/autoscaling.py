"""ClusterAutoscaler -> the ``autoscaler`` section of a scenario, and what has no word there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.ingest.sketch import Value
from ove_capacity.manifests.fields import Fields
from ove_capacity.simtime import parse_duration

__all__ = ["AutoscalerFound", "autoscaler_of"]

_MOST = 1_000_000
_PRIORITY = 1 << 31
_LONGEST_NAME = 253
_LAST = "Random"
_EXPANDERS = ("LeastWaste", "Priority", _LAST)
"""Those of OpenShift; nothing may follow the last, which leaves one choice."""


@dataclass(frozen=True, slots=True)
class AutoscalerFound:
    """What a ClusterAutoscaler says."""

    said: Mapping[str, Value]
    """In the scenario's words."""
    unused: tuple[str, ...]
    """Fields of it that the scenario has no word for."""


def _bounds(limits: Fields, key: str, unit: str, unused: list[str]) -> dict[str, Value]:
    """``cores`` and ``memory``; the latter counts in GiB."""
    given = limits.fields(key)
    least, most = (given.whole(name, 0, 0, _MOST) for name in ("min", "max"))
    if most and least > most:
        unused.append(f"resourceLimits.{key}: its min is more than its max")
        return {}
    bounds: dict[str, Value] = {}
    for name, amount in (("min", least), ("max", most)):
        if amount:
            bounds[name] = f"{amount}{unit}" if unit else amount
    return {key: bounds} if bounds else {}


def _gpus(limits: Fields, unused: list[str]) -> list[Value]:
    said: list[Value] = []
    for each in limits.each("gpus"):
        kind = each.text("type")
        least, most = (each.whole(name, 0, 0, _MOST) for name in ("min", "max"))
        if not 0 < len(kind) <= _LONGEST_NAME or least > most:
            unused.append("resourceLimits.gpus: no type, or its min is more than its max")
        else:
            said.append({"type": kind, "min": least, "max": most})
    return said


def _limits(limits: Fields, unused: list[str]) -> dict[str, Value]:
    said: dict[str, Value] = {}
    if "maxNodesTotal" in limits:
        said["maxNodesTotal"] = limits.whole("maxNodesTotal", 0, 0, _MOST)
    said |= _bounds(limits, "cores", "", unused)
    said |= _bounds(limits, "memory", "Gi", unused)
    gpus = _gpus(limits, unused)
    if gpus:
        said["gpus"] = gpus
    known = ("maxNodesTotal", "cores", "memory", "gpus")
    unused += [f"resourceLimits.{key}" for key in sorted(limits.value) if key not in known]
    return said


def _expanders(spec: Fields, unused: list[str]) -> dict[str, Value]:
    written = spec.texts("expanders")
    known: list[Value] = [each for each in written if each in _EXPANDERS]
    if len(known) < len(written) or _LAST in known[:-1]:
        unused.append("expanders: OpenShift refuses them")
        return {}
    return {"expander": known} if known else {}


def _is_share(text: str) -> bool:
    whole, _, part = text.partition(".")
    digits = whole + part
    return digits.isascii() and digits.isdigit() and len(digits) < 8 and 0 < float(text) < 1


def _scale_down(scale_down: Fields, unused: list[str]) -> dict[str, Value]:
    said: dict[str, Value] = {}
    for key in sorted(scale_down.value):
        if key == "enabled":
            said[key] = scale_down.flag(key)
        elif key in _READABLE and _READABLE[key](scale_down.text(key)):
            said[key] = scale_down.text(key)
        else:
            unused.append(f"scaleDown.{key}")
    return {"scaleDown": said} if said else {}


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


_READABLE = {
    "delayAfterAdd": _is_duration,
    "delayAfterDelete": _is_duration,
    "delayAfterFailure": _is_duration,
    "unneededTime": _is_duration,
    "utilizationThreshold": _is_share,
}
"""Field of ``scaleDown`` -> whether a text is something that it can say."""


_SWITCHES = (
    "balanceSimilarNodeGroups",
    "balancingIgnoredLabels",
    "enforceNodeGroupMinSize",
    "ignoreDaemonsetsUtilization",
    "maxNodeProvisionTime",
    "skipNodesWithLocalStorage",
)
_FLAGS = ("balanceSimilarNodeGroups", "ignoreDaemonsetsUtilization", "skipNodesWithLocalStorage")


def _switches(spec: Fields, unused: list[str]) -> dict[str, Value]:
    said: dict[str, Value] = {key: spec.flag(key) for key in _FLAGS if key in spec}
    labels = [each for each in spec.texts("balancingIgnoredLabels") if each]
    if labels:
        said["balancingIgnoredLabels"] = labels
    if spec.text("enforceNodeGroupMinSize") == "Enabled":
        said["enforceNodeGroupMinSize"] = True
    key = "maxNodeProvisionTime"
    if key in spec and _is_duration(spec.text(key)):
        said[key] = spec.text(key)
    elif key in spec:
        unused.append(key)
    return said


def autoscaler_of(fields: Fields) -> AutoscalerFound:
    """What a ClusterAutoscaler says; problems with it go where those of *fields* go."""
    spec = fields.fields("spec")
    unused: list[str] = []
    said = _limits(spec.fields("resourceLimits"), unused)
    said |= _expanders(spec, unused)
    said |= _scale_down(spec.fields("scaleDown"), unused)
    if "podPriorityThreshold" in spec:
        said["podPriorityThreshold"] = spec.whole(
            "podPriorityThreshold", 0, -_PRIORITY, _PRIORITY - 1
        )
    said |= _switches(spec, unused)
    known = ("resourceLimits", "expanders", "scaleDown", "podPriorityThreshold", *_SWITCHES)
    unused += [key for key in sorted(spec.value) if key not in known]
    return AutoscalerFound(said, tuple(unused))
