"""A small RVTools workbook, and the ways in which people, tools and networks damage one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from tests.unit.ingest.workbook import column, parts_of, sheet_of

__all__ = [
    "BYTE_DAMAGE",
    "CELL_DAMAGE",
    "PART_DAMAGE",
    "TABS",
    "damaged_bytes",
    "damaged_cells",
    "damaged_parts",
    "parts",
    "zipped",
]

Tabs = dict[str, list[list[Any]]]
Parts = dict[str, bytes]

_PLACE = ("DC", "A", "esx-1")
TABS: Tabs = {
    "vInfo": [
        [
            *("VM", "Powerstate", "Template", "SRM Placeholder", "CPUs", "Memory", "Disks"),
            *("Network #1", "Fixed Passthru HotPlug", "Latency Sensitivity", "Provisioned MiB"),
            *("Datacenter", "Cluster", "Host", "OS according to the VMware Tools", "VM ID"),
            *("VM UUID", "VI SDK UUID"),
        ],
        [
            *("web-1", "poweredOn", "False", "False", 2, 4096, 1, "apps", "False", "normal"),
            *(40_000, *_PLACE, "Ubuntu Linux (64-bit)", "vm-1", "50-1", "c1"),
        ],
        [
            *("web-2", "poweredOn", "False", "False", 2, 4096, 1, "apps", "False", "normal"),
            *(40_000, *_PLACE, "Ubuntu Linux (64-bit)", "vm-2", "50-2", "c1"),
        ],
        [
            *("db", "poweredOff", "False", "False", "", "", 2, "data", "False", "high"),
            *(500_000, "DC", "B", "esx-2", "Microsoft Windows Server 2022", "vm-3", "50-3", "c1"),
        ],
        [
            *("gold", "poweredOff", "True", "False", 1, 2000, 1, "", "False", "normal"),
            *(20_000, *_PLACE, "", "vm-4", "50-4", "c1"),
        ],
    ],
    "vCPU": [
        ["VM", "CPUs", "Sockets", "Cores p/s", "Reservation", "VM ID"],
        ["web-1", 2, 2, 1, 0, "vm-1"],
        ["db", 8, 2, 4, 2000, "vm-3"],
    ],
    "vMemory": [
        ["VM", "Size MiB", "owner", "Reservation", "VM ID"],
        ["web-1", 4096, "me", 0, "vm-1"],
        ["db", 65536, "", 65536, "vm-3"],
    ],
    "vDisk": [
        ["VM", "Disk", "Capacity MiB", "Raw", "Sharing mode", "VM ID"],
        ["web-1", "Hard disk 1", 40_000, "False", "sharingNone", "vm-1"],
        ["web-2", "Hard disk 1", 40_000, "False", "sharingNone", "vm-2"],
        ["db", "Hard disk 1", 100_000, "False", "sharingNone", "vm-3"],
        ["db", "Hard disk 2", 400_000, "True", "sharingMultiWriter", "vm-3"],
    ],
    "vNetwork": [
        ["VM", "NIC label", "Network", "Connected", "VM ID"],
        ["web-1", "Network adapter 1", "apps", "True", "vm-1"],
        ["web-2", "Network adapter 1", "apps", "True", "vm-2"],
        ["db", "Network adapter 1", "data", "False", "vm-3"],
        ["db", "Network adapter 2", "backup (10)", "True", "vm-3"],
    ],
    "vPartition": [
        ["VM", "Disk", "Capacity MiB", "Consumed MiB", "Free %"],
        ["web-1", "/", 38_000, 12_000, 68],
    ],
    "vHost": [
        [
            *("Host", "Datacenter", "Cluster", "in Maintenance Mode", "HT Active", "# CPU"),
            *("Cores per CPU", "# Cores", "# Memory", "# VMs", "# vCPUs"),
        ],
        ["esx-1", "DC", "A", "False", "True", 2, 16, 32, 261_797, 2, 4],
        ["esx-2", "DC", "B", "True", "True", 2, 16, 32, 261_797, 0, 0],
    ],
    "vCluster": [["Name", "NumHosts"], ["A", 1], ["B", 1]],
    "vDatastore": [
        ["Name", "Type", "# VMs", "Capacity MiB", "Provisioned MiB", "In Use MiB", "Free MiB"],
        ["ds-1", "VMFS", 4, 2_000_000, 600_000, 300_000, 1_700_000],
    ],
}
"""Tab -> rows, the first of which is the header."""

CELL_DAMAGE = (
    *("empty", "retype", "retype", "copy", "drop row", "double row", "swap rows", "blank rows"),
    *("drop column", "double column", "swap columns", "unnamed column", "retype column"),
    *("header", "drop tab", "empty tab", "rename tab", "swap tabs"),
)
PART_DAMAGE = ("truncate", "cut", "replace", "replace", "insert", "drop part", "swap parts", "code")
BYTE_DAMAGE = ("truncate", "flip", "cut", "append", "prepend", "zero")

_CELLS: tuple[Any, ...] = (
    *(0, -1, 1, 2.5, 1e308, 10**30, -(10**18), "NaN", "inf", "-inf", "1e400", "0x10", "#REF!"),
    *("4096 MB", "4 GiB", "4,096", "1.234.567", "４", "٤", "True", "FALSE", "", " ", "x" * 300),
    *("poweredOn", "suspended", "no", "- a: b", "{{ x }}", "#", "a\nb", "\t", "\u2028", "\u202e"),
    *(
        "=1+1",
        "=HYPERLINK(1)",
        "../../x",
        "VM",
        "web-1",
        "vm-1",
        "DC",
        "A",
        "b" * 33_000,
        "\U0001f600",
    ),
    *("٢٠", "²", "1_000", "+5", "1.0", "4096.0000001", "99999999999999", "ｖＭ", "é" * 70),
)
_HEADERS = ("VM", "CPUs", "Memory", "Capacity MB", "vInfoCPUs", "memory mib", "", "x", "Cluster")
_TITLES = ("tabvInfo", "vinfo", "VINFO", "RVTools_tabvDisk", "x", "", "a/b", "vHost", "'")

_WRONG_XML: tuple[tuple[str, str], ...] = (
    (r't="s"', 't="str"'),
    (r't="s"><v>\d+', 't="s"><v>99999'),
    (r't="s"><v>\d+', 't="s"><v>-1'),
    (r't="s"><v>\d+', 't="s"><v>²'),
    (r"<v>\d+", "<f>SUM(A1:A9)</f><v>7"),
    (r"<v>\d+", '<f t="shared" si="0"/><v>'),
    (r"<v>\d+", "<v>1<!-- -->2"),
    (r"<v>(\d+)", "<v><v><v>3"),
    (r"<v>(\d+)", "<v>&x;"),
    (r"<v>(\d+)", "<v>&#0;"),
    (r't="s"', 't="e"'),
    (r't="s"', 't="b"'),
    (r't="s"', 't="d"'),
    (r't="s"', ""),
    (r' r="[A-Z]+\d+"', ""),
    (r' r="[A-Z]+\d+"', ' r="é1"'),
    (r' r="[A-Z]+\d+"', ' r="12"'),
    (r' r="[A-Z]+\d+"', ' r="A1"'),
    (r' r="[A-Z]+\d+"', ' r="XFE1"'),
    (r'<row r="\d+"', '<row r="0"'),
    (r'<row r="\d+"', '<row r="-3"'),
    (r'<row r="\d+"', '<row r="99999999"'),
    (r'<row r="\d+"', '<row r="²"'),
    (r'<row r="\d+"', "<row"),
    (r"</row>", ""),
    (r"<sheetData>", "<sheetData><sheetData>"),
    (r"<worksheet", "<chartsheet"),
    (r"xmlns=", "xmlns:q="),
    (r"<si>", "<si><si>"),
    (r"<t>", '<t xml:space="preserve"> '),
    (r"<si><t>", "<si><r><t>"),
    (r"<t>[^<]*</t>", ""),
    (r"^", '<!DOCTYPE x [<!ENTITY x "y">]>'),
    (r"^", '<?xml version="1.0" encoding="utf-16"?>'),
    (r"^", '<?xml version="1.0" encoding="x-none"?>'),
    (r"^", "\n"),
    (r'Target="[^"]+"', 'Target="../../../../etc/passwd"'),
    (r'Target="[^"]+"', 'Target="http://127.0.0.1:9/x" TargetMode="External"'),
    (r'Target="[^"]+"', 'Target=""'),
    (r'Target="[^"]+"', 'Target="xl/workbook.xml"'),
    (r'r:id="rId\d+"', 'r:id="rId1"'),
    (r'r:id="rId\d+"', ""),
    (r'Id="rId\d+"', 'Id="rId1"'),
    (r'name="[^"]+"', 'name="vInfo"'),
    (r'name="[^"]+"', ""),
    (r"\.xml", ".bin"),
)
_INSERTED = (b"<", b">", b"&", b"\x00", b"\xff", b"]]>", b"<c><v>1</v></c>", b"<row>" * 9, b'"')


def _at(choice: int, items: Any) -> Any:
    return items[choice % len(items)]


def damaged_cells(tabs: Tabs, damage: str, where: int, what: int) -> Tabs:
    """The tabs with one thing wrong; *where* and *what* choose, whatever they are."""
    tabs = {title: [list(row) for row in rows] for title, rows in tabs.items()}
    titles = list(tabs)
    if not titles:
        return tabs
    title = _at(where, titles)
    rows = tabs[title]
    match damage:
        case "drop tab":
            del tabs[title]
        case "empty tab":
            rows[what % 2 :] = []
        case "rename tab":
            tabs[_at(what, _TITLES)] = tabs.pop(title)
        case "swap tabs":
            other = _at(what, titles)
            tabs[title], tabs[other] = tabs[other], tabs[title]
        case _ if rows:
            _spoil_rows(rows, damage, where // len(titles), what)
    return tabs


def _spoil_rows(rows: list[list[Any]], damage: str, where: int, what: int) -> None:
    at, width = where % len(rows), max(len(row) for row in rows)
    row, other = rows[at], where // len(rows) % max(width, 1)
    match damage:
        case "drop row":
            del rows[at]
        case "double row":
            rows.insert(what % (len(rows) + 1), list(row))
        case "swap rows":
            second = what % len(rows)
            rows[at], rows[second] = rows[second], row
        case "blank rows":
            rows[at:at] = [[] for _ in range(what % 30)]
        case "header" if rows[0]:
            rows[0][other % len(rows[0])] = _at(what, _HEADERS)
        case "empty" | "retype" | "copy" if row:
            donor = _at(what, rows)
            copied = _at(where, donor) if donor else ""
            new = {"empty": "", "retype": _at(what, _CELLS), "copy": copied}
            row[other % len(row)] = new[damage]
        case _:
            for each in rows:
                _spoil_column(each, damage, other, what)


def _spoil_column(row: list[Any], damage: str, at: int, what: int) -> None:
    if at >= len(row):
        return
    match damage:
        case "drop column":
            del row[at]
        case "double column":
            row.append(row[at])
        case "swap columns":
            second = what % len(row)
            row[at], row[second] = row[second], row[at]
        case "unnamed column":
            row.insert(at, "")
        case "retype column":
            row[at] = _at(what, _CELLS)


def parts(tabs: Mapping[str, list[list[Any]]]) -> Parts:
    """The workbook's parts, its text shared as Excel does."""
    strings: dict[str, int] = {}
    sheets = {title: _sheet(rows, strings) for title, rows in tabs.items()}
    shared = "".join(f"<si><t>{escape(_sayable(text))}</t></si>" for text in strings)
    found = parts_of(sheets, sharedStrings=f"<sst>{shared}</sst>")
    return {name: text.encode() for name, text in found.items()}


