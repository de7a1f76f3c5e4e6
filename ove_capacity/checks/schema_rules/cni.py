"""The CNI configuration in a NetworkAttachmentDefinition: no schema but what its plugin reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import Problem, ScenarioError, did_you_mean
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.files import embedded_document

__all__ = ["CNI_RULES"]

_EVERY = ("args", "capabilities", "cniVersion", "dns", "ipam", "name", "prevResult", "type")
_EVERY_MORE = ("description", "disableCheck", "disableGC", "runtimeConfig")
_LINK = ("linkInContainer", "master", "mtu")
_BRIDGE = (
    *("bridge", "disableContainerInterface", "enabledad", "forceAddress", "hairpinMode", "ipMasq"),
    *("ipMasqBackend", "isDefaultGateway", "isGateway", "macspoofchk", "mtu", "portIsolation"),
    *("preserveDefaultVlan", "promiscMode", "vlan", "vlanTrunk"),
)
_OVERLAY = "ovn-k8s-cni-overlay"
_KEYS: Mapping[str, tuple[str, ...]] = {
    "bridge": _BRIDGE,
    "cnv-bridge": _BRIDGE,
    "host-device": ("device", "DPDKMode", "hwaddr", "kernelpath", "pciBusID"),
    "ipvlan": (*_LINK, "mode"),
    "macvlan": (*_LINK, "bcqueuelen", "mac", "mode"),
    "vlan": (*_LINK, "vlanId"),
}
"""Plugin -> what it reads.

