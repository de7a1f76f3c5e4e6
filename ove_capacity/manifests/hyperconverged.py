"""HyperConverged, from which the operator writes KubeVirt's configuration -> the noun."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ove_capacity.errors import did_you_mean
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, warn_of_others
from ove_capacity.manifests.kubevirt_config import binding_plugin_of, kubevirt_of
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.selectors import label_selector_of
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.virtualization import BindingPlugin, Gates, KubeVirt
from ove_capacity.openshift.virtualization import default_kubevirt
from ove_capacity.releases import Release

__all__ = ["Configured", "Said", "hyperconverged_of", "kubevirt_of_cluster"]

_KIND = "HyperConverged"
_JSON_PATCH = "kubevirt.kubevirt.io/jsonpatch"
_EVEN_PARITY = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
_EVICTIONS = ("LiveMigrate", "LiveMigrateIfPossible", "External", "None")
_LARGEST_RATIO = 1_000_000
_LEAST_OVERCOMMIT, _LEAST_OVERCOMMIT_SINCE = 10, 20
_USB_SINCE = 17
_HARMLESS = frozenset(
    f"spec.{name}"
    for name in (
        *("certConfig", "commonBootImageNamespace", "commonTemplatesNamespace"),
        *("logVerbosityConfig", "security", "tlsSecurityProfile", "uninstallStrategy"),
        *("scratchSpaceStorageClass", "tuningPolicy", "vddkInitImage", "vmStateStorageClass"),
        *("deployment.logVerbosityConfig", "deployment.uninstallStrategy"),
        *("storage.scratchSpaceStorageClass", "storage.vmStateStorageClass"),
        *("virtualMachineOptions.disableFreePageReporting", "virtualization.tuningPolicy"),
        "virtualization.virtualMachineOptions.disableFreePageReporting",
    )
)


@dataclass(frozen=True, slots=True)
class Said:
    """One value that the object says, and where."""

    value: str
    place: str
    """``file:line:column``."""


@dataclass(frozen=True, slots=True)
class Configured:
    """KubeVirt's configuration, and which part of it the object says."""

    kubevirt: KubeVirt
    said: Mapping[str, Said] = field(default_factory=FrozenMap)
    """``virtualization.*``, by the names of the ledger."""
    is_complete: bool = False
    """A KubeVirt object says all of it: nothing is the operator's default."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: where the two API versions have it, and what it sets."""

    name: str
    """After ``virtualization.``."""
    path: str
    """Below ``spec`` in v1beta1."""
    path_v1: str
    since: int
    """The OpenShift minor release from which on the operator knows it."""
    read: Callable[[Fields, str, Release], dict[str, Any]]


