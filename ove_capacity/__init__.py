"""ove-capacity: capacity planner and simulator for OpenShift Virtualization fleets.

::

    import ove_capacity as oc

    oc.check("scenarios/rh-ove.yaml")                # what the manifests do to each other
    case = oc.load("scenarios/rh-ove.yaml")
    oc.headroom(case)                                # how much is used, and what still fits
    oc.ladder(case, mix={"web": 0.7, "db": 0.3})     # what binds first, and what next
    oc.verdict(case)                                 # a page for the board
    oc.failover(case)                                # how many workers may be lost
    oc.fleet_failover(case)                          # which clusters and regions may be lost
    run = oc.simulate(case, until="90d", seed=7)
    oc.fragmentation(case)                           # what NUMA cells have left for pinned VMs
    oc.limits(case)                                  # how far the autoscaler lets clusters grow
    oc.explain(run, "vm-production/web-3")           # why it runs where it does, or nowhere
    oc.placement(case, "vm-workload-placement")      # scores per prioritizer, and the decision
    oc.hub_load(case)                                # what managing the fleet costs
    oc.placement_study(case)                         # which weights and tolerations would do better

Verbs are functions, results are values that show themselves. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ove_capacity.analysis.explain import Explanation
    from ove_capacity.analysis.failover import failover
    from ove_capacity.analysis.failover_result import Failover
    from ove_capacity.analysis.fleet import FleetPlacement
    from ove_capacity.analysis.fleet_failover import fleet_failover
    from ove_capacity.analysis.fleet_failover_result import FleetFailover
    from ove_capacity.analysis.fragmentation import Fragmentation
    from ove_capacity.analysis.frames import events_frame, frame, samples_frame
    from ove_capacity.analysis.headroom import Headroom
    from ove_capacity.analysis.hub_load import HubLoad, hub_load
    from ove_capacity.analysis.ladder import Ladder
    from ove_capacity.analysis.limits import Limits
    from ove_capacity.analysis.study.result import Standings
    from ove_capacity.analysis.study.study import placement_study
    from ove_capacity.analysis.verdict import Verdict
    from ove_capacity.checks import Checked, Rule
    from ove_capacity.errors import OveCapacityError, ScenarioError
    from ove_capacity.model.case import Case
    from ove_capacity.ocm.prioritizers import Prioritizer
    from ove_capacity.registry import Registry
    from ove_capacity.report.figures.style import Picture
    from ove_capacity.sim.run import Run
    from ove_capacity.tables import Table

    __version__: str
    prioritizers: Registry[Prioritizer]
    rules: Registry[Rule]

__all__ = [
    "Case",
    "Checked",
    "Explanation",
    "Failover",
    "FleetFailover",
    "FleetPlacement",
    "Fragmentation",
    "Headroom",
    "HubLoad",
    "Ladder",
    "Limits",
    "OveCapacityError",
    "Run",
    "ScenarioError",
    "Standings",
    "Table",
    "Verdict",
    "__version__",
    "check",
    "events_frame",
    "explain",
    "failover",
    "fleet_failover",
    "fragmentation",
    "frame",
    "headroom",
    "hub_load",
    "ladder",
    "limits",
    "load",
    "placement",
    "placement_study",
    "plot",
    "prioritizers",
    "rules",
    "samples_frame",
    "simulate",
    "verdict",
]

_HOMES = {
    "Case": "ove_capacity.model.case:Case",
    "Checked": "ove_capacity.checks:Checked",
    "Explanation": "ove_capacity.analysis.explain:Explanation",
    "Failover": "ove_capacity.analysis.failover_result:Failover",
    "FleetFailover": "ove_capacity.analysis.fleet_failover_result:FleetFailover",
    "FleetPlacement": "ove_capacity.analysis.fleet:FleetPlacement",
    "Fragmentation": "ove_capacity.analysis.fragmentation:Fragmentation",
    "Headroom": "ove_capacity.analysis.headroom:Headroom",
    "HubLoad": "ove_capacity.analysis.hub_load:HubLoad",
    "Ladder": "ove_capacity.analysis.ladder:Ladder",
    "Limits": "ove_capacity.analysis.limits:Limits",
    "OveCapacityError": "ove_capacity.errors:OveCapacityError",
    "Run": "ove_capacity.sim.run:Run",
    "ScenarioError": "ove_capacity.errors:ScenarioError",
    "Standings": "ove_capacity.analysis.study.result:Standings",
    "Table": "ove_capacity.tables:Table",
    "Verdict": "ove_capacity.analysis.verdict:Verdict",
    "events_frame": "ove_capacity.analysis.frames:events_frame",
    "failover": "ove_capacity.analysis.failover:failover",
    "fleet_failover": "ove_capacity.analysis.fleet_failover:fleet_failover",
    "frame": "ove_capacity.analysis.frames:frame",
    "hub_load": "ove_capacity.analysis.hub_load:hub_load",
    "placement_study": "ove_capacity.analysis.study.study:placement_study",
    "prioritizers": "ove_capacity.ocm.prioritizers:PRIORITIZERS",
    "rules": "ove_capacity.checks:RULES",
    "samples_frame": "ove_capacity.analysis.frames:samples_frame",
}
"""Public name -> module and name there; imported when it is first used."""


def load(
    path: str | Path,
    *,
    set: Mapping[str, object] | None = None,
    variant: str | None = None,
    seed: int | None = None,
    allow_outside: bool = False,
) -> Case:
    """Read a scenario file and the manifests it names.

    Args:
        path: the YAML file.
        set: changes by path, as ``{"clusters.production.pools.worker.count": 12}``.
        variant: a variant that the scenario names, applied before *set*.
        seed: instead of the scenario's.
        allow_outside: let the scenario name files outside its own folder.

    Raises:
        ScenarioError: with everything that is wrong, each problem with file, line and column.
    """
    from ove_capacity import scenario

    return scenario.load(path, set=set, variant=variant, seed=seed, allow_outside=allow_outside)


def check(
    path: str | Path,
    *,
    rules: Iterable[str] = (),
    set: Mapping[str, object] | None = None,
    variant: str | None = None,
    allow_outside: bool = False,
) -> Checked:
    """What a scenario's manifests do to each other: every rule, or those named by id.

    What cannot be read is a finding among the others.

    Raises:
        ScenarioError: the scenario file itself is no scenario.
        UnknownNameError: there is no such rule.
    """
    from ove_capacity import checks

    return checks.check(path, rules=rules, set=set, variant=variant, allow_outside=allow_outside)


def simulate(
    case: Case,
    *,
    until: str | int | None = None,
    seed: int | None = None,
    check: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Play the case: arrivals, lifetimes, losses, restarts.

    Args:
        case: what exists, what happens, what rules.
        until: how long, as ``30d`` or in milliseconds; else what the scenario says, or 90 days.
        seed: instead of the case's.
        check: check the books after every step; AssertionError if they do not balance.
        progress: called now and then with (now_ms, until_ms).

    Raises:
        ValueError: *until* is no duration, or not after the start.
    """
    from dataclasses import replace

    from ove_capacity.sim import run
    from ove_capacity.simtime import DAY_MS, parse_duration

    if seed is not None:
        known = case.provenance
        case = replace(case, seed=seed, provenance=known and replace(known, seed=seed))
    if until is None:
        until = case.plan.until_ms or 90 * DAY_MS
    until_ms = parse_duration(until) if isinstance(until, str) else until
    return run.simulate(case, until_ms=until_ms, check=check, progress=progress)


