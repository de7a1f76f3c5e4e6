"""What ``oc adm must-gather`` wrote, as a folder or as an archive, read file by file -> a scenario.

Most of a must-gather is logs. Of the rest only the files that say something of capacity are read,
each list object by object, so that memory does not grow with the cluster.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.archive import members_below, members_within
from ove_capacity.ingest.cluster_dump import ClusterDump
from ove_capacity.ingest.gathered_vms import GatheredVms
from ove_capacity.ingest.nodes import refuse_without_nodes, sketch_of
from ove_capacity.ingest.sketch import Sketch
from ove_capacity.ingest.sysinfo import is_of_topology, topology_of
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.events import documents_of_text

__all__ = ["dump_of_must_gather", "ingest_must_gather"]

_OBJECTS = re.compile(
    r"(?:.*/)?(?:"
    r"cluster-scoped-resources/(?:"
    r"core/(?:nodes|persistentvolumes)(?:/[^/]+)?"
    r"|storage\.k8s\.io/storageclasses(?:/[^/]+)?"
    r"|config\.openshift\.io/(?:clusterversions|infrastructures|networks|schedulers)(?:/[^/]+)?"
    r"|machineconfiguration\.openshift\.io/(?:kubeletconfigs|machineconfigpools)(?:/[^/]+)?"
    r"|autoscaling\.openshift\.io/clusterautoscalers(?:/[^/]+)?"
    r"|scheduling\.k8s\.io/priorityclasses(?:/[^/]+)?"
    r"|instancetype\.kubevirt\.io/[^/]+(?:/[^/]+)?"
    r")"
    r"|namespaces/[^/]+/(?:"
    r"core/pods"
    r"|machine\.openshift\.io/(?:machines|machinesets)(?:/[^/]+)?"
    r"|autoscaling\.openshift\.io/machineautoscalers(?:/[^/]+)?"
    r"|ceph\.rook\.io/(?:cephclusters|cephblockpools)(?:/[^/]+)?"
    r"|ocs\.openshift\.io/storageclusters(?:/[^/]+)?"
    r"|(?:pool\.|instancetype\.)?kubevirt\.io/(?:kubevirts|virtualmachine[a-z]+)(?:/.+)?"
    r"))\.(?:ya?ml|json)"
)
_SYSINFO = re.compile(r"(?:.*/)?nodes/([^/]+)/sysinfo\.tgz")
_LIST_HEAD = re.compile(r"(?:---\n)?apiVersion: \S+\nitems:\n(?=- )")
_FIRST_COLUMN = re.compile(r"^(?=[^ \n])", re.MULTILINE)
_SYSINFO_KIND = "sysinfo.tgz"
_KIND = re.compile(
    r"(?:.*/)?(?:cluster-scoped-resources|namespaces/[^/]+)/((?!pods/)[^/]{1,80}/[^/.]{1,80})"
    r"(?:/[^/]+)?\.(?:ya?ml|json)"
)
_IS_LOG = re.compile(r".*\.(?:log|gz)")
_LOG = "logs"
_KINDS_SHOWN = 40


def _is_wanted(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not hidden and bool(_OBJECTS.fullmatch(path) or _SYSINFO.fullmatch(path))


@dataclass(slots=True)
class _Selection:
    """Which files are read, and what kinds the others are of."""

    unread: Counter[str] = field(default_factory=Counter)

    def wants(self, path: str) -> bool:
        if _is_wanted(path):
            return True
        kind = _KIND.fullmatch(path)
        self.unread[kind[1] if kind else _LOG if _IS_LOG.fullmatch(path) else "others"] += 1
        return False

    def notes(self) -> list[str]:
        """What was left, the most frequent first."""
        if not self.unread:
            return []
        kinds = sorted(self.unread.items(), key=lambda each: (-each[1], each[0]))
        listed = ", ".join(f"{kind} ({number:,})" for kind, number in kinds[:_KINDS_SHOWN])
        more = len(kinds) - _KINDS_SHOWN
        return [f"files that were not read: {listed}{f' and {more} more' if more > 0 else ''}"]


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The items of a list as ``oc`` writes it, each with the lines above it; else all at once."""
    head = _LIST_HEAD.match(text)
    if head is None:
        yield 0, text
        return
    start, line = head.end(), text.count("\n", 0, head.end())
    while text.startswith("- ", start):
        after = _FIRST_COLUMN.search(text, start + 1)
        end = after.start() if after else len(text)
        yield line, text[start:end]
        line += text.count("\n", start, end)
        start = end


def _documents(text: str, file: str, problems: Problems) -> Iterator[Document]:
    """Each object as a document of its own, with places in the file as it is."""
    for above, piece in _pieces(text):
        frame = Document(None, file, lines_below=above)
        for document in documents_of_text(piece, file, problems, frame):
            if isinstance(document.value, list):
                for item in document.value:
                    yield Document(item, file, document.start, "", document.lines_below)
            else:
                yield document


def _take_objects(
    dump: ClusterDump, vms: GatheredVms, path: str, content: bytes, source: Path
) -> None:
    file = f"{source}/{path}"
    try:
        for document in _documents(content.decode("utf-8-sig"), file, dump.problems):
            if not vms.take(document, dump.intake):
                dump.take_documents([document])
    except UnicodeDecodeError:
        _set_aside(dump, f"{file} is not UTF-8 text")
    except ScenarioError as error:
        _set_aside(dump, str(error.problems[0]))


def _set_aside(dump: ClusterDump, why: str) -> None:
    dump.intake.set_aside("part of a file", "cannot be read")
    dump.intake.notes.append(f"set aside: {why}")


def _take_sysinfo(dump: ClusterDump, node: str, path: str, content: bytes) -> None:
    try:
        topology = topology_of(members_within(content, path, is_of_topology))
    except ScenarioError as error:
        dump.intake.set_aside(_SYSINFO_KIND, "cannot be read")
        dump.intake.notes.append(f"set aside: {error.problems[0]}")
        return
    if topology is None:
        dump.intake.set_aside(_SYSINFO_KIND, "shows no NUMA cells")
        return
    dump.topologies[node] = topology
    dump.intake.use(_SYSINFO_KIND)


def dump_of_must_gather(source: Path, vms: GatheredVms | None = None) -> ClusterDump:
    """The machines, platform pods, machine sets, storage and NUMA cells of a must-gather.

    Args:
        source: a folder, or a tar archive.
        vms: gets the VMs that are found.

    Raises:
        ScenarioError: it cannot be read, an archive leads outside or unpacks to too much, an
            object is wrong, or there is no Node.
    """
    dump, vms = ClusterDump(), vms or GatheredVms()
    selection = _Selection()
    for path, content in members_below(source, selection.wants, dump.intake):
        sysinfo = _SYSINFO.fullmatch(path)
        if sysinfo:
            _take_sysinfo(dump, sysinfo[1], f"{source}/{path}", content)
        else:
            _take_objects(dump, vms, path, content, source)
    dump.intake.notes += selection.notes()
    dump.settle()
    refuse_without_nodes(dump, source)
    return dump


def ingest_must_gather(source: Path, *, name: str = "") -> Sketch:
    """A scenario of a must-gather: its machines, the platform's share as measured, and its VMs.

    Args:
        source: the folder that ``oc adm must-gather`` wrote, or a tar archive of it.
        name: of the scenario and its cluster.

    Raises:
        ScenarioError: as `dump_of_must_gather`.
    """
    vms = GatheredVms()
    return sketch_of(dump_of_must_gather(source, vms), source, name, vms)
