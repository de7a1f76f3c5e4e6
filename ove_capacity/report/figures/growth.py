"""Nodes of the clusters that are scaled, and VMs that wait, over time, with the limits as lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ove_capacity.analysis.limit_lines import limit_lines
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    WIDTH,
    Picture,
    blank,
    canvas,
    room_for,
    wrapped,
)
from ove_capacity.sim.run import Run
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS

__all__ = ["growth"]

_SHOWN = 4
_NODES, _WAITING, _GAP = 1.9, 0.8, 0.75
"""Inches of height: nodes, VMs that wait below, and what is between two clusters."""
_RIGHT = 1.9
_LINE = 0.15
"""Inches between two lines of words."""
_DASHES = ((6, 2), (2, 2), (8, 2, 2, 2), (1, 1))
_COMING = ("vm-pending", "vm-preempted")
_GOING = ("vm-started", "vm-stopped", "vm-ended")
_NEAR = 3
"""A limit so many times as high as the cluster ever gets is told and not drawn."""


@dataclass(slots=True)
class _Course:
    """One cluster's machines."""

    times: list[float]
    nodes: list[int]
    machines: list[int]
    waiting: list[tuple[float, int]]
    """(moment, VMs)."""
    limits: dict[str, int] = field(default_factory=dict)
    """Limit -> nodes of the cluster that it comes to."""


def growth(run: Run) -> Picture:
    """Nodes that are there and machines on their way, and below VMs that wait for a node."""
    unit, unit_ms = _unit(run.until_ms)
    courses = _courses(run, unit_ms)
    shown = list(courses)[:_SHOWN]
    some = f" The first {len(shown)} of {len(courses)} clusters." if len(courses) > _SHOWN else ""
    titles = [wrapped(name, WIDTH - _RIGHT - 1, 10) for name in shown]
    each = _NODES + _WAITING + _GAP
    picture = canvas(
        _title(courses, unit),
        "Nodes of the cluster, masters among them; below VMs that should run and have no node."
        + some,
        body=max(1.0, each * len(shown) - _GAP),
        right=_RIGHT,
        above=room_for(titles),
        foot=0.8,
    )
    if not shown:
        blank(picture.subplots(), "no cluster is scaled")
        return picture
    inches, edges = picture.get_figheight(), picture.subplotpars
    top, width = edges.top, edges.right - edges.left
    for name, title in zip(shown, titles, strict=True):
        above = picture.add_axes((edges.left, top - _NODES / inches, width, _NODES / inches))
        low = top - (_NODES + _WAITING) / inches
        below = picture.add_axes((edges.left, low, width, 0.85 * _WAITING / inches))
        above.set_title(title)
        _draw_nodes(above, courses[name], run.until_ms / unit_ms)
        _draw_waiting(below, courses[name], run.until_ms / unit_ms)
        top -= each / inches
    below.set_xlabel(unit)
    looks = [each for panel in picture.axes[:2] for each in panel.get_legend_handles_labels()[0]]
    picture.legend(handles=looks, ncols=3, loc="lower left", bbox_to_anchor=(0.06, 0))
    return picture


def _unit(until_ms: int) -> tuple[str, int]:
    if until_ms >= 2 * DAY_MS:
        return "days", DAY_MS
    return ("hours", HOUR_MS) if until_ms >= 2 * HOUR_MS else ("minutes", MINUTE_MS)


def _courses(run: Run, unit_ms: int) -> dict[str, _Course]:
    """Clusters whose machines were logged, in the order of the scenario."""
    log = run.machines
    logged = set(log.cluster)
    found: dict[str, _Course] = {}
    for cluster in run.case.fleet.clusters:
        if cluster.name in logged and cluster.autoscaling is not None:
            nodes = len(cluster.nodes)
            found[cluster.name] = _Course(
                [0.0], [nodes], [nodes], _waiting(run, cluster.name, unit_ms), limit_lines(cluster)
            )
    for i, name in enumerate(log.cluster):
        course = found[name]
        course.times.append(log.time_ms[i] / unit_ms)
        course.nodes.append(log.cluster_nodes[i])
        course.machines.append(log.cluster_machines[i])
    return found


