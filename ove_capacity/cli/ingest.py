"""``ingest``: files that people have -> a scenario to go on with, and what became of each row."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ove_capacity.cli.endings import ends_decently
from ove_capacity.cli.options import Format, FormatOption, Output
from ove_capacity.cli.output import deliver, refuse_unwritable
from ove_capacity.errors import OveCapacityError
from ove_capacity.ingest.choices import Networks, PoweredOff, Sizes

if TYPE_CHECKING:
    from ove_capacity.ingest.sketch import Sketch

__all__ = ["app"]

app = typer.Typer(
    help="Write a scenario from an inventory of what exists.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class _As(StrEnum):
    """How nodes become part of a scenario."""

    POOLS = "pools"
    FOLDER = "folder"


class _RunStrategy(StrEnum):
    """Which VMs are to run."""

    AS_WRITTEN = "as-written"
    ALWAYS = "Always"


_Name = Annotated[
    str,
    typer.Option("--name", metavar="NAME", help="Of the scenario and its cluster."),
]
_AsOption = Annotated[
    _As,
    typer.Option("--as", help="pools: like machines grouped; folder: refer to the objects."),
]

_PoweredOffOption = Annotated[
    PoweredOff,
    typer.Option("--powered-off", help="What becomes of VMs that do not run."),
]
_ScenarioName = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Of the scenario; else the first file's.")
]
_NetworksOption = Annotated[
    Networks,
    typer.Option("--networks", help="aside: VMs that differ by their networks alone are alike."),
]
_Onto = Annotated[
    str,
    typer.Option("--onto", metavar="CLUSTER", help="All VMs to this one cluster."),
]


def _source(help_text: str, metavar: str = "FILE|FOLDER") -> typer.models.ArgumentInfo:
    argument: typer.models.ArgumentInfo = typer.Argument(metavar=metavar, help=help_text)
    return argument


@app.command("nodes")
@ends_decently
def _nodes(
    source: Annotated[Path, _source("`oc get nodes -o yaml`, an Insights archive, unpacked.")],
    *,
    name: _Name = "",
    how: _AsOption = _As.POOLS,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Node objects, and the pods on them if there are any."""
    refuse_unwritable(output)
    from ove_capacity.ingest.nodes import ingest_nodes

    folder = "" if how is _As.POOLS else _as_seen_from(output, source)
    _hand_over(ingest_nodes(source, name=name, folder=folder), form, output)


@app.command("must-gather")
@ends_decently
def _must_gather(
    source: Annotated[Path, _source("As `oc adm must-gather` wrote it.", "FOLDER|TAR")],
    *,
    name: _Name = "",
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """A must-gather: machines, NUMA cells, platform pods, VMs."""
    refuse_unwritable(output)
    from ove_capacity.ingest.must_gather import ingest_must_gather

    _hand_over(ingest_must_gather(source, name=name), form, output)


@app.command("vms")
@ends_decently
def _vms(
    source: Annotated[Path, _source("`oc get vm -A -o yaml`, or a folder of manifests.")],
    *,
    name: _Name = "",
    nodes: Annotated[
        Path | None,
        typer.Option("--nodes", metavar="FILE|FOLDER", help="Node objects for them to run on."),
    ] = None,
    run_strategy: Annotated[
        _RunStrategy,
        typer.Option("--run-strategy", help="Always starts what is written as halted, too."),
    ] = _RunStrategy.AS_WRITTEN,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """VirtualMachine objects, those alike as one workload."""
    refuse_unwritable(output)
    from ove_capacity.ingest.vms import ingest_vms

    base = output.parent if output is not None else Path()
    sketch = ingest_vms(source, name=name, nodes=nodes, run_strategy=run_strategy.value, base=base)
    _hand_over(sketch, form, output)


@app.command("rvtools")
@ends_decently
def _rvtools(
    files: Annotated[list[Path], _source("RVTools workbooks, one a site.", "FILE.xlsx")],
    *,
    powered_off: _PoweredOffOption = PoweredOff.HALTED,
    sizes: Annotated[
        Sizes, typer.Option("--sizes", help="Whose word counts when tabs disagree on a VM's size.")
    ] = Sizes.VINFO,
    onto: _Onto = "",
    networks: _NetworksOption = Networks.KEEP,
    name: _ScenarioName = "",
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """RVTools workbooks: VMs by size, hosts, what disagrees."""
    refuse_unwritable(output)
    from ove_capacity.ingest.rvtools import ingest_rvtools

    sketch = ingest_rvtools(
        files, powered_off=powered_off, sizes=sizes, onto=onto, name=name, networks=networks
    )
    _hand_over(sketch, form, output)


@app.command("vsphere-json")
@ends_decently
def _vsphere_json(
    source: Annotated[Path, _source("VMs as vSphere's API or `govc vm.info -json` say.", "FILE")],
    *,
    powered_off: _PoweredOffOption = PoweredOff.HALTED,
    onto: _Onto = "",
    name: _ScenarioName = "",
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """VMs of vSphere in JSON."""
    refuse_unwritable(output)
    from ove_capacity.ingest.vsphere import ingest_vsphere_json

    sketch = ingest_vsphere_json(source, powered_off=powered_off, onto=onto, name=name)
    _hand_over(sketch, form, output)


def _as_seen_from(output: Path | None, source: Path) -> str:
    """The path by which a scenario written to *output* names *source*."""
    if not source.exists():
        raise OveCapacityError(f"there is no file or folder {source}")
    base = (output.parent if output is not None else Path()).resolve()
    return Path(os.path.relpath(source.resolve(), base)).as_posix()


def _hand_over(sketch: Sketch, form: Format, output: Path | None) -> None:
    """The scenario where it was wanted, the report beside it: never both in one stream."""
    if form is Format.JSON:
        deliver(sketch.to_dict, str, form=form, file=output)
        return
    report = "\n\n".join(table.text() for table in sketch.tables)
    deliver(sketch.to_dict, lambda: sketch.text, form=form, file=output)
    if output is None:
        typer.echo(report, err=True)
    else:
        typer.echo(f"{output} is written.\n\n{report}")