def headroom(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Headroom:
    """What is left on each cluster, and how many more VMs of each shape fit.

    Args:
        subject: a case, when its listed workloads are placed; or a run, as it ended.
        cluster: its name; else all.
        shapes: names of workloads or instancetypes; else all workloads', and a catalogue.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    from ove_capacity.analysis.headroom import headroom as ask

    return ask(subject, cluster=cluster, shapes=shapes)


def ladder(
    subject: Case | Run, *, cluster: str = "", mix: Mapping[str, float] | None = None
) -> Ladder:
    """Which constraint binds first when VMs of a mix are added, and which next if it did not.

    Args:
        subject: a case, when its listed workloads are placed; or a run, as it ended.
        cluster: its name; else all.
        mix: shape -> weight, as ``{"web": 0.7, "db": 0.3}``; else as the VMs that exist there.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
        ValueError: a weight is no positive number.
    """
    from ove_capacity.analysis.ladder import ladder as ask

    return ask(subject, cluster=cluster, mix=mix)


def fragmentation(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Fragmentation:
    """What each NUMA cell has left for pinned VMs, what is stranded, and what would free more.

    Args:
        subject: a case, when its listed workloads are placed; or a run, as it ended.
        cluster: its name; else all.
        shapes: names of workloads or instancetypes to count; else all workloads'.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    from ove_capacity.analysis.fragmentation import fragmentation as ask

    return ask(subject, cluster=cluster, shapes=shapes)


def limits(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Limits:
    """How far the autoscaler lets each cluster grow: machines by limit, and VMs until then.

    Args:
        subject: a case, when its listed workloads are placed; or a run, as it ended.
        cluster: its name; else all.
        shapes: names of workloads or instancetypes; else all workloads'.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    from ove_capacity.analysis.limits import limits as ask

    return ask(subject, cluster=cluster, shapes=shapes)


def explain(subject: Case | Run, vm: str, *, cluster: str = "") -> Explanation:
    """Why a VM runs where it does, or nowhere: each node's verdict.

    Args:
        subject: a run, or a case when its listed workloads are placed.
        vm: ``namespace/name``; a bare name will do.
        cluster: where, when several clusters have that VM.

    Raises:
        UnknownNameError: there is no such VM.
    """
    from ove_capacity.analysis.explain import explain as ask

    return ask(subject, vm, cluster=cluster)


def verdict(subject: Case | Run, *, cluster: str = "", checked: Checked | None = None) -> Verdict:
    """A page for a board: each cluster, each question, and what would turn a NO into a yes.

    Of a case: when its listed workloads are placed. Of a run: as it ended.

    Args:
        subject: a case or a run.
        cluster: its name; else all.
        checked: what `check` found of the same scenario; without it, "as applied" is not asked.

    Raises:
        UnknownNameError: there is no such cluster.
    """
    from ove_capacity.analysis.verdict import verdict as ask

    return ask(subject, cluster=cluster, applied=checked.applied if checked else None)


def placement(case: Case, name: str = "") -> FleetPlacement:
    """Which clusters the hub chooses for a Placement, or for all of them, and the scores behind it.

    Raises:
        UnknownNameError: the case has no such Placement.
    """
    from ove_capacity.analysis.fleet import placement as ask

    return ask(case, name)


def plot(result: object, name: str = "") -> Picture:
    """Draw a result: its first figure, or the one of that name.

    Of a run ``timeline``, ``nodes`` and, where something is scaled, ``growth``; of a case, placed,
    ``nodes``; of headroom ``waterfall``, of failover ``pairs``, of fragmentation ``cells`` and
    ``split``; of a ladder, limits, a verdict and a study what is called like them.

    Raises:
        TypeError: nothing is drawn of such a result.
        UnknownNameError: there is no such figure of it.
    """
    from ove_capacity.report.figures.draw import plot as drawn

    return drawn(result, name)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        # Importing importlib.metadata takes longer than the whole facade.
        return import_module("importlib.metadata").version("ove-capacity")
    if name not in _HOMES:
        from sys import modules

        refusal = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(refusal, name=name, obj=modules[__name__])  # Python guesses by dir()
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(import_module(module), attribute)
    globals()[name] = value  # so that the next use finds it at once
    return value


def __dir__() -> list[str]:
    return list(__all__)
