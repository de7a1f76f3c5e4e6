"""What the services that manage a fleet ask for, on the hub and on the clusters that it manages."""

from __future__ import annotations

from ove_capacity.platform.management.agents import agent_parts
from ove_capacity.platform.management.growth import Growth, fleet_growth, series_room
from ove_capacity.platform.management.pods import PART_LABEL, daemon_requests, service_pods
from ove_capacity.platform.management.services import service_parts

__all__ = [
    "PART_LABEL",
    "Growth",
    "agent_parts",
    "daemon_requests",
    "fleet_growth",
    "series_room",
    "service_parts",
    "service_pods",
]
