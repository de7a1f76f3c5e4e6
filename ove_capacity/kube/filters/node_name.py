"""NodeName: a pod that asks for a node by name fits no other."""

from __future__ import annotations

from ove_capacity.model.node import Node
from ove_capacity.model.pod import PodSpec

__all__ = ["REASON", "matches_name"]

REASON = "node(s) didn't match the requested node name"


def matches_name(spec: PodSpec, node: Node) -> bool:
    """Whether the pod asks for no node, or for this one.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodename/node_name.go, Fits.
    """
    return not spec.node_name or spec.node_name == node.name
