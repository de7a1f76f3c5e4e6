"""What a dump of a cluster says of its machines: nodes, platform pods, machine sets, storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.cluster_config import ClusterConfig
from ove_capacity.ingest.cluster_storage import ClusterStorage
from ove_capacity.ingest.odd_nodes import oddity_of
from ove_capacity.ingest.platform_pods import PlatformPods
from ove_capacity.ingest.sketch import Intake
from ove_capacity.ingest.sysinfo import Topology
from ove_capacity.manifests.core import node_of
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.files import each_document, files_below
from ove_capacity.manifests.kinds import kind_by_shape
from ove_capacity.manifests.objects import Objects, items_of
from ove_capacity.manifests.pieces import MAX_BYTES
from ove_capacity.model.node import Node
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterDump", "MachineSet", "files_read"]

_CPU_HINT = "machine.openshift.io/vCPU"
_MEMORY_HINT = "machine.openshift.io/memoryMb"
_MACHINE = "machine.openshift.io/machine"
_KUBERNETES_AHEAD = 13
"""OpenShift 4.y brings Kubernetes 1.(y+13)."""


@dataclass(frozen=True, slots=True)
class MachineSet:
    """A MachineSet, as far as it says what it makes."""

    name: str
    replicas: int
    size: str
    """``4 CPUs, 16384 MiB, m4.xlarge``, as far as it is said."""


@dataclass(slots=True)
class ClusterDump:
    """All that was found in one dump."""

    intake: Intake = field(default_factory=Intake)
    problems: Problems = field(default_factory=Problems)
    nodes: dict[str, Node] = field(default_factory=dict)
    releases: Counter[str] = field(default_factory=Counter)
    """OpenShift release, such as 4.15, as the nodes' kubelets tell -> nodes."""
    version: str = ""
    """OpenShift release as the ClusterVersion says."""
    names: dict[str, None] = field(default_factory=dict)
    """Of the cluster, as Infrastructures say."""
    pods: PlatformPods = field(default_factory=PlatformPods)
    machine_sets: dict[str, MachineSet] = field(default_factory=dict)
    storage: ClusterStorage = field(default_factory=ClusterStorage)
    config: ClusterConfig = field(default_factory=ClusterConfig)
    topologies: dict[str, Topology] = field(default_factory=dict)
    """By node."""

    @property
    def name(self) -> str:
        """Of the cluster; "" if nothing says it."""
        return next(iter(self.names), "")

    def take_documents(self, documents: Iterable[Document]) -> None:
        """Read every object of some documents."""
        for document in documents:
            for fields in items_of(document, Objects(), self.problems):
                self.take(fields)

    def take(self, fields: Fields) -> None:
        """Read one object."""
        kind = fields.text("kind") or kind_by_shape(fields.value)[1]
        fields.fields("metadata").name("name")
        match kind:
            case "Node":
                self._node(fields)
            case "Pod":
                self.pods.add(fields, self.intake)
            case "MachineSet":
                self._machine_set(fields)
            case "ClusterVersion":
                version = fields.fields("status").fields("desired").text("version")
                if self._is_new(kind, version, (self.version,)):
                    self.version = version
            case "Infrastructure":
                name = fields.fields("status").text("infrastructureName")
                if self._is_new(kind, name, self.names) and name:
                    self.names[name] = None
            case "":
                self.intake.set_aside("object without kind", "looks like nothing we know")
            case _ if any(
                part.take(kind, fields, self.intake) for part in (self.storage, self.config)
            ):
                pass
            case _:
                self.intake.set_aside(kind, "says nothing of machines")

    def settle(self) -> None:
        """After the last object.

        Raises:
            ScenarioError: with what was wrong with the objects.
        """
        self.problems.raise_if_any()
        self.nodes = dict(sorted(self.nodes.items()))
        self.pods.settle(self.nodes.values(), self.intake)
        self.machine_sets = dict(sorted(self.machine_sets.items()))
        for name in sorted(self.topologies.keys() - self.nodes.keys()):
            del self.topologies[name]
            self.intake.set_aside("sysinfo.tgz", "its node is not among the nodes read")

    def _is_new(self, kind: str, name: str, known: Iterable[str]) -> bool:
        """Whether it is the first of that name; dumps list many objects twice."""
        if name in known:
            self.intake.set_aside(kind, "listed a second time")
            return False
        self.intake.use(kind)
        return True

    def _node(self, fields: Fields) -> None:
        node = node_of(fields, self.problems)
        odd = oddity_of(node)
        if odd:
            self.intake.set_aside("Node", odd)
            return
        if not self._is_new("Node", node.name, self.nodes):
            return
        self.nodes[node.name] = node
        machine = fields.fields("metadata").labels("annotations").get(_MACHINE, "")
        if machine:
            self.config.machine_on(node.name, machine)
        kubelet = fields.fields("status").fields("nodeInfo").text("kubeletVersion")
        parts = kubelet.removeprefix("v").split(".")
        if len(parts) > 1 and parts[1].isdecimal() and len(parts[1]) <= 3:
            minor = int(parts[1]) - _KUBERNETES_AHEAD
            if minor > 0:
                self.releases[f"4.{minor}"] += 1

    def _machine_set(self, fields: Fields) -> None:
        meta, spec = fields.fields("metadata"), fields.fields("spec")
        hints, name = meta.labels("annotations"), meta.required_text("name")
        if not self._is_new("MachineSet", name, self.machine_sets):
            return
        template = spec.fields("template").fields("spec").fields("providerSpec").fields("value")
        said = [
            f"{hints[_CPU_HINT]} CPUs" if _CPU_HINT in hints else "",
            f"{hints[_MEMORY_HINT]} MiB" if _MEMORY_HINT in hints else "",
            template.text("instanceType") or template.text("machineType"),
        ]
        size = ", ".join(each for each in said if each)
        self.machine_sets[name] = MachineSet(name, spec.whole("replicas", 1), size)

    def tables(self) -> tuple[Table, ...]:
        """What was found out of the machines, beside their sizes."""
        found = []
        if self.pods.shares:
            found.append(self.pods.table(self.nodes.values()))
        if self.topologies:
            found.append(self._cells())
        if self.machine_sets:
            sets = [(each.name, each.replicas, each.size) for each in self.machine_sets.values()]
            found.append(Table.of("Machine sets", ("name", "replicas", "size"), sets))
        storage = self.storage.table()
        return (*found, storage) if storage else tuple(found)

    def _cells(self) -> Table:
        columns = ("node", "cell", "CPUs", "memory Ki", "hugepages", "SMT", "CPUs are numbered")
        rows: list[tuple[Cell, ...]] = [
            (
                *(name, cell.number, len(cell.cpus), cell.memory_bytes >> 10),
                ", ".join(f"{count} x {size}" for size, count in sorted(cell.pages.items())),
                *(topology.smt, topology.numbering),
            )
            for name, topology in sorted(self.topologies.items())
            for cell in topology.cells
        ]
        return Table("NUMA cells, measured", columns, tuple(rows))


def files_read(
    source: Path, intake: Intake, problems: Problems
) -> Iterator[tuple[str, Iterable[Document]]]:
    """(name, documents) of a file, or of each YAML or JSON file below a folder.

    A file of a folder that cannot be read is set aside with the reason; one that is too large to
    hold is handed on item by item, as far as it can be read.

    Raises:
        ScenarioError: the one file that was named cannot be read, there or while it is walked.
    """
    lenient = source.is_dir()
    for path in files_below(source) if lenient else [source]:
        documents = _documents(path, intake, problems, lenient=lenient)
        yield str(path), documents if _is_large(path) else list(documents)


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > MAX_BYTES
    except (OSError, ValueError):
        return False


def _documents(
    path: Path, intake: Intake, problems: Problems, *, lenient: bool
) -> Iterator[Document]:
    """All documents of a file, or none; those of a large one as long as there is no error."""
    documents: Iterable[Document] = each_document(path, problems, file=str(path))
    try:
        yield from documents if _is_large(path) else list(documents)
    except ScenarioError as error:
        if not lenient:
            raise
        intake.set_aside("file", f"cannot be read{' to its end' * _is_large(path)}")
        intake.notes.append(f"set aside: {error.problems[0]}")
        return
    intake.use("file")
