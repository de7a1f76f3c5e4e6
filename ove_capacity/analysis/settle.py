"""The state that a question is asked about."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.model.case import Case
from ove_capacity.model.plan import Plan
from ove_capacity.sim.run import Run, simulate
from ove_capacity.simtime import MINUTE_MS

__all__ = ["settle"]


def settle(subject: Case | Run) -> Run:
    """A run as it ended; of a case, the moment when all listed workloads are in place.

    They are placed in the order of their times. Nothing fails, nothing leaves, no stream of
    arrivals flows and no machine is added: this is the plan on the machines that there are, not
    one random moment of it. How far clusters would grow for it, `limits` tells.

    Raises:
        TypeError: it is neither, as a path is not.
    """
    if isinstance(subject, Run):
        return subject
    if not isinstance(subject, Case):
        given = type(subject).__name__
        raise TypeError(
            f"a case or a run is asked about, not {given}; load() makes a case of a file"
        )
    workloads = tuple(replace(each, lifetime=None) for each in subject.plan.workloads)
    last_ms = max((each.at_ms for each in workloads), default=0)
    fixed = tuple(replace(each, autoscaling=None) for each in subject.fleet.clusters)
    listed = replace(subject, fleet=replace(subject.fleet, clusters=fixed), plan=Plan(workloads))
    # A minute more, so that pods that make room for others are through their back-off.
    run = simulate(listed, until_ms=last_ms + MINUTE_MS, sample_every_ms=last_ms + MINUTE_MS)
    return replace(run, case=subject)
