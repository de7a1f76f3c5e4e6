"""autoscaling.openshift.io and machine.openshift.io objects -> nouns: who scales which machines.

What the API server or the operator refuses is an error; what they drop or read otherwise than
written is a warning that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ove_capacity.errors import did_you_mean
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, Source, fields_of, shown
from ove_capacity.manifests.schema_words import bounded, one_of
from ove_capacity.model.autoscaling import (
    Bounds,
    ClusterAutoscaler,
    MachineAutoscaler,
    MachineHealthCheck,
    MachineSet,
    ScaleDown,
    UnhealthyCondition,
)
from ove_capacity.quantity import Quantity, QuantityError
from ove_capacity.simtime import parse_duration

__all__ = ["AutoscalingObject", "autoscaling_of"]

AutoscalingObject = ClusterAutoscaler | MachineAutoscaler | MachineHealthCheck | MachineSet

_INT32 = (1 << 31) - 1
_GIB = 1 << 30
_EXPANDERS = ("LeastWaste", "Priority", "Random")
_EXPANDERS_MOST = 3
_SWITCH = ("Enabled", "Disabled")
_STARTUP_MS = 600_000
_SERVED = "autoscaling.openshift.io/"
_SPEC = (
    "balanceSimilarNodeGroups",
    "balancingIgnoredLabels",
    "enforceNodeGroupMinSize",
    "expanders",
    "ignoreDaemonsetsUtilization",
    "logVerbosity",
    "maxNodeProvisionTime",
    "maxPodGracePeriod",
    "podPriorityThreshold",
    "resourceLimits",
    "scaleDown",
    "scaleUp",
    "skipNodesWithLocalStorage",
    "startupTaints",
)
_LIMITS = ("cores", "gpus", "maxNodesTotal", "memory")
_SCALE_DOWN = (
    "cordonNodeBeforeTerminating",
    "delayAfterAdd",
    "delayAfterDelete",
    "delayAfterFailure",
    "enabled",
    "unneededTime",
    "utilizationThreshold",
)


def autoscaling_of(source: Source, problems: Problems | None = None) -> AutoscalingObject:
    """A ClusterAutoscaler (v1), MachineAutoscaler, MachineSet or MachineHealthCheck (v1beta1).

    Every field; memory of the limits in GiB. Without *problems* it raises ScenarioError when
    anything is wrong.
    """
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    found = _MAKERS[fields.text("kind")](fields, fields.fields("metadata"))
    if problems is None:
        log.raise_if_any()
    return found


def _warn_of_unknown(fields: Fields, known: Collection[str]) -> None:
    """The API server drops fields that it does not know."""
    for key in fields.value:
        if key not in known and key in fields:
            guess = did_you_mean(key, known)
            hint = f" (did you mean {guess!r}?)" if guess else ""
            fields.warning(f"no such field: the API server drops it{hint}", key)


def _duration_ms(fields: Fields, key: str) -> int | None:
    if key not in fields:
        return None
    text = fields.text(key)
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        fields.error(str(error), key)
        return None


def _in_order(fields: Fields, least: int | None, most: int | None, names: tuple[str, str]) -> bool:
    """Whether the least is not above the most; otherwise that is an error."""
    if least is None or most is None or least <= most:
        return True
    fields.error(f"{names[0]} ({least:,}) is above {names[1]} ({most:,})", names[0])
    return False


# -- ClusterAutoscaler -----------------------------------------------------------------------------


def _cluster_autoscaler(fields: Fields, meta: Fields) -> ClusterAutoscaler:
    spec, name = fields.fields("spec"), meta.required_text("name")
    if name and name != "default":
        meta.warning("is not named default, so the operator ignores it", "name")
    _warn_of_unknown(spec, _SPEC)
    limits = spec.fields("resourceLimits")
    _warn_of_unknown(limits, _LIMITS)
    scale_up = spec.fields("scaleUp")
    _warn_of_unknown(scale_up, ("newPodScaleUpDelay",))
    enforce = one_of(spec, "enforceNodeGroupMinSize", _SWITCH)
    return ClusterAutoscaler(
        name=name,
        max_nodes_total=_bounded_or_none(limits, "maxNodesTotal", 0),
        cores=_bounds(limits, "cores", _whole),
        memory_gib=_bounds(limits, "memory", _gib),
        gpus=tuple(_gpus(each) for each in limits.each("gpus")),
        expanders=_expanders(spec),
        scale_down=_scale_down(spec) if "scaleDown" in spec else None,
        pod_priority_threshold=_bounded_or_none(spec, "podPriorityThreshold", -_INT32 - 1),
        new_pod_scale_up_delay_ms=_duration_ms(scale_up, "newPodScaleUpDelay"),
        max_pod_grace_period_s=_bounded_or_none(spec, "maxPodGracePeriod", 0),
        max_node_provision_time_ms=_duration_ms(spec, "maxNodeProvisionTime"),
        balance_similar_node_groups=spec.flag("balanceSimilarNodeGroups"),
        balancing_ignored_labels=spec.texts("balancingIgnoredLabels"),
        ignore_daemonsets_utilization=spec.flag("ignoreDaemonsetsUtilization"),
        skip_nodes_with_local_storage=spec.flag("skipNodesWithLocalStorage")
        if "skipNodesWithLocalStorage" in spec
        else None,
        enforce_min_size=enforce == "Enabled",
        startup_taints=spec.texts("startupTaints"),
        refused=_refused(limits),
    )


def _bounded_or_none(fields: Fields, key: str, least: int) -> int | None:
    return bounded(fields, key, max(0, least), least, _INT32) if key in fields else None


def _whole(fields: Fields, key: str) -> int | None:
    return _bounded_or_none(fields, key, 0)


def _gib(fields: Fields, key: str) -> int | None:
    """Whole GiB; a quantity is what the author meant, and what the API server refuses."""
    value = fields.get(key)
    if not isinstance(value, str):
        return _whole(fields, key)
    try:
        quantity = Quantity.parse(value)
    except QuantityError:
        fields.error(f"must be a whole number of GiB (got {shown(value)})", key)
        return None
    gib = quantity.value // _GIB
    fields.warning(
        f"{value!r} is refused by the API server, which wants whole GiB: read as {gib:,}", key
    )
    return gib


def _refused(limits: Fields) -> tuple[str, ...]:
    """Fields of the limits that the API server refuses, and that are understood all the same."""
    memory = limits.fields("memory")
    return tuple(
        f"resourceLimits.memory.{key}: {memory.get(key)!r}, and not whole GiB"
        for key in ("min", "max")
        if isinstance(memory.get(key), str)
    )


def _bounds(limits: Fields, key: str, amount: Callable[[Fields, str], int | None]) -> Bounds:
    given = limits.fields(key)
    _warn_of_unknown(given, ("max", "min"))
    least, most = amount(given, "min"), amount(given, "max")
    if not _in_order(given, least, most, ("min", "max")):
        return Bounds()
    return Bounds(least, most)


def _gpus(each: Fields) -> tuple[str, int, int]:
    least, most = bounded(each, "min", 0, 0, _INT32), bounded(each, "max", 0, 0, _INT32)
    _in_order(each, least, most, ("min", "max"))
    return each.required_text("type"), least, most


def _expanders(spec: Fields) -> tuple[str, ...]:
    found = spec.texts("expanders")
    if len(found) > _EXPANDERS_MOST:
        spec.error(f"must have at most {_EXPANDERS_MOST} items (got {len(found)})", "expanders")
    for index, name in enumerate(found):
        if name not in _EXPANDERS:
            listed = ", ".join(f'"{each}"' for each in _EXPANDERS)
            what = f"unsupported value {shown(name)}: supported values: {listed}"
            spec.error(what, "expanders", index, suggestion=did_you_mean(name, _EXPANDERS))
    if "Random" in found[:-1]:
        spec.error("nothing may follow Random, which leaves one", "expanders")
    return tuple(name for name in found if name in _EXPANDERS)


def _scale_down(spec: Fields) -> ScaleDown:
    down = spec.fields("scaleDown")
    _warn_of_unknown(down, _SCALE_DOWN)
    cordon = one_of(down, "cordonNodeBeforeTerminating", _SWITCH)
    return ScaleDown(
        enabled=down.flag("enabled"),
        delay_after_add_ms=_duration_ms(down, "delayAfterAdd"),
        delay_after_delete_ms=_duration_ms(down, "delayAfterDelete"),
        delay_after_failure_ms=_duration_ms(down, "delayAfterFailure"),
        unneeded_time_ms=_duration_ms(down, "unneededTime"),
        utilization_threshold=_threshold(down),
        cordon_before_terminating=None if not cordon else cordon == "Enabled",
    )


def _threshold(down: Fields) -> float | None:
    """A share between 0 and 1, neither of them, written as text."""
    key = "utilizationThreshold"
    if key not in down:
        return None
    text = down.text(key)
    if not isinstance(down.get(key), str):
        return None
    whole, dot, part = text.partition(".")
    is_share = whole in ("", "0") and dot and part.isascii() and part.isdigit() and part.strip("0")
    if not is_share:
        down.error(f'must be between 0 and 1, like "0.4" (got {shown(text)})', key)
        return None
    return float(text)


# -- machines --------------------------------------------------------------------------------------


def _machine_autoscaler(fields: Fields, meta: Fields) -> MachineAutoscaler:
    spec = fields.fields("spec")
    _warn_of_unknown(spec, ("maxReplicas", "minReplicas", "scaleTargetRef"))
    for key in ("minReplicas", "maxReplicas"):
        if key not in spec:
            spec.error(f"{key!r} is missing")
    least = bounded(spec, "minReplicas", 0, 0, _INT32)
    most = bounded(spec, "maxReplicas", 1, 1, _INT32)
    if not _in_order(spec, least, most, ("minReplicas", "maxReplicas")):
        least = most
    target = spec.fields("scaleTargetRef")
    kind = target.required_text("kind")
    if kind and kind != "MachineSet":
        target.error(f"must be MachineSet (got {shown(kind)})", "kind")
    version, refused = fields.text("apiVersion"), ""
    if version and not version.startswith(_SERVED):
        refused = f"no kind MachineAutoscaler in {version}: it is {_SERVED}v1beta1"
        fields.warning(f"{refused}; the API server refuses it", "apiVersion")
    name, machine_set = meta.required_text("name"), target.required_text("name")
    return MachineAutoscaler(name, machine_set, least, most, refused)


def _machine_set(fields: Fields, meta: Fields) -> MachineSet:
    spec = fields.fields("spec")
    template = spec.fields("template")
    machine = template.fields("spec")
    return MachineSet(
        name=meta.required_text("name"),
        replicas=spec.whole("replicas", 1, least=0),
        labels=machine.fields("metadata").labels("labels"),
        taints=tuple(
            (each.required_text("key"), each.text("value"), each.required_text("effect"))
            for each in machine.each("taints")
        ),
        annotations=meta.labels("annotations"),
        machine_labels=template.fields("metadata").labels("labels"),
    )


def _machine_health_check(fields: Fields, meta: Fields) -> MachineHealthCheck:
    spec = fields.fields("spec")
    known = ("maxUnhealthy", "nodeStartupTimeout", "remediationTemplate", "selector")
    _warn_of_unknown(spec, (*known, "unhealthyConditions"))
    conditions = tuple(
        UnhealthyCondition(
            each.required_text("type"),
            each.required_text("status"),
            _duration_ms(each, "timeout") or 0,
        )
        for each in spec.each("unhealthyConditions")
    )
    if not conditions:
        spec.error("'unhealthyConditions' is missing: there must be one at least")
    startup_ms = _zero_or_duration_ms(spec, "nodeStartupTimeout")
    return MachineHealthCheck(
        name=meta.required_text("name"),
        selector=spec.fields("selector").labels("matchLabels"),
        conditions=conditions,
        max_unhealthy=_max_unhealthy(spec),
        node_startup_timeout_ms=_STARTUP_MS if startup_ms is None else startup_ms,
    )


def _zero_or_duration_ms(spec: Fields, key: str) -> int | None:
    return 0 if spec.get(key) == "0" else _duration_ms(spec, key)


def _max_unhealthy(spec: Fields) -> str:
    value = spec.get("maxUnhealthy")
    if value is None:
        return "100%"
    text = str(value)
    number = text.removesuffix("%")
    if isinstance(value, bool) or not (number.isascii() and number.isdigit()):
        spec.error(f"must be a number or a percentage (got {shown(value)})", "maxUnhealthy")
        return "100%"
    return text


_MAKERS: Mapping[str, Callable[[Fields, Fields], AutoscalingObject]] = {
    "ClusterAutoscaler": _cluster_autoscaler,
    "MachineAutoscaler": _machine_autoscaler,
    "MachineHealthCheck": _machine_health_check,
    "MachineSet": _machine_set,
}
