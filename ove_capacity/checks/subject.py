"""What rules read: every object with its place, the scenario as written, and the case it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, cast

from ove_capacity.analysis.fleet import placement
from ove_capacity.errors import Problem
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.kinds import kind_by_shape
from ove_capacity.manifests.objects import Objects, items_of
from ove_capacity.model.case import Case
from ove_capacity.model.plan import Workload
from ove_capacity.releases import Release, release
from ove_capacity.scenario import Examined
from ove_capacity.scenario.changes import Changed
from ove_capacity.scenario.schema.scenario import Scenario

__all__ = ["Manifest", "Subject", "manifests_of", "subject_of"]

_DEFAULT_OPENSHIFT = "4.22"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object as it was written."""

    value: Mapping[str, Any]
    document: Document
    path: FieldPath = ()
    """Where it stands in its document, when a List or a Template holds it."""
    cluster: str = ""
    """The cluster under which the scenario lists it; empty: the hub."""
    runs: bool = False
    """Whether it is listed under ``vms``: each VM there runs, those under ``manifests`` do not."""

    @property
    def api_version(self) -> str:
        """As written; empty when it is not text."""
        return _text(self.value.get("apiVersion"))

    @property
    def group(self) -> str:
        """Group of the apiVersion; empty for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def version(self) -> str:
        """Version of the apiVersion."""
        return self.api_version.rpartition("/")[2]

    @property
    def kind(self) -> str:
        """As written."""
        return _text(self.value.get("kind"))

    @property
    def name(self) -> str:
        """From its metadata; its generateName when it has no name."""
        return _text(self.get("metadata", "name")) or _text(self.get("metadata", "generateName"))

    @property
    def namespace(self) -> str:
        """From its metadata; empty when it says none."""
        return _text(self.get("metadata", "namespace"))

    @property
    def labels(self) -> Mapping[str, Any]:
        """From its metadata."""
        found = self.get("metadata", "labels")
        return found if isinstance(found, Mapping) else {}

    @property
    def shown(self) -> str:
        """``VirtualMachine vm-production/db``, for sentences."""
        key = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {key}".strip()

    def get(self, *keys: str | int) -> Any:
        """The value that the keys lead to; None when they lead nowhere."""
        value: Any = self.value
        for key in keys:
            if isinstance(value, Mapping):
                value = value.get(str(key))
            elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key:
                value = value[key] if key < len(value) else None
            else:
                return None
        return value

    def mapping(self, *keys: str | int) -> Mapping[str, Any]:
        """The mapping there; empty when there is none."""
        found = self.get(*keys)
        return found if isinstance(found, Mapping) else {}

    def listed(self, *keys: str | int) -> list[Any]:
        """The list there; empty when there is none."""
        found = self.get(*keys)
        return found if isinstance(found, list) else []

    def problem(
        self, message: str, *keys: str | int, suggestion: str = "", key: bool = False
    ) -> Problem:
        """What is wrong at the value (or the key) that *keys* lead to, with its place."""
        found = self.document.problem((*self.path, *keys), message, suggestion, key)
        if not keys:  # the first line of an object says nothing; its kind does
            line, column = self.document.place((*self.path, "kind"))
            return Problem(message, found.file, line, column, found.path, suggestion)
        return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


T = TypeVar("T")


@dataclass(eq=False)
class Subject:
    """A scenario under examination."""

    file: str
    """The scenario's."""
    scenario: Scenario | None = None
    """As written; None when manifests alone are examined."""
    case: Case | None = None
    """None when it cannot be made: then *problems* say why."""
    manifests: tuple[Manifest, ...] = ()
    """In the order they were read; one listed under two clusters is here for each of them."""
    documents: tuple[tuple[str, Document], ...] = ()
    """(cluster, document) of everything read: lists and fragments that are no objects, too."""
    problems: Problems = field(default_factory=Problems)
    """What loading complained about."""
    changed: Changed | None = None
    """Places of the scenario's own fields."""
    releases: Mapping[str, Release] = field(default_factory=dict)
    """By cluster; "" is the fleet's."""
    _known: dict[Callable[[Subject], Any], Any] = field(default_factory=dict, repr=False)

    def once(self, work: Callable[[Subject], T]) -> T:
        """What *work* makes of this subject: worked out by the first rule that asks."""
        if work not in self._known:
            self._known[work] = work(self)
        return cast(T, self._known[work])

    def of_kind(self, kind: str, group: str | None = None) -> Iterator[Manifest]:
        """Objects of a kind, of one API group or of any."""
        for each in self.manifests_by_kind.get(kind, ()):
            if group is None or each.group == group:
                yield each

    @cached_property
    def manifests_by_kind(self) -> Mapping[str, tuple[Manifest, ...]]:
        """Kind -> its objects."""
        found: dict[str, list[Manifest]] = {}
        for each in self.manifests:
            found.setdefault(each.kind, []).append(each)
        return {kind: tuple(objects) for kind, objects in found.items()}

    @cached_property
    def clusters_by_file(self) -> Mapping[str, tuple[str, ...]]:
        """File of manifests -> clusters that list it; none: the hub's."""
        found: dict[str, dict[str, None]] = {}
        for each in self.manifests:
            names = found.setdefault(each.document.file, {})
            if each.cluster:
                names[each.cluster] = None
        return {file: tuple(names) for file, names in found.items()}

    @property
    def clusters(self) -> tuple[str, ...]:
        """Names, as the scenario orders them."""
        return tuple(self.scenario.clusters) if self.scenario else ()

    def release(self, cluster: str) -> Release:
        """The releases of a cluster; of the fleet when it is the hub."""
        return self.releases.get(cluster) or self.releases.get("") or release(_DEFAULT_OPENSHIFT)

    def problem(
        self, message: str, *path: str | int, suggestion: str = "", key: bool = False
    ) -> Problem:
        """What is wrong at a field of the scenario, with its place."""
        if self.changed is None:
            return Problem(message, self.file, suggestion=suggestion)
        return self.changed.problem(path, message, suggestion, key)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Of the case: listed ones, then those that arrive."""
        if self.case is None:
            return ()
        plan = self.case.plan
        return (*plan.workloads, *(stream.workload for stream in plan.arrivals))

    def vm_count(self, workload: Workload) -> int:
        """How many VMs a workload asks for on the clusters that have it."""
        if not workload.placement or workload.total:
            return workload.count
        return workload.count * max(1, len(self.clusters_of(workload)))

    def clusters_of(self, workload: Workload) -> tuple[str, ...]:
        """The cluster a workload names, or those that its Placement selects at the start.

        A Placement that selects none is asked as if every cluster were bound to its namespace:
        that it is not is one finding, what becomes of the VMs then are others.
        """
        if workload.cluster:
            return (workload.cluster,)
        return self._decided.get(workload.placement, ())

    @cached_property
    def decisions(self) -> Mapping[str, tuple[str, ...]]:
        """Placement, as ``namespace/name`` -> the clusters that it selects at the start."""
        if self.case is None or not self.case.fleet.placements:
            return {}
        return {each.placement: tuple(each.clusters) for each in placement(self.case).decisions}

    @cached_property
    def _decided(self) -> Mapping[str, tuple[str, ...]]:
        found = self.decisions
        if self.case is None or all(found.values()):
            return found
        fleet = self.case.fleet
        bound = replace(fleet, hub=replace(fleet.hub, binds_all=True))
        would = placement(replace(self.case, fleet=bound)).decisions
        return {each.placement: found[each.placement] or tuple(each.clusters) for each in would}


def _releases(examined: Examined) -> dict[str, Release]:
    scenario = examined.scenario
    fleet = [scenario.platform]
    platforms = {"": fleet}
    platforms |= {name: [one.platform, *fleet] for name, one in scenario.clusters.items()}
    found = {}
    for name, said in platforms.items():
        openshift = next((each.openshift for each in said if each.openshift), _DEFAULT_OPENSHIFT)
        try:
            found[name] = release(openshift)
        except ValueError:  # loading says what is wrong with it
            found[name] = release(_DEFAULT_OPENSHIFT)
    if examined.case is not None:
        found |= {each.name: each.release for each in examined.case.fleet.clusters}
    return found


def _cluster_of(where: FieldPath) -> str:
    return str(where[1]) if len(where) > 1 and where[0] == "clusters" else ""


def _runs(where: FieldPath) -> bool:
    return len(where) > 2 and where[2] == "vms"


def _objects_of(document: Document, cluster: str, runs: bool) -> Iterator[Manifest]:
    """The objects of a document; what has no kind, and looks like none, is no object."""
    for fields in items_of(document, Objects(), Problems()):
        value = fields.value
        if not isinstance(value.get("kind"), str):
            version, kind = kind_by_shape(value)
            if not kind:
                continue
            value = {**value, "apiVersion": version, "kind": kind}
        yield Manifest(value, document, fields.path, cluster, runs)


def manifests_of(
    documents: Iterable[tuple[str, Document]], *, runs: bool = False
) -> tuple[Manifest, ...]:
    """Every object of (cluster, document), as the documents are ordered."""
    return tuple(each for cluster, one in documents for each in _objects_of(one, cluster, runs))


def subject_of(examined: Examined) -> Subject:
    """What a scenario and its manifests give the rules to read."""
    return Subject(
        file=examined.changed.document.file,
        scenario=examined.scenario,
        case=examined.case,
        manifests=tuple(
            manifest
            for where, one in examined.documents
            for manifest in manifests_of([(_cluster_of(where), one)], runs=_runs(where))
        ),
        documents=tuple((_cluster_of(where), one) for where, one in examined.documents),
        problems=examined.problems,
        changed=examined.changed,
        releases=_releases(examined),
    )
