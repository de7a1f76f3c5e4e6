"""``oc get nodes -o yaml``, Insights archives and pieces of must-gathers -> a scenario."""

from __future__ import annotations

from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.cluster_dump import ClusterDump, files_read
from ove_capacity.ingest.cluster_sections import write_sections
from ove_capacity.ingest.gathered_vms import GatheredVms
from ove_capacity.ingest.machines import Machines, plain_name
from ove_capacity.ingest.pools import runs_virtualization
from ove_capacity.ingest.sketch import Page, Sketch
from ove_capacity.ingest.vm_workloads import NEWEST_RELEASE, write_workloads
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.files import each_document, files_below
from ove_capacity.manifests.objects import objects_of
from ove_capacity.manifests.parts import check_parts
from ove_capacity.releases import release

__all__ = ["ingest_nodes", "refuse_without_nodes", "sketch_of"]


def _dump_of(source: Path) -> ClusterDump:
    """The machines that a file, or the files of a folder, describe.

    Raises:
        ScenarioError: it cannot be read, is wrong, or holds no Node.
    """
    dump = ClusterDump()
    for _, documents in files_read(source, dump.intake, dump.problems):
        dump.take_documents(documents)
    dump.settle()
    refuse_without_nodes(dump, source)
    return dump


def _refuse_what_no_scenario_takes(source: Path) -> None:
    """Raise ScenarioError now for what would be wrong whenever a scenario refers to the objects."""
    problems = Problems()
    for path in files_below(source) if source.is_dir() else [source]:
        try:
            found = objects_of(each_document(path, problems, file=str(path)), problems)
            check_parts(found, problems)
        except ScenarioError as error:
            problems.errors += error.problems
    problems.raise_if_any()


def refuse_without_nodes(dump: ClusterDump, source: Path) -> None:
    """Raise ScenarioError when no machine was found, with what was."""
    if dump.nodes:
        return
    raise ScenarioError(
        Problem(
            f"holds no Node that offers CPU and memory ({dump.intake.gist()})", str(source), 1, 1
        )
    )


def sketch_of(dump: ClusterDump, source: Path, name: str, vms: GatheredVms | None = None) -> Sketch:
    """The scenario of machines as pools, and of VMs if there are any."""
    machines = Machines.of(dump)
    vms = vms or GatheredVms()
    shapes = vms.shapes(release(machines.openshift or NEWEST_RELEASE), dump.intake)
    decisions = (*machines.decisions, *vms.decisions(shapes, dump.pods.launchers))
    name = plain_name(name or dump.name, "imported")
    page = Page()
    page.head(str(source), name, decisions)
    page.key("clusters")
    machines.write(page, name)
    if shapes:
        write_workloads(page, shapes, name)
    return Sketch(page.text(), decisions, dump.intake.table(), dump.tables())


def ingest_nodes(source: Path, *, name: str = "", folder: str = "") -> Sketch:
    """A scenario of the machines that Node objects describe.

    Args:
        source: a file or a folder of Node objects, and of the Pods on them if there are any.
        name: of the scenario and its cluster.
        folder: refer to the objects by this path instead of grouping the machines into pools.

    Raises:
        ScenarioError: the source cannot be read, is wrong, or holds no Node.
    """
    dump = _dump_of(source)
    if not folder:
        return sketch_of(dump, source, name)
    _refuse_what_no_scenario_takes(source)
    machines = Machines.of(dump)
    name = plain_name(name or dump.name, "imported")
    decisions = (
        machines.decisions[0],
        "Machines and pods are read from the objects each time, not copied into this file.",
        *machines.decisions[2:],
    )
    page = Page()
    page.head(str(source), name, decisions)
    page.key("clusters")
    page.key(name, indent=2)
    if machines.openshift:
        page.key("platform", {"openshift": machines.openshift}, indent=4)
    write_sections(page, machines.sections)
    page.key("nodes", folder, indent=4)
    if not runs_virtualization(dump.nodes.values()):
        page.key("assume", {"virtualization": "installed"}, indent=4)
    return Sketch(page.text(), decisions, dump.intake.table(), dump.tables())
