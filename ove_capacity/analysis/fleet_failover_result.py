"""What failover finds out about losing whole clusters: a value that shows itself."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.routes import RouteOutcome
from ove_capacity.model.recovery import Recovered
from ove_capacity.simtime import format_duration, rough_duration
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterLossOutcome", "FleetFailover", "Homeward", "WorkloadOutcome", "percentile"]

_WIDTH = 100
_LOCAL = ".svc.cluster.local"


def percentile(sorted_ms: Sequence[int], percent: int) -> int | None:
    """The smallest value that so many percent do not exceed; None of nothing."""
    if not sorted_ms:
        return None
    return sorted_ms[max(0, -(-len(sorted_ms) * percent // 100) - 1)]


@dataclass(frozen=True, slots=True)
class WorkloadOutcome:
    """The VMs of one workload that stopped with their cluster, over all plays."""

    workload: str
    cluster: str
    source: str
    """backup, replica or image; empty: nothing is said of their recovery."""
    vms: int
    """In one play."""
    targets: tuple[str, ...]
    not_brought: float
    """VMs a play that nobody brings to another cluster."""
    stuck: float
    """VMs a play that find no node there."""
    reason: str
    """Why most of these do not, in the scheduler's words."""
    rto_ms: tuple[int, ...]
    """How long each was down that came back, sorted."""
    rpo_ms: tuple[int, ...]
    """How old its data was, sorted; fewer, where they keep none."""
    example: Recovered | None = None
    """One that came back, step by step."""

    @property
    def is_back(self) -> bool:
        """Whether every one of them came back in every play."""
        return not self.not_brought and not self.stuck

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "workload": self.workload,
            "cluster": self.cluster,
            "source": self.source or None,
            "vms": self.vms,
            "targets": list(self.targets),
            "not_brought": self.not_brought,
            "stuck": self.stuck,
            "reason": self.reason or None,
            **_spread("rto", self.rto_ms),
            **_spread("rpo", self.rpo_ms),
            "example": self.example and self.example.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Homeward:
    """VMs that moved once more when the clusters had returned."""

    workload: str
    home: str
    """Where they left."""
    target: str
    vms: float
    """A play."""
    stuck: float
    """Of these, those that find no node."""
    rto_ms: tuple[int, ...]
    rpo_ms: tuple[int, ...]

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "workload": self.workload,
            "home": self.home,
            "target": self.target,
            "vms": self.vms,
            "stuck": self.stuck,
            **_spread("rto", self.rto_ms),
            **_spread("rpo", self.rpo_ms),
        }


def _spread(name: str, lengths: Sequence[int]) -> dict[str, object]:
    return {
        f"{name}_p50_ms": percentile(lengths, 50),
        f"{name}_p95_ms": percentile(lengths, 95),
        f"{name}_most_ms": lengths[-1] if lengths else None,
    }


