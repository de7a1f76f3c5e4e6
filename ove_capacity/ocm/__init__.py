"""Open Cluster Management: what the hub decides, from labels and totals alone."""

from ove_capacity.ocm.decide import Decision, PrioritizerScores, decide, weights
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.first_sync import first_sync
from ove_capacity.ocm.predicates import feasible
from ove_capacity.ocm.prioritizers import PRIORITIZERS, Prioritizer
from ove_capacity.ocm.status import managed_cluster

__all__ = [
    "PRIORITIZERS",
    "Decision",
    "Decisions",
    "Prioritizer",
    "PrioritizerScores",
    "decide",
    "feasible",
    "first_sync",
    "managed_cluster",
    "weights",
]
