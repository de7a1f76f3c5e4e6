"""The kubelet: what of a machine its pods may have."""

from __future__ import annotations

from ove_capacity.kubelet.admit import admit, release
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.kubelet.node_state import start
from ove_capacity.kubelet.predicates import out_of

__all__ = ["admit", "out_of", "pod_demand", "release", "start"]