def _ratio(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    return {"cpu_allocation_ratio": fields.whole(key, 10, least=1, most=_LARGEST_RATIO)}


def _overcommit(fields: Fields, key: str, release: Release) -> dict[str, Any]:
    late = release.openshift.minor >= _LEAST_OVERCOMMIT_SINCE
    least = _LEAST_OVERCOMMIT if late else 1
    return {"memory_overcommit": fields.whole(key, 100, least=least, most=_LARGEST_RATIO)}


def _eviction(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    said = fields.text(key)
    if said and said not in _EVICTIONS:
        message = f"must be one of {', '.join(_EVICTIONS)} (got {said!r})"
        fields.error(message, key, suggestion=did_you_mean(said, _EVICTIONS))
    return {"eviction_strategy": said} if said in _EVICTIONS else {}


def _console_log(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    return {"serial_console_log_disabled": fields.flag(key)}


def _text(attribute: str) -> Callable[[Fields, str, Release], dict[str, Any]]:
    return lambda fields, key, _: {attribute: fields.text(key)}


def _cpu_limits(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    return {"auto_cpu_limit_namespaces": label_selector_of(fields, key)}


def _devices(fields: Fields, key: str, release: Release) -> dict[str, Any]:
    lists, known = fields.fields(key), ["mediatedDevices", "pciHostDevices"]
    if release.openshift.minor >= _USB_SINCE:
        known.append("usbHostDevices")
    warn_of_others(lists, known)
    permitted = frozenset(
        each.required_text("resourceName")
        for name in known
        for each in lists.each(name)
        if not each.flag("disabled")
    )
    return {"permitted_host_devices": permitted}


def _live_update(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    live = fields.fields(key)
    warn_of_others(live, ("maxCpuSockets", "maxGuest", "maxHotplugRatio"))
    return {
        "max_cpu_sockets": live.whole_or_none("maxCpuSockets"),
        "max_guest": live.quantity("maxGuest"),
        "max_hotplug_ratio": live.whole("maxHotplugRatio", least=0),
    }


def _bindings(fields: Fields, key: str, _: Release) -> dict[str, Any]:
    plugins = fields.fields(key)
    found: dict[str, BindingPlugin] = {}
    for name in plugins.value:
        found[name] = binding_plugin_of(plugins.fields(name))
    return {"binding_plugins": found}


_FIELDS = (
    _Field(
        "cpu_allocation_ratio",
        "resourceRequirements.vmiCPUAllocationRatio",
        "virtualization.vmiCPUAllocationRatio",
        14,
        _ratio,
    ),
    _Field(
        "autoCPULimitNamespaceLabelSelector",
        "resourceRequirements.autoCPULimitNamespaceLabelSelector",
        "virtualization.autoCPULimitNamespaceLabelSelector",
        14,
        _cpu_limits,
    ),
    _Field(
        "memory_overcommit_percent",
        "higherWorkloadDensity.memoryOvercommitPercentage",
        "virtualization.higherWorkloadDensity.memoryOvercommitPercentage",
        16,
        _overcommit,
    ),
    _Field(
        "eviction_strategy", "evictionStrategy", "virtualization.evictionStrategy", 14, _eviction
    ),
    _Field(
        "guest_console_log",
        "virtualMachineOptions.disableSerialConsoleLog",
        "virtualization.virtualMachineOptions.disableSerialConsoleLog",
        15,
        _console_log,
    ),
    _Field(
        "defaultCPUModel",
        "defaultCPUModel",
        "virtualization.virtualMachineOptions.defaultCPUModel",
        14,
        _text("cpu_model"),
    ),
    _Field(
        "defaultRuntimeClass",
        "defaultRuntimeClass",
        "virtualization.virtualMachineOptions.defaultRuntimeClass",
        14,
        _text("default_runtime_class"),
    ),
    _Field(
        "permittedHostDevices",
        "permittedHostDevices",
        "virtualization.permittedHostDevices",
        14,
        _devices,
    ),
    _Field(
        "liveUpdateConfiguration",
        "liveUpdateConfiguration",
        "virtualization.liveUpdateConfiguration",
        20,
        _live_update,
    ),
    _Field("networkBinding", "networkBinding", "networking.networkBinding", 15, _bindings),
)
_GATES = {
    "alignCPUs": ("AlignCPUs", 15, 99),
    "autoResourceLimits": ("AutoResourceLimitsGate", 15, 18),
}
"""Gate of the operator -> KubeVirt's, and the OpenShift minor releases that hand it on."""


def _at(spec: Fields, steps: Iterable[str], key: str) -> Fields | None:
    """The mapping below *steps* if it has the *key*."""
    for step in steps:
        if step not in spec:
            return None
        spec = spec.fields(step)
    return spec if key in spec else None


def _gates(spec: Fields, is_v1: bool) -> Iterator[tuple[str, Fields, str]]:
    """Each gate of the operator that is on and that a launcher pod heeds, with its place."""
    if is_v1:
        for each in spec.each("featureGates"):
            name = each.required_text("name")
            if name not in _GATES:
                each.not_modelled("name")
            elif each.text("state", "Enabled") == "Enabled":
                yield name, each, "name"
        return
    gates = spec.fields("featureGates")
    for name in gates.value:
        if name not in _GATES:
            if name in gates:
                gates.not_modelled(name)
        elif gates.flag(name):
            yield name, gates, name


def _with_gates(
    kubevirt: KubeVirt, spec: Fields, is_v1: bool, release: Release
) -> tuple[KubeVirt, dict[str, Said]]:
    said: dict[str, Said] = {}
    for name, fields, key in _gates(spec, is_v1):
        gate, first, last = _GATES[name]
        if not first <= release.openshift.minor <= last:
            _warn_of_age(fields, key, release)
            continue
        said[f"virtualization.featureGates.{name}"] = Said("on", fields.place(key))
        enabled = kubevirt.gates.enabled | {gate}
        kubevirt = replace(kubevirt, gates=Gates(enabled, kubevirt.gates.disabled))
        if name == "alignCPUs":
            marked = {**kubevirt.annotations, _EVEN_PARITY: ""}
            kubevirt = replace(kubevirt, annotations=FrozenMap(marked))
    return kubevirt, said


def _warn_of_age(fields: Fields, key: str, release: Release) -> None:
    fields.warning(
        f"the operator of OpenShift {release.openshift} does not know {key}: it changes nothing",
        key,
    )


def _warn_of_rest(fields: Fields, known: frozenset[str], prefix: str = "spec") -> None:
    """Count what is neither read nor harmless, at the level where it stops being either."""
    for key in fields.value:
        path = f"{prefix}.{key}"
        if key not in fields or path in known or path in _HARMLESS:
            continue
        leads_on = any(each.startswith(f"{path}.") for each in (*known, *_HARMLESS))
        if leads_on and isinstance(fields.get(key), Mapping):
            _warn_of_rest(fields.fields(key), known, path)
        else:
            fields.not_modelled(key)


def _shown(name: str, values: Mapping[str, Any], kubevirt: KubeVirt) -> str:
    if name == "guest_console_log":
        return "off" if kubevirt.serial_console_log_disabled else "on"
    if name == "permittedHostDevices":
        return ", ".join(sorted(values["permitted_host_devices"])) or "none"
    only = next(iter(values.values()))
    return str(only) if len(values) == 1 and isinstance(only, str | int) else "configuration"


def hyperconverged_of(fields: Fields, release: Release, default: KubeVirt) -> Configured:
    """What the operator of *release* makes of a HyperConverged.

    *default*: what it makes of one that says nothing.

    Source: kubevirt/hyperconverged-cluster-operator 1.10.0 to 1.17.0 and 1.18.1
    controllers/operands/kubevirt.go (from 1.16 on controllers/handlers/kubevirt.go), getKVConfig,
    getKVDevConfig, toKvPermittedHostDevices, setAnnotationsToReqState; its fields by release from
    api/v1beta1/hyperconverged_types.go, those of v1 from 1.18.1 api/v1/hyperconverged_types.go.
    """
    is_v1 = fields.text("apiVersion").endswith("/v1")
    spec, kubevirt, known = fields.fields("spec"), default, {"spec.featureGates"}
    said: dict[str, Said] = {}
    for each in _FIELDS:
        path = each.path_v1 if is_v1 else each.path
        known.add(f"spec.{path}")
        *steps, key = path.split(".")
        holder = _at(spec, steps, key)
        if holder is None:
            continue
        if release.openshift.minor < each.since:
            _warn_of_age(holder, key, release)
            continue
        values = each.read(holder, key, release)
        kubevirt = replace(kubevirt, **values)
        if values:
            shown = _shown(each.name, values, kubevirt)
            said[f"virtualization.{each.name}"] = Said(shown, holder.place(key))
    kubevirt, gates = _with_gates(kubevirt, spec, is_v1, release)
    _warn_of_rest(spec, frozenset(known))
    if _JSON_PATCH in fields.fields("metadata").labels("annotations"):
        message = f"the patch in {_JSON_PATCH} is not applied: what it changes is not counted"
        fields.warning(message, "metadata", "annotations", _JSON_PATCH)
    return Configured(kubevirt, FrozenMap({**said, **gates}))


def kubevirt_of_cluster(
    found: Objects, release: Release, problems: Problems, *, highly_available: bool = True
) -> Configured:
    """KubeVirt's configuration on a cluster: by its HyperConverged, its KubeVirt, or by default.

    Where both objects are listed the HyperConverged counts: the operator writes the other from it.
    """
    default = default_kubevirt(release, highly_available=highly_available)
    own = found.kubevirt_parts.get(_KIND, [])
    written = found.kubevirt_parts.get("KubeVirt", [])
    for each in own[:-1]:
        each.warning(f"is set aside: of {len(own)} {_KIND} of a cluster the last one counts")
    if own:
        for each in written:
            each.warning(f"is set aside: the operator writes it anew from the {_KIND}")
        return hyperconverged_of(own[-1], release, default)
    if written:
        return Configured(kubevirt_of(written[-1], problems), is_complete=True)
    return Configured(default)
