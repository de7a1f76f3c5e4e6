"""Fleets and hazards for studies, in few words."""

from ove_capacity.analysis.study.hazards import Hazard, Hazards
from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.plan import Duration
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster, workload

CPU = PrioritizerWeight("ResourceAllocatableCPU")
ONE = Placement("one", "vms", 1, prioritizers=(PrioritizerWeight("Steady"), CPU))
NEVER = Duration("constant", 1 << 50)


def fleet(*plan, placement=ONE, clusters=None):
    clusters = clusters or [cluster("large", 4), cluster("small", 3)]
    plan = plan or [workload("web", memory_gib=30, count=8, placement="one")]
    return case(*plan, clusters=clusters, placements=[placement])


def hazards(*, lasting_ms=HOUR_MS, **kinds):
    names = ("a", "b", "c")
    hazard = Hazard(Duration("exponential", 20 * DAY_MS), Duration("exponential", lasting_ms))
    some = {kind: dict.fromkeys(names, (hazard,)) if on else {} for kind, on in kinds.items()}
    every = {"losses": {}, "partitions": {}, **some}
    return Hazards(**every, growth_every_ms=90 * DAY_MS, growth_basis_points=0)
