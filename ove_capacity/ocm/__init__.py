"""Open Cluster Management: what the hub decides, from labels and totals alone."""

from ove_capacity.ocm.candidates import Candidates
from ove_capacity.ocm.decide import decide
from ove_capacity.ocm.decision import Decision
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.first_sync import first_sync
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.prioritizers import PRIORITIZERS, Prioritizer
from ove_capacity.ocm.status import managed_cluster
from ove_capacity.ocm.sync import Synced, sync

__all__ = [
    "PRIORITIZERS",
    "Candidates",
    "Decision",
    "Decisions",
    "Hub",
    "Inventory",
    "Prioritizer",
    "Synced",
    "decide",
    "first_sync",
    "managed_cluster",
    "sync",
]
