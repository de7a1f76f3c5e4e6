"""Small workbooks, written part by part, so that a test can spoil any of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

__all__ = ["VINFO", "column", "parts_of", "sheet", "sheet_of", "vm", "workbook", "write_parts"]

Rows = Sequence[Sequence[object]]

VINFO = ("VM", "Powerstate", "Template", "CPUs", "Memory", "Cluster", "VM UUID")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def vm(name: str, cpus: object = 2, memory: object = 4096, **fields: object) -> list[object]:
    """A row under VINFO."""
    power, template = fields.get("power", "poweredOn"), fields.get("template", "False")
    return [name, power, template, cpus, memory, fields.get("cluster", "A"), fields.get("uuid", "")]


def column(index: int) -> str:
    """0 -> A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet(rows: Rows, prefix: str = "") -> str:
    """The part of one tab; text as inline strings, numbers as numbers, "" as an empty cell."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [_cell(f"{column(i)}{number}", value, prefix) for i, value in enumerate(row)]
        lines.append(f'<{prefix}row r="{number}">{"".join(cells)}</{prefix}row>')
    return sheet_of("".join(lines), prefix)


def sheet_of(rows: str, prefix: str = "") -> str:
    """A worksheet around rows that are XML already."""
    name = f":{prefix.rstrip(':')}" if prefix else ""
    data = f"<{prefix}sheetData>{rows}</{prefix}sheetData>"
    return f'<{prefix}worksheet xmlns{name}="{_MAIN}">{data}</{prefix}worksheet>'


def _cell(place: str, value: object, prefix: str) -> str:
    if value == "":
        return f'<{prefix}c r="{place}" s="1"/>'
    if isinstance(value, str):
        text = f"<{prefix}is><{prefix}t>{escape(value)}</{prefix}t></{prefix}is>"
        return f'<{prefix}c r="{place}" t="inlineStr">{text}</{prefix}c>'
    return f'<{prefix}c r="{place}"><{prefix}v>{value}</{prefix}v></{prefix}c>'


def parts_of(sheets: Mapping[str, str], **more: str) -> dict[str, str]:
    """The parts of a workbook of worksheets that are XML; *more* lie below xl/, by their stem."""
    tabs = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    root = f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{tabs}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
    }
    for i, text in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{i}.xml"] = text
    for stem, text in more.items():
        parts[f"xl/{stem}.xml"] = text
    return parts


def write_parts(path: Path, sheets: Mapping[str, str], **more: str) -> Path:
    """A workbook of worksheets that are XML; *more* are further parts below xl/, by their stem."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts_of(sheets, **more).items():
            archive.writestr(name, text)
    return path


def workbook(path: Path, tabs: Mapping[str, Rows]) -> Path:
    """A workbook of rows."""
    return write_parts(path, {name: sheet(rows) for name, rows in tabs.items()})
