"""Addresses of pods and VMs, counted by hand."""

import pytest

from ove_capacity.openshift.network import cluster_network, range_addresses, whereabouts_addresses


@pytest.mark.parametrize(
    ("cidr", "prefix", "nodes", "addresses"),
    [
        ("10.128.0.0/14", 23, 512, 508),
        ("10.128.0.0/14", None, 512, 508),
        ("10.128.0.0/20", 24, 16, 252),
        ("10.0.0.0/24", 24, 1, 252),
        ("fd01::/48", None, 65_536, (1 << 64) - 4),
    ],
)
def test_a_cluster_network_is_cut_into_slices(cidr, prefix, nodes, addresses):
    network = cluster_network(cidr, prefix)
    assert (network.max_nodes, network.addresses_per_node) == (nodes, addresses)


@pytest.mark.parametrize(
    ("cidr", "prefix", "words"),
    [
        ("10.128.0.0/14", 12, "is larger than the whole network"),
        ("10.128.0.0/14", 31, "leaves no address"),
        ("10.128.0.0/14", 33, "longer than an address"),
        ("10.129.0.0/14", 23, "the range is 10.128.0.0/14"),
        ("10.128.0.0", 23, "is one address"),
        ("ten/14", 23, "is not a range"),
    ],
)
def test_a_wrong_cluster_network_is_refused_with_a_reason(cidr, prefix, words):
    with pytest.raises(ValueError, match=words):
        cluster_network(cidr, prefix)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10.0.0.0/24", 254),
        ("10.0.0.1/24", 254),
        ("10.0.0.10-10.0.0.19", 10),
        ("10.0.0.10-10.0.0.19/24", 10),
    ],
)
def test_a_range_of_addresses_is_counted(text, count):
    assert range_addresses(text) == count


@pytest.mark.parametrize("text", ["10.0.0.0/31", "10.0.0.9-10.0.0.1", "10.0.0.9-::1", "x-y", ""])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=r"address|range|ends"):
        range_addresses(text)


@pytest.mark.parametrize(
    ("ipam", "count"),
    [
        ({}, None),
        ({"range": "10.0.0.0/24"}, 254),
        ({"range": "10.0.0.0/24", "gateway": "10.0.0.1"}, 253),
        ({"range": "10.0.0.0/24", "range_start": "10.0.0.100", "range_end": "10.0.0.109"}, 10),
        ({"range": "10.0.0.0/24", "exclude": ["10.0.0.0/25", "10.0.0.64/26"]}, 127),
        ({"range": "10.0.0.0/24", "exclude": ["10.0.0.0/25"], "gateway": "10.0.0.1"}, 127),
        ({"ipRanges": [{"range": "10.0.0.0/24"}, {"range": "10.0.1.0/24"}]}, 508),
    ],
)
def test_whereabouts_hands_out_what_it_does_not_exclude(ipam, count):
    assert whereabouts_addresses(ipam) == count
