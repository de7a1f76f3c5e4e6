"""Open Cluster Management: what the hub decides, from labels and totals alone."""

from ove_capacity.ocm.candidates import Candidates
from ove_capacity.ocm.cluster_document import reported
from ove_capacity.ocm.decide import decide
from ove_capacity.ocm.decision import Decision
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.first_sync import Opened, first_sync, opened
from ove_capacity.ocm.health import (
    POLL_MS,
    RESYNC_MS,
    STATUS_MS,
    UNREACHABLE,
    Availability,
    expiry_ms,
    heard_again,
    next_tick_ms,
    renewal_age_ms,
    told_unavailable_ms,
    with_availability,
)
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.prioritizers import PRIORITIZERS, Prioritizer
from ove_capacity.ocm.settle import settle
from ove_capacity.ocm.status import joined_cluster, managed_cluster
from ove_capacity.ocm.sync import Synced, sync

__all__ = [
    "POLL_MS",
    "PRIORITIZERS",
    "RESYNC_MS",
    "STATUS_MS",
    "UNREACHABLE",
    "Availability",
    "Candidates",
    "Decision",
    "Decisions",
    "Hub",
    "Inventory",
    "Opened",
    "Prioritizer",
    "Synced",
    "decide",
    "expiry_ms",
    "first_sync",
    "heard_again",
    "joined_cluster",
    "managed_cluster",
    "next_tick_ms",
    "opened",
    "renewal_age_ms",
    "reported",
    "settle",
    "sync",
    "told_unavailable_ms",
    "with_availability",
]
