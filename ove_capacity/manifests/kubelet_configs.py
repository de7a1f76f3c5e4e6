"""KubeletConfig and PerformanceProfile -> the ``kubelet`` that a scenario would say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ove_capacity.manifests.config_pools import POOL, WORKER, pools_of
from ove_capacity.manifests.fields import Fields
from ove_capacity.model.cpu_set import CpuSetError, cpu_mask
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.quantity import QuantityError, memory_bytes

__all__ = ["KINDS", "WrittenKubelet", "WrittenPages", "written_kubelet", "written_pages"]

KINDS = ("PerformanceProfile", "KubeletConfig")
"""The first makes one of the second, which wins where both are there."""

_MASTER = "master"
_SNIPPET = "kubeletconfig.experimental"
_AVAILABLE = "memory.available"
_ALIGNED = ("restricted", "single-numa-node")
_WHOLE_CORES = "single-numa-node"
_PAGES = {"64K": "64Ki", "2M": "2Mi", "32M": "32Mi", "512M": "512Mi", "1G": "1Gi"}
"""Page sizes of the kernel -> as Kubernetes prints them."""

_SAME = (
    "cpuManagerPolicy",
    "cpuManagerPolicyOptions",
    "maxPods",
    "memoryManagerPolicy",
    "reservedMemory",
    "reservedSystemCPUs",
    "topologyManagerPolicy",
    "topologyManagerPolicyOptions",
    "topologyManagerScope",
)
"""Fields of a KubeletConfiguration that a scenario calls the same."""


@dataclass(frozen=True, slots=True)
class WrittenKubelet:
    """What an object says, in the words of a scenario's ``kubelet``; not checked yet."""

    fields: Fields
    """The object, for its place."""
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenPages:
    """Hugepages that a PerformanceProfile has each of its machines keep."""

    fields: Fields
    """The object, for its place."""
    pages: Mapping[str, int]
    """Page size as Kubernetes prints it -> how many a machine keeps."""
    by_cell: bool
    """Some are asked for on one NUMA cell alone."""


def _of_workers(kind: str, objects: Mapping[str, Sequence[Fields]]) -> list[Fields]:
    """Objects of that kind for the workers; those for other pools of theirs where there is none.

    Workers are configured alike here: what is for some of them alone is left out when something is
    for all, and a warning says so either way.
    """
    pools = objects.get(POOL, ())
    chosen = [(each, pools_of(each, pools)) for each in objects.get(kind, ())]
    own = [each for each, names in chosen if WORKER in names]
    others = [(each, names) for each, names in chosen if WORKER not in names]
    found = list(own)
    for each, names in others:
        custom = [name for name in names if name != _MASTER]
        if not names:
            each.warning("is not used: it selects no MachineConfigPool that is listed")
        elif custom and own:
            each.warning(f"is not used: it is for the pool {', '.join(custom)} alone")
        elif custom:
            found.append(each)
            if pools:
                each.warning(f"is for the pool {', '.join(custom)}: taken for all workers")
    return found


def _amounts(value: Any) -> dict[str, Any]:
    given = value if isinstance(value, Mapping) else {}
    return {name: given[name] for name in (CPU, MEMORY) if given.get(name)}