def _sheet(rows: list[list[Any]], strings: dict[str, int]) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for index, value in enumerate(row):
            place = f"{column(index)}{number}"
            if isinstance(value, str) and value:
                at = strings.setdefault(value, len(strings))
                cells.append(f'<c r="{place}" t="s"><v>{at}</v></c>')
            elif value != "":
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return sheet_of("".join(lines))


def _sayable(text: str) -> str:
    """Without the characters that XML does not have."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)


def damaged_parts(parts: Parts, damage: str, where: int, what: int) -> Parts:
    """The parts with one thing wrong."""
    parts = dict(parts)
    names = list(parts)
    name = _at(where, names) if names else ""
    other = _at(what, names) if names else ""
    content = parts.get(name, b"")
    spot = (where * 7919 + what) % (len(content) + 1)
    match damage:
        case "drop part":
            parts.pop(name, None)
        case "swap parts":
            parts[name], parts[other] = parts.get(other, b""), content
        case "truncate":
            parts[name] = content[:spot]
        case "cut":
            parts[name] = content[:spot] + content[spot + what % 40 + 1 :]
        case "insert":
            parts[name] = content[:spot] + _at(what, _INSERTED) + content[spot:]
        case "code":
            code = _at(what, ("utf-16", "utf-8-sig", "utf-32", "utf-16-le", "latin-1"))
            parts[name] = content.decode("utf-8", "replace").encode(code, "replace")
        case "replace":
            parts[name] = _replaced(content, where, what)
    return parts


def _replaced(content: bytes, where: int, what: int) -> bytes:
    """Every so-many-th place that the wrong XML fits, replaced by it."""
    pattern, wrong = _at(what, _WRONG_XML)
    count, nth = 0, where % 7 + 1

    def one(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return found[0] if count % nth else wrong

    return re.sub(pattern, one, content.decode("utf-8", "replace")).encode()


def zipped(parts: Parts, stored: bool) -> bytes:
    """The parts as one file."""
    file = BytesIO()
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    ) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name or "x"), content, archive.compression)
    return file.getvalue()


def damaged_bytes(data: bytes, damage: str, where: int, what: int) -> bytes:
    """A file with one thing wrong, as networks and disks do it."""
    spot = (where * 7919 + what) % (len(data) + 1)
    broken: dict[str, Callable[[], bytes]] = {
        "truncate": lambda: data[:spot],
        "flip": lambda: _flipped(data, spot, what),
        "cut": lambda: data[:spot] + data[spot + what % 99 + 1 :],
        "append": lambda: data + data[spot : spot + what],
        "prepend": lambda: data[spot : spot + what % 99] + data,
        "zero": lambda: data[:spot] + bytes(what % 99) + data[spot + what % 99 :],
    }
    return broken[damage]()


def _flipped(data: bytes, spot: int, what: int) -> bytes:
    if not data:
        return data
    spot %= len(data)
    return data[:spot] + bytes([data[spot] ^ (what % 255 + 1)]) + data[spot + 1 :]