@dataclass(frozen=True, slots=True)
class ClusterLossOutcome:
    """What the loss of one cluster, or of a region, leads to."""

    name: str
    clusters: tuple[str, ...]
    takes_hub: bool
    """The hub runs there."""
    placements: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    """Placement -> the clusters it goes to before, and after."""
    workloads: tuple[WorkloadOutcome, ...]
    pushed_out: tuple[str, ...] = ()
    """VMs of survivors that had to go, and find no node."""
    machines: Mapping[str, int] | None = field(default_factory=dict)
    """Cluster -> workers more that would take those who find no node; None: no number would."""
    homeward: tuple[Homeward, ...] = ()
    routes: tuple[RouteOutcome, ...] = ()
    """Where requests go, on each cluster that has a mesh."""
    warnings: tuple[str, ...] = ()

    @property
    def vms(self) -> int:
        """VMs that stop."""
        return sum(each.vms for each in self.workloads)

    @property
    def returned(self) -> float:
        """VMs that serve again elsewhere, in a play on average."""
        return self.vms - sum(each.not_brought + each.stuck for each in self.workloads)

    @property
    def is_survived(self) -> bool:
        """Whether every VM came back in every play, and nobody had to go for it."""
        return all(each.is_back for each in self.workloads) and not self.pushed_out

    @property
    def rto_ms(self) -> tuple[int, ...]:
        """How long those were down that came back, sorted."""
        return tuple(sorted(ms for each in self.workloads for ms in each.rto_ms))

    @property
    def rpo_ms(self) -> tuple[int, ...]:
        """How old their data was, sorted."""
        return tuple(sorted(ms for each in self.workloads for ms in each.rpo_ms))

    @property
    def answers(self) -> list[str]:
        """What is lost, who does not come back, and what would help."""
        told = [f"{self.name}: {self._returned()}."]
        if self.takes_hub:
            told.append(
                f"{self.name}: the hub goes with it: nothing is decided, followed or alerted until "
                "it is back."
            )
        for each in self.workloads:
            told += [f"{self.name}: {sentence}." for sentence in _why_not(each)]
        if self.pushed_out:
            told.append(
                f"{self.name}: {len(self.pushed_out)} VMs of survivors have to go for more "
                f"important ones, and find no node: {', '.join(self.pushed_out[:3])} …"
            )
        if self.machines is None:
            told.append(f"{self.name}: more machines of their kind would not take them.")
        for cluster, count in (self.machines or {}).items():
            told.append(
                f"{self.name}: {count} more worker{'s' if count > 1 else ''} of {cluster} would "
                "take all who find no node."
            )
        return told

    def _returned(self) -> str:
        back = f"{_number(self.returned)} of {self.vms} VMs serve again elsewhere"
        if not self.rto_ms:
            return back
        half, most = percentile(self.rto_ms, 50), percentile(self.rto_ms, 95)
        return f"{back}, half of these within {_rough(half)}, 95 % within {_rough(most)}"

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "clusters": list(self.clusters),
            "takes_hub": self.takes_hub,
            "vms": self.vms,
            "returned": self.returned,
            "survived": self.is_survived,
            **_spread("rto", self.rto_ms),
            **_spread("rpo", self.rpo_ms),
            "placements": {
                key: {"before": list(before), "after": list(after)}
                for key, (before, after) in self.placements.items()
            },
            "workloads": [each.to_dict() for each in self.workloads],
            "pushed_out": list(self.pushed_out),
            "machines": None if self.machines is None else dict(self.machines),
            "homeward": [each.to_dict() for each in self.homeward],
            "routes": [each.to_dict() for each in self.routes],
            "warnings": list(self.warnings),
        }


def _why_not(each: WorkloadOutcome) -> list[str]:
    told = []
    if each.not_brought:
        told.append(
            f"nobody brings {_number(each.not_brought)} VMs of {each.workload} to another cluster"
        )
    if each.stuck:
        told.append(
            f"{_number(each.stuck)} VMs of {each.workload} find no node on "
            f"{', '.join(each.targets)}: {each.reason.rstrip('.')}"
        )
    return told