def _words(config: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """A KubeletConfiguration in a scenario's words."""
    said = {key: config[key] for key in _SAME if config.get(key)}
    for key in ("systemReserved", "kubeReserved"):
        if amounts := _amounts(config.get(key)):
            said[key] = amounts
    eviction = config.get("evictionHard")
    if isinstance(eviction, Mapping) and eviction.get(_AVAILABLE):
        said["evictionMemoryAvailable"] = eviction[_AVAILABLE]
    try:
        cpu_mask(str(said.get("reservedSystemCPUs", "")))
    except CpuSetError as error:
        fields.warning(f"its reserved CPUs are left out: {error}")
        del said["reservedSystemCPUs"]
    return said


def _snippet(fields: Fields) -> dict[str, Any]:
    """What a PerformanceProfile hands through to the kubelet."""
    text = fields.fields("metadata").fields("annotations").text(_SNIPPET)
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    fields.warning("is no JSON object, and left out", "metadata", "annotations", _SNIPPET)
    return {}


def _sum(*amounts: Any) -> str:
    return f"{sum(memory_bytes(str(each)) for each in amounts) >> 10}Ki"


def _of_performance_profile(fields: Fields) -> dict[str, Any]:
    """The KubeletConfig that the Node Tuning Operator makes of a profile.

    Source: openshift/cluster-node-tuning-operator 069ef8f pkg/performanceprofile/controller/
    performanceprofile/components/kubeletconfig/kubeletconfig.go, New.
    """
    spec, config = fields.fields("spec"), _snippet(fields)
    policy = spec.fields("numa").text("topologyPolicy") or "best-effort"
    config |= {"cpuManagerPolicy": "static", "topologyManagerPolicy": policy}
    config["reservedSystemCPUs"] = spec.fields("cpu").text("reserved")
    kept = {}
    for key, name, default in (
        ("systemReserved", MEMORY, "500Mi"),
        ("kubeReserved", MEMORY, "500Mi"),
        ("evictionHard", _AVAILABLE, "100Mi"),
    ):
        given = config.get(key) if isinstance(config.get(key), dict) else {}
        config[key] = {name: default, **(given or {})}
        kept[key] = config[key][name]
    if policy in _ALIGNED:
        config["memoryManagerPolicy"] = "Static"
        try:
            limits = {MEMORY: _sum(*kept.values())}
            config.setdefault("reservedMemory", [{"numaNode": 0, "limits": limits}])
        except QuantityError as error:
            fields.warning(f"what it reserves cannot be summed up: {error}")
    if policy == _WHOLE_CORES:
        options = config.get("cpuManagerPolicyOptions")
        given = options if isinstance(options, dict) else {}
        config["cpuManagerPolicyOptions"] = {"full-pcpus-only": "true", **given}
    return config


def _page_count(entry: Fields) -> int:
    count = entry.get("count") or 0
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return count
    entry.warning(f"is no number of pages, and left out (got {count!r})", "count")
    return 0


def written_pages(objects: Mapping[str, Sequence[Fields]]) -> WrittenPages | None:
    """What PerformanceProfiles say of hugepages on workers; the last one counts.

    Source: openshift/cluster-node-tuning-operator 069ef8f pkg/apis/performanceprofile/v2/
    performanceprofile_types.go, HugePages: sizes are written as the kernel has them, 1G.
    """
    profiles = _of_workers(KINDS[0], objects)
    if not profiles:
        return None
    pages: dict[str, int] = {}
    by_cell = False
    for entry in profiles[-1].fields("spec").fields("hugepages").each("pages"):
        size = _PAGES.get(entry.text("size"))
        if size is None:
            entry.warning(f"is none of {', '.join(_PAGES)}, and left out", "size")
            continue
        pages[size] = pages.get(size, 0) + _page_count(entry)
        by_cell |= "node" in entry
    return WrittenPages(profiles[-1], pages, by_cell)


def written_kubelet(objects: Mapping[str, Sequence[Fields]]) -> WrittenKubelet | None:
    """What the objects say of the workers: the last KubeletConfig, else the last profile.

    *objects*: by kind. Those for masters are left aside; others that do not count are warned of.
    """
    of_workers = [each for kind in KINDS for each in _of_workers(kind, objects)]
    if not of_workers:
        return None
    *others, chosen = of_workers
    for each in others:
        if each.get("kind") == chosen.get("kind"):
            name = chosen.fields("metadata").text("name")
            each.warning(f"is not used: all workers are configured by {name}")
    if chosen.get("kind") == KINDS[0]:
        return WrittenKubelet(chosen, _words(_of_performance_profile(chosen), chosen))
    spec = chosen.fields("spec")
    said = _words(spec.fields("kubeletConfig").value, chosen)
    if "autoSizingReserved" in spec:
        said["autoSizingReserved"] = spec.flag("autoSizingReserved")
    return WrittenKubelet(chosen, said)
