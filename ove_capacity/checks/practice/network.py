"""The architecture's practices for networks: VLANs, encryption, policies between VMs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import affected, launched_vms
from ove_capacity.checks.profiles import profiles
from ove_capacity.checks.subject import Manifest, Subject

__all__ = ["NETWORK_RULES"]

_TAGS = {
    "bridge": ("vlan", "vlanTrunk"),
    "cnv-bridge": ("vlan", "vlanTrunk"),
    "ovn-k8s-cni-overlay": ("vlanID",),
    "sriov": ("vlan",),
    "vlan": ("vlanId",),
}
"""Plugin -> keys that put a tag on its traffic."""
_OFF = ("", "disabled", "none", "optional")
_POLICIES = (
    *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "CiliumClusterwideNetworkPolicy"),
    *("CiliumNetworkPolicy", "MultiNetworkPolicy", "NetworkPolicy"),
)


def _config(network: Manifest) -> Mapping[str, Any]:
    try:
        found = json.loads(str(network.get("spec", "config") or ""))
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, dict) and isinstance(found.get("plugins"), list) and found["plugins"]:
        found = found["plugins"][0]
    return found if isinstance(found, dict) else {}


def _master(config: Mapping[str, Any]) -> str:
    return str(config.get("master") or config.get("bridge") or "")


def _is_tagged(config: Mapping[str, Any]) -> bool:
    keys = _TAGS.get(str(config.get("type")), ())
    return any(config.get(key) for key in keys) or "." in _master(config)


def _shared_segments(subject: Subject) -> Iterator[Finding]:
    """Networks without a VLAN of their own on one interface are one segment, whatever their names.

    Source: the reference architecture, Best Practices, Network Segmentation: VLANs for multi-tenant
    environments, management apart from data; containernetworking/plugins v1.4.0 plugins/main.
    """
    bare: dict[tuple[str, str], list[Manifest]] = {}
    for network in subject.of_kind("NetworkAttachmentDefinition"):
        config = _config(network)
        if _master(config) and not _is_tagged(config):
            bare.setdefault((network.cluster, _master(config)), []).append(network)
    for (_, master), networks in bare.items():
        for network in networks if len(networks) > 1 else ():
            others = ", ".join(each.name for each in networks if each is not network)
            yield Finding(
                network.problem(f"untagged on {master}, as {others}", "spec", "config"),
                consequence="their VMs share one segment: neither tenants nor management are apart",
                repair="a VLAN for each network",
            )


def _encryption_nowhere(subject: Subject) -> Iterator[Finding]:
    """Encryption between nodes is configured in the network's own object; a profile is a wish.

    Source: the reference architecture, Best Practices: east-west encryption; openshift/api
    operator/v1 types_network.go, ipsecConfig; cilium install values encryption.enabled.
    """
    for profile in profiles(subject):
        said = str(profile.get("network_configuration", "encryption") or "")
        if said.lower() in _OFF or _encrypts(subject, profile.cluster):
            continue
        problem = profile.problem(
            f"{said}, and no manifest configures it", "network_configuration", "encryption"
        )
        told = "traffic between nodes is in clear, and no CPU is counted for encrypting it"
        yield Finding(problem, told, "encryption.enabled of Cilium, or ipsecConfig of the Network")


def _encrypts(subject: Subject, cluster: str) -> bool:
    for each in subject.of_kind("Network"):
        ipsec = each.get("spec", "defaultNetwork", "ovnKubernetesConfig", "ipsecConfig")
        is_on = isinstance(ipsec, Mapping) and ipsec.get("mode") != "Disabled"
        if each.cluster == cluster and is_on:
            return True
    for each in subject.of_kind("CiliumConfig"):
        if each.cluster == cluster and each.get("spec", "encryption", "enabled") is True:
            return True
    return False


def _no_policies(subject: Subject) -> Iterator[Finding]:
    """Without a policy every pod reaches every VM of the cluster.

    Source: the reference architecture, Best Practices, Security Architecture: network policies for
    microsegmentation; kubernetes/website content/en/docs/concepts/services-networking.
    """
    for cluster in subject.clusters:
        policies = [
            each for kind in _POLICIES for each in subject.of_kind(kind) if each.cluster == cluster
        ]
        wide = any(not each.namespace for each in policies)
        known = {each.namespace for each in policies}
        vms = [
            vm
            for vm in launched_vms(subject)
            if vm.cluster.name == cluster and vm.is_used and vm.vmi.namespace not in known
        ]
        if vms and not wide:
            spaces = ", ".join(dict.fromkeys(vm.vmi.namespace for vm in vms))
            yield Finding(
                subject.problem(f"no network policy for {spaces}", "clusters", cluster),
                consequence=affected(vms, "is reached by every pod", "are reached by every pod"),
                repair="a NetworkPolicy for each namespace of VMs",
            )


NETWORK_RULES = (
    Rule("practice-vlan", "Networks that share a segment", Severity.WARNING, _shared_segments),
    Rule(
        "practice-encryption",
        "Encryption that is only named",
        Severity.WARNING,
        _encryption_nowhere,
    ),
    Rule("practice-network-policy", "VMs without network policies", Severity.INFO, _no_policies),
)
"""Networks."""
