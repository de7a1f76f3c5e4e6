"""An RVTools workbook of 5,000 VMs, made as wide and as repetitive as RVTools makes them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from tests.benchmarks.processes import RUNS, median
from tests.unit.ingest.workbook import column, sheet_of, write_parts

VMS = 5_000
_COMMON = ("VM", "Powerstate", "Template", "SRM Placeholder", "Datacenter", "Cluster", "Host")
_TABS = {
    "vInfo": ((*_COMMON, "CPUs", "Memory", "VM ID", "VM UUID", "Provisioned MiB", "Disks"), 80, 1),
    "vCPU": ((*_COMMON, "CPUs", "Sockets", "Cores p/s"), 24, 1),
    "vMemory": ((*_COMMON, "Size MiB", "Reservation", "VM ID"), 32, 1),
    "vDisk": ((*_COMMON, "Capacity MiB", "VM ID"), 37, 2),
    "vNetwork": ((*_COMMON, "Network"), 15, 2),
    "vPartition": ((*_COMMON, "Capacity MiB", "Consumed MiB"), 15, 3),
}
"""Tab -> the columns that mean something, how many there are in all, and rows a VM."""


class _Strings:
    """Shared strings, as RVTools writes them."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def cell(self, place: str, value: object) -> str:
        if isinstance(value, int):
            return f'<c r="{place}"><v>{value}</v></c>'
        number = self.known.setdefault(str(value), len(self.known))
        return f'<c r="{place}" s="1" t="s"><v>{number}</v></c>'

    def part(self) -> str:
        return f"<sst>{''.join(f'<si><t>{escape(text)}</t></si>' for text in self.known)}</sst>"


def _value(header: str, vm: int) -> object:
    match header:
        case "VM":
            return f"vm-{vm:05}"
        case "VM ID" | "VM UUID":
            return f"{header}-{vm}"
        case "Powerstate":
            return "poweredOff" if vm % 5 == 0 else "poweredOn"
        case "Cluster":
            return f"cluster-{vm % 4}"
        case "CPUs" | "Sockets":
            return 2 << vm % 3
        case "Memory" | "Size MiB":
            return 4096 << vm % 4
        case "Cores p/s":
            return 1
        case "Capacity MiB" | "Provisioned MiB":
            return 40_960 << vm % 3
        case "Consumed MiB":
            return 10_240
        case "Reservation":
            return 0
        case "Disks":
            return 2
        case "Network":
            return f"network-{vm % 40}"
    return vm % 7 if header.startswith("number") else "False"


def _rows(headers: tuple[str, ...], width: int, repeat: int, strings: _Strings) -> Iterator[str]:
    filler = (f"{'number' if i % 3 else 'text'} {i}" for i in range(width - len(headers)))
    every = (*headers, *filler)
    letters = [column(i) for i in range(width)]
    head = "".join(strings.cell(f"{at}1", text) for at, text in zip(letters, every, strict=True))
    yield f'<row r="1">{head}</row>'
    for index in range(VMS * repeat):
        row = index + 2
        cells = "".join(
            strings.cell(f"{at}{row}", _value(header, index // repeat))
            for at, header in zip(letters, every, strict=True)
        )
        yield f'<row r="{row}">{cells}</row>'


def write_rvtools(path: Path) -> None:
    """The workbook."""
    strings = _Strings()
    sheets = {
        tab: sheet_of("".join(_rows(headers, width, repeat, strings)))
        for tab, (headers, width, repeat) in _TABS.items()
    }
    write_parts(path, sheets, sharedStrings=strings.part())


def ingest_rvtools() -> dict[str, float]:
    """The whole process: a workbook of 5,000 VMs to a scenario file."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "site.xlsx"
        # By another process: the peak of a child begins with that of its parent.
        subprocess.run([sys.executable, "-m", __name__, str(book)], check=True)
        arguments = ["ingest", "rvtools", str(book), "-o", str(Path(folder) / "scenario.yaml")]
        return median(arguments, RUNS, {})


if __name__ == "__main__":
    write_rvtools(Path(sys.argv[1]))
