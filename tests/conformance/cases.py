"""Files of recorded cases: JSON lines, gzip'd or not."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

GZIP_MAGIC = b"\x1f\x8b"


class CaseFileError(Exception):
    """The file cannot be read as cases; the message says where and why."""


def read_cases(path: Path) -> list[dict[str, Any]]:
    """Every case of a .jsonl or .jsonl.gz file."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(GZIP_MAGIC) else raw).decode()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise CaseFileError(f"{path}: {error}") from error
    cases = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
        except ValueError as error:
            raise CaseFileError(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(case, dict) or "name" not in case:
            raise CaseFileError(f"{path}:{number}: not a case: it has no name")
        cases.append(case)
    if not cases:
        raise CaseFileError(f"{path}: no cases")
    return cases


def write_cases(path: Path, cases: Iterable[Mapping[str, Any]]) -> None:
    """Write cases as JSON lines, gzip'd if the name says so; the same bytes each time."""
    text = "".join(json.dumps(case, sort_keys=True) + "\n" for case in cases)
    packed = gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
    path.write_bytes(packed)