@dataclass(frozen=True, slots=True)
class FleetFailover:
    """Each loss of a cluster or a region."""

    losses: tuple[ClusterLossOutcome, ...]
    seeds: int
    """How often each was played."""
    repair_ms: int
    """How long the clusters were away when they returned."""

    @property
    def is_survived(self) -> bool:
        """Whether every loss is."""
        return all(each.is_survived for each in self.losses)

    @property
    def answers(self) -> list[str]:
        """Each loss in sentences."""
        told = (sentence for each in self.losses for sentence in each.answers)
        return [*told, *_without_service(self.losses)]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The losses, their workloads, where Placements go, and the way home."""
        every = (
            _summary(self.losses),
            _by_workload(self.losses),
            _placements(self.losses),
            _routes(self.losses),
            _homeward(self.losses, self.repair_ms),
        )
        return tuple(table for table in every if table.rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "seeds": self.seeds,
            "repair_ms": self.repair_ms,
            "survived": self.is_survived,
            "losses": {each.name: each.to_dict() for each in self.losses},
        }

    def __str__(self) -> str:
        first, *tables = [table.text(_WIDTH) for table in self.tables] or ["No cluster runs a VM."]
        told = "\n".join(
            textwrap.fill(f"- {each}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
            for each in self.answers
        )
        return "\n\n".join(filter(None, [first, told, *tables]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, *tables = [table.html() for table in self.tables] or [""]
        told = "".join(f"<p>{html.escape(each)}</p>" for each in self.answers)
        return f"{first}{told}{''.join(tables)}"


def _summary(losses: Sequence[ClusterLossOutcome]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            each.name,
            len(each.clusters),
            "yes" if each.takes_hub else "no",
            each.vms,
            _number(each.returned),
            _rough(percentile(each.rto_ms, 50)),
            _rough(percentile(each.rto_ms, 95)),
            _rough(percentile(each.rpo_ms, 50)),
            _rough(percentile(each.rpo_ms, 95)),
        )
        for each in losses
    ]
    first = ("lost", "clusters", "hub", "VMs", "return")
    columns = (*first, "RTO p50", "RTO p95", "RPO p50", "RPO p95")
    note = "return: VMs that serve again on other clusters while theirs is away; "
    note += "RTO: how long those were down; RPO: how old their data was."
    return Table("Failover between clusters", columns, tuple(rows), (note,))


def _by_workload(losses: Sequence[ClusterLossOutcome]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            loss.name,
            each.workload,
            each.source or "-",
            each.vms,
            _number(each.vms - each.not_brought - each.stuck),
            _number(each.stuck),
            _rough(percentile(each.rto_ms, 50)),
            _rough(percentile(each.rto_ms, 95)),
            _rough(percentile(each.rpo_ms, 95)),
        )
        for loss in losses
        for each in loss.workloads
    ]
    first = ("lost", "workload", "from", "VMs", "return", "no node")
    columns = (*first, "RTO p50", "RTO p95", "RPO p95")
    return Table("Workloads of the lost clusters", columns, tuple(rows))


def _placements(losses: Sequence[ClusterLossOutcome]) -> Table:
    """Those that go elsewhere."""
    rows = [
        (loss.name, key, ", ".join(before) or "none", ", ".join(after) or "none")
        for loss in losses
        for key, (before, after) in loss.placements.items()
        if before != after
    ]
    return Table("Where Placements go", ("lost", "Placement", "before", "after"), tuple(rows))


def _routes(losses: Sequence[ClusterLossOutcome]) -> Table:
    """Ways on which others answer than before."""
    rows: list[tuple[Cell, ...]] = [
        (
            loss.name,
            each.cluster,
            each.route.host.removesuffix(_LOCAL),
            each.route.match or "all others",
            each.route.service,
            each.before,
            "lost" if each.is_lost else str(each.after),
        )
        for loss in losses
        for each in loss.routes
        if each.before is not None and (each.is_lost or each.after != each.before)
    ]
    columns = ("lost", "cluster", "requests for", "that are", "go to", "before", "after")
    notes = (
        "before, after: VMs that answer; a VirtualService names Services of its own cluster, so "
        "that who asks on a lost cluster is lost with it. On ways that are not listed as many "
        "answer as before.",
    )
    return Table("Where requests go", columns, tuple(rows), notes)


def _without_service(losses: Sequence[ClusterLossOutcome]) -> list[str]:
    """Ways that lead to no Service, once for all losses."""
    clusters: dict[tuple[str, str], dict[str, None]] = {}
    for each in (route for loss in losses for route in loss.routes):
        if each.before is None:
            way = each.route.host.removesuffix(_LOCAL), each.route.service
            clusters.setdefault(way, {})[each.cluster] = None
    return [
        f"Requests for {host} go to {service}, and {', '.join(names)} "
        f"{'has' if len(names) == 1 else 'have'} no such Service: nobody answers, lost or not."
        for (host, service), names in clusters.items()
    ]


def _homeward(losses: Sequence[ClusterLossOutcome], repair_ms: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            loss.name,
            each.workload,
            f"{each.home} -> {each.target}" if each.home != each.target else f"{each.home}, again",
            _number(each.vms),
            _number(each.stuck),
            _rough(percentile(each.rto_ms, 50)),
            _rough(percentile(each.rto_ms, 95)),
            _rough(percentile(each.rpo_ms, 95)),
        )
        for loss in losses
        for each in loss.homeward
    ]
    columns = ("lost", "workload", "from -> to", "VMs", "no node", "down p50", "p95", "data lost")
    title = f"The way home, when the clusters are back after {format_duration(repair_ms)}"
    return Table(title, columns, tuple(rows), ("VMs, no node: means over all seeds.",))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rough(ms: int | None) -> str:
    return "-" if ms is None else rough_duration(ms)
