"""What the CNI plugins read of a network, and what they do without."""

from __future__ import annotations

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject

HEAD = (
    "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\n"
    "metadata: {name: n, namespace: vms}\nspec:\n"
)
RULES = ("cni-static-address", "cni-unknown-key", "cni-unreadable")


def _found(config: str) -> list[tuple[str, str]]:
    text = f"{HEAD}  config: |\n    {config}\n"
    found = run_rules(subject(text), RULES).findings
    return [(each.rule, str(each.severity)) for each in found]


@pytest.mark.parametrize(
    ("config", "rule", "severity"),
    [
        ('{"type": "macvlan", "master": "e", "vlan": 100}', "cni-unknown-key", "error"),
        ('{"type": "bridge", "brigde": "br1"}', "cni-unknown-key", "error"),
        ('{"plugins": [{"type": "ipvlan", "vlan": 1}]}', "cni-unknown-key", "error"),
        ('{"type": "macvlan", "ipam": {"type": "static"}}', "cni-static-address", "error"),
        ('{"type": "bridge", "ipam": {"type": "static"}}', "cni-static-address", "error"),
        ('{"type": "ovs", "ipam": {"type": "static"}}', "cni-static-address", "warning"),
        ('{"type": "macvlan"', "cni-unreadable", "error"),
        ("[1]", "cni-unreadable", "error"),
    ],
)
def test_what_a_plugin_does_not_do(config: str, rule: str, severity: str) -> None:
    assert _found(config) == [(rule, severity)]


@pytest.mark.parametrize(
    "config",
    [
        '{"type": "bridge", "bridge": "br1", "vlan": 100, "macspoofchk": true}',
        '{"type": "macvlan", "master": "ens192.100", "Mode": "bridge", "ipam": {"type": "dhcp"}}',
        '{"type": "macvlan", "ipam": {"type": "static", "addresses": [{"address": "::1/64"}]}}',
        '{"type": "macvlan", "capabilities": {"ips": true}, "ipam": {"type": "static"}}',
        '{"type": "ovn-k8s-cni-overlay", "topology": "localnet", "vlanID": 100}',
        '{"plugins": [{"type": "vlan", "master": "ens1", "vlanId": 7}, 3]}',
        "",
    ],
)
def test_what_plugins_read_is_no_finding(config: str) -> None:
    assert _found(config) == []


def test_the_place_is_the_key_within_the_text() -> None:
    text = f'{HEAD}  config: |\n    {{\n      "type": "macvlan",\n      "vlan": 100\n    }}\n'
    (found,) = run_rules(subject(text), RULES).findings
    assert (found.problem.line, found.problem.column) == (8, 7)
    assert "untagged" in found.consequence


@pytest.mark.parametrize(
    ("more", "number"),
    [
        (', "netAttachDefName": "vms/n"', 0),
        (', "netAttachDefName": "default/n"', 1),
        (', "netAttachDefName": "n"', 1),
        ("", 1),
        (', "name": "default"', 0),
    ],
)
def test_a_network_of_ovn_names_itself(more: str, number: int) -> None:
    config = f'{{"type": "ovn-k8s-cni-overlay", "topology": "layer2"{more}}}'
    text = f"{HEAD}  config: |\n    {config}\n"
    found = run_rules(subject(text), ["cni-name-differs"]).findings
    assert [each.consequence for each in found] == (
        ["no pod on NetworkAttachmentDefinition vms/n starts"] * number
    )