def _waiting(run: Run, cluster: str, unit_ms: int) -> list[tuple[float, int]]:
    """(moment, VMs that wait then): those that the scheduler refused, until they start or end."""
    log = run.events
    found = [(0.0, 0)]
    waiting: set[str] = set()
    for time, kind, where, name in zip(log.time_ms, log.kind, log.cluster, log.name, strict=True):
        if where != cluster or kind not in _COMING + _GOING:
            continue
        (waiting.add if kind in _COMING else waiting.discard)(name)
        if len(waiting) != found[-1][1]:
            found.append((time / unit_ms, len(waiting)))
    return found


def _title(courses: dict[str, _Course], unit: str) -> str:
    if not courses:
        return "No cluster is scaled"
    most = {name: max((n for _, n in each.waiting), default=0) for name, each in courses.items()}
    worst = max(most, key=lambda name: most[name])
    course, vms = courses[worst], most[worst]
    grown = f"{worst} goes from {course.nodes[0]:,} to {max(course.nodes):,} nodes"
    if not vms:
        return f"{grown}, and no VM waits"
    when = next(time for time, waiting in course.waiting if waiting == vms)
    told = "1 VM waits" if vms == 1 else f"{vms:,} VMs wait"
    return f"{grown}; {told} at most, {_when(round(when), unit)}"


def _when(time: int, unit: str) -> str:
    if not time:
        return "in the beginning"
    return f"after {time:,} {unit.removesuffix('s') if time == 1 else unit}"


def _draw_nodes(panel: Axes, course: _Course, until: float) -> None:
    times = [*course.times, until]
    nodes, machines = [*course.nodes, course.nodes[-1]], [*course.machines, course.machines[-1]]
    panel.fill_between(
        times, nodes, machines, step="post", color=SKY, linewidth=0, label="machines on their way"
    )
    panel.step(times, nodes, where="post", color=BLUE, linewidth=1.6, label="nodes")
    most = _NEAR * max(machines)
    named: dict[int, list[str]] = {}
    for name, limit in sorted(course.limits.items(), key=lambda each: each[1]):
        named.setdefault(limit, []).append(name)
    near = [limit for limit in named if limit <= most]
    top = 1.08 * max(*machines, *near)
    at = 0.0
    for number, limit in enumerate(near):
        panel.axhline(limit, color=VERMILION, linewidth=1, dashes=_DASHES[number % len(_DASHES)])
        at = max(limit, at + top * _LINE / _NODES)
        _tell(panel, f"{', '.join(named[limit])}: {limit:,}", at, VERMILION)
    far = [f"{', '.join(names)}: {limit:,}" for limit, names in named.items() if limit > most]
    if far:
        _tell(panel, f"beyond: {'; '.join(far)}", max(top, at + top * _LINE / _NODES), GREY)
    panel.set(xlim=(0, until), ylim=(0, top))
    panel.set_ylabel("nodes")
    panel.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    panel.grid(visible=True, axis="y")
    panel.tick_params(labelbottom=False)


def _tell(panel: Axes, words: str, at: float, color: str) -> None:
    """Words on the right, at that height."""
    place = panel.get_yaxis_transform()
    panel.annotate(words, (1.01, at), xycoords=place, size=8, color=color, va="center")


def _draw_waiting(panel: Axes, course: _Course, until: float) -> None:
    times = [*(time for time, _ in course.waiting), until]
    pending = [*(vms for _, vms in course.waiting), course.waiting[-1][1]]
    panel.fill_between(
        times,
        pending,
        step="post",
        color=ORANGE,
        linewidth=0.6,
        edgecolor=BLACK,
        label="VMs waiting",
    )
    panel.set(xlim=(0, until), ylim=(0, 1.1 * max(1, *pending)))
    panel.set_ylabel("VMs\nwaiting")
    panel.yaxis.set_major_locator(MaxNLocator(2, integer=True))
