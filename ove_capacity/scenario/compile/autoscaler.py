"""``autoscaler`` of a cluster over its ClusterAutoscaler object -> what is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ove_capacity.model.autoscaling import Bounds, ClusterAutoscaler, ScaleDown
from ove_capacity.openshift.autoscaler.expanders import ON_OPENSHIFT, expanders
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.autoscaling import Autoscaler, MemoryRange, Range
from ove_capacity.scenario.schema.autoscaling import ScaleDown as ScaleDownSection

__all__ = ["asked_autoscaler"]

_GIB = 1 << 30
_OFFERED = {"LeastWaste": "least-waste", "Priority": "priority", "Random": "random"}
_SAME = (
    "max_nodes_total",
    "priorities",
    "pod_priority_threshold",
    "balance_similar_node_groups",
    "balancing_ignored_labels",
    "ignore_daemonsets_utilization",
    "skip_nodes_with_local_storage",
)
"""Fields that section and noun call alike."""


def asked_autoscaler(
    context: Context, name: str, written: ClusterAutoscaler | None
) -> ClusterAutoscaler | None:
    """The ClusterAutoscaler of a cluster: what the scenario says goes before what the object says.

    An object that the API server refuses says nothing to a scenario that has its own section.
    """
    own = context.scenario.clusters[name].autoscaler
    if own is None:
        return written
    base = ClusterAutoscaler() if written is None or written.refused else written
    said: dict[str, Any] = {key: getattr(own, key) for key in _SAME if key in own.model_fields_set}
    said |= _renamed(own)
    if "cores" in own.model_fields_set:
        said["cores"] = _cores(own.cores)
    if "memory" in own.model_fields_set:
        said["memory_gib"] = _memory(context, name, own.memory)
    if "gpus" in own.model_fields_set:
        said["gpus"] = tuple((each.type, each.min, each.max) for each in own.gpus)
    if own.expander:
        said["expanders"] = _expanders(context, name, own)
    if "scale_down" in own.model_fields_set:
        said["scale_down"] = _scale_down(context, name, own.scale_down, base.scale_down)
    return replace(base, **said)


def _renamed(own: Autoscaler) -> dict[str, Any]:
    pairs = {
        "new_pod_scale_up_delay": "new_pod_scale_up_delay_ms",
        "max_node_provision_time": "max_node_provision_time_ms",
        "enforce_node_group_min_size": "enforce_min_size",
    }
    return {
        noun: getattr(own, field) for field, noun in pairs.items() if field in own.model_fields_set
    }


def _cores(said: Range) -> Bounds:
    return Bounds(said.min, said.max)


def _memory(context: Context, name: str, said: MemoryRange) -> Bounds:
    for key, amount in (("min", said.min), ("max", said.max)):
        if amount is not None and amount % _GIB:
            path = ("clusters", name, "autoscaler", "memory", key)
            context.warn(path, f"counts in whole GiB: read as {amount // _GIB:,} GiB")
    least, most = (None if each is None else each // _GIB for each in (said.min, said.max))
    return Bounds(least, most)


def _expanders(context: Context, name: str, own: Autoscaler) -> tuple[str, ...]:
    found = []
    path = ("clusters", name, "autoscaler", "expander")
    for written in own.expander:
        expander = _OFFERED.get(written, written)
        if expander not in expanders.names():
            context.unknown(path, "expander", written, [*_OFFERED, *expanders.names()])
            continue
        if expander not in ON_OPENSHIFT:
            context.warn(path, f"OpenShift does not offer {written}: for studies only")
        found.append(expander)
    if "random" in found[:-1]:
        context.error(path, "nothing may follow Random, which leaves one")
    return tuple(found)


def _scale_down(
    context: Context, name: str, said: ScaleDownSection, written: ScaleDown | None
) -> ScaleDown:
    fields = {
        "enabled": "enabled",
        "delay_after_add": "delay_after_add_ms",
        "delay_after_delete": "delay_after_delete_ms",
        "delay_after_failure": "delay_after_failure_ms",
        "unneeded_time": "unneeded_time_ms",
    }
    found: dict[str, Any] = {
        noun: getattr(said, field)
        for field, noun in fields.items()
        if field in said.model_fields_set
    }
    text = said.utilization_threshold
    if text is not None:
        found["utilization_threshold"] = _share(context, name, text)
    return replace(written or ScaleDown(), **found)


def _share(context: Context, name: str, text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if 0 < share < 1:
        return share
    path = ("clusters", name, "autoscaler", "scaleDown", "utilizationThreshold")
    context.error(path, f'must be between 0 and 1, like "0.4" (got {text!r})')
    return None