Source: containernetworking/plugins v1.4.0 and v1.9.1 plugins/main/*/*.go, NetConf, together;
cnv-bridge is the same plugin under the name that OpenShift Virtualization gives it.
"""


@dataclass(frozen=True, slots=True)
class _Plugin:
    """One plugin of one network."""

    network: Manifest
    config: Mapping[str, Any]
    path: FieldPath
    """In the configuration, when it lists several."""
    places: Document | None

    @property
    def type(self) -> str:
        said = self.config.get("type")
        return said if isinstance(said, str) else ""

    def problem(self, message: str, *keys: str, suggestion: str = "") -> Problem:
        if self.places is None:
            return self.network.problem(message, "spec", "config", suggestion=suggestion)
        path = (*self.path, *keys)
        return self.places.problem(path, message, suggestion, key=True)


def _config(network: Manifest) -> Any:
    """The configuration; None when it is no JSON, {} when there is none and the host has one."""
    text = network.get("spec", "config")
    if not isinstance(text, str) or not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _plugins(subject: Subject) -> Iterator[_Plugin]:
    for network in subject.of_kind("NetworkAttachmentDefinition"):
        config = _config(network)
        if not isinstance(config, Mapping) or not config:
            continue
        places = _places(network)
        listed = config.get("plugins")
        if not isinstance(listed, list):
            yield _Plugin(network, config, (), places)
            continue
        for index, each in enumerate(listed):
            if isinstance(each, Mapping):
                yield _Plugin(network, each, ("plugins", index), places)


def _places(network: Manifest) -> Document | None:
    try:
        path = (*network.path, "spec", "config")
        return embedded_document(network.document, path, Problems())
    except (KeyError, ScenarioError):
        return None


def _unreadable(subject: Subject) -> Iterator[Finding]:
    """A network whose configuration is no JSON object starts no pod.

    Source: k8snetworkplumbingwg/multi-net-spec v1.3, Network Custom Resource Definition De-facto
    Standard: spec.config is a CNI configuration in JSON.
    """
    for network in subject.of_kind("NetworkAttachmentDefinition"):
        config = _config(network)
        if config is None or not isinstance(config, Mapping):
            yield Finding(
                network.problem("is not a JSON object", "spec", "config"),
                consequence=f"no pod on {network.shown} starts",
            )


def _unknown_keys(subject: Subject) -> Iterator[Finding]:
    """A key that the plugin does not read changes nothing: a VLAN tag of that sort isolates nobody.

    Source: containernetworking/plugins v1.4.0 and v1.9.1 plugins/main, NetConf of each plugin; Go
    reads JSON keys whatever their case.
    """
    for plugin in _plugins(subject):
        known = _KEYS.get(plugin.type)
        if known is None:
            continue
        every = (*known, *_EVERY, *_EVERY_MORE)
        folded = {each.casefold() for each in every}
        for key in plugin.config:
            if key.casefold() not in folded:
                guess = did_you_mean(key, known) if len(key) > len("vlan") else ""
                message = f"{plugin.type} has no key {key!r}"
                is_vlan = key.casefold() in ("vlan", "vlanid")
                yield Finding(
                    plugin.problem(message, key, suggestion=guess),
                    consequence=_UNTAGGED if is_vlan else "no effect",
                    repair=_TAGGED if is_vlan else guess,
                )


_UNTAGGED = "traffic is untagged: the network shares its segment with every other on that master"
_TAGGED = (
    "a VLAN interface as master (ens192.100, by a NodeNetworkConfigurationPolicy), or type bridge"
)


def _no_addresses(subject: Subject) -> Iterator[Finding]:
    """The static IPAM plugin hands out what it is given; given nothing, the interface is refused.

    Source: containernetworking/plugins v1.4.0 plugins/ipam/static/main.go, LoadIPAMConfig: they
    also come from args and, with the capability ips, from the pod's annotation;
    cmdAdd of each of plugins/main: "IPAM plugin returned missing IP config".
    """
    for plugin in _plugins(subject):
        ipam, args = plugin.config.get("ipam"), plugin.config.get("args")
        if not isinstance(ipam, Mapping) or ipam.get("type") != "static" or ipam.get("addresses"):
            continue
        abilities = plugin.config.get("capabilities")
        by_pod = bool(args) or (isinstance(abilities, Mapping) and abilities.get("ips") is True)
        refuses = plugin.type in _KEYS
        if not by_pod:
            what = "starts: its interface is refused" if refuses else "has an address"
            yield Finding(
                plugin.problem("static ipam without addresses", "ipam"),
                consequence=f"no pod on {plugin.network.shown} {what}",
                repair="addresses, whereabouts or dhcp; no ipam for guests that bring their own",
                severity=None if refuses else Severity.WARNING,
            )


def _of_another_name(subject: Subject) -> Iterator[Finding]:
    """A network of OVN-Kubernetes names itself; with another name it is refused, and so are pods.

    Source: ovn-org/ovn-kubernetes master go-controller/pkg/util/multi_network.go, ParseNetConf and
    ValidateNetConf: netAttachDefName must be namespace/name.
    """
    for plugin in _plugins(subject):
        if plugin.type != _OVERLAY or plugin.config.get("name") == "default":
            continue
        network, said = plugin.network, str(plugin.config.get("netAttachDefName", ""))
        space, _, name = said.rpartition("/")
        if name == network.name and space and space == (network.namespace or space):
            continue
        keys = ("netAttachDefName",) if said else ()
        own = f"{network.namespace or 'its namespace'}/{network.name}"
        yield Finding(
            plugin.problem(f"{said or 'no netAttachDefName'}, and it is {own}", *keys),
            consequence=f"no pod on {network.shown} starts",
            repair=f'"netAttachDefName": "{own}"',
        )


CNI_RULES = (
    Rule("cni-unreadable", "Networks that are no JSON", Severity.ERROR, _unreadable),
    Rule("cni-unknown-key", "Keys a CNI plugin does not read", Severity.ERROR, _unknown_keys),
    Rule("cni-name-differs", "OVN networks of another name", Severity.ERROR, _of_another_name),
    Rule("cni-static-address", "Static IPAM without addresses", Severity.ERROR, _no_addresses),
)
"""Networks of Multus."""
