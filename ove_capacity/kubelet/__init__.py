"""The kubelet: what of a machine its pods may have."""

from __future__ import annotations

from ove_capacity.kubelet.admit import admit, release
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.kubelet.node_state import start

__all__ = ["admit", "pod_demand", "release", "start"]
