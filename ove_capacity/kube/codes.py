"""What a filter answers: small integers, since a kernel cannot carry sentences."""

from __future__ import annotations

__all__ = [
    "ADDED_AFFINITY",
    "AFFINITY",
    "ANTI_AFFINITY",
    "CORDONED",
    "EXISTING_ANTI_AFFINITY",
    "FIT",
    "NODE_AFFINITY",
    "NODE_GONE",
    "NODE_LOST",
    "NODE_NAME",
    "NOT_PRESELECTED",
    "PASS",
    "PORTS",
    "SPREAD_LABEL",
    "SPREAD_SKEW",
    "TAINT",
    "ZONES",
]

PASS = 0
NOT_PRESELECTED = 1
"""A PreFilter named the nodes, and this is none of them."""
CORDONED = 2
NODE_NAME = 3
NODE_LOST = 4
"""Carries the taint node.kubernetes.io/unreachable."""
TAINT = 5
ADDED_AFFINITY = 6
NODE_AFFINITY = 7
PORTS = 8
FIT = 9
SPREAD_LABEL = 10
SPREAD_SKEW = 11
AFFINITY = 12
ANTI_AFFINITY = 13
EXISTING_ANTI_AFFINITY = 14
NODE_GONE = 15
"""No such node: not counted among those asked."""
ZONES = 16
"""NodeResourceTopologyMatch, an optional plugin: no NUMA zone has room."""
