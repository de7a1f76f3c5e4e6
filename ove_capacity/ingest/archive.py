"""Files of a folder or a tar archive, one after the other: nothing is unpacked to disk.

An archive comes from somebody else. Its links are not followed, a member that would lie outside
is a reason to refuse it, and what it unpacks to is bounded.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.sketch import Intake

__all__ = ["MEMBER_BYTES", "Member", "members_below", "members_of_archive", "members_within"]

Member = tuple[str, bytes]
"""Path below the folder or archive, with slashes, and content."""

MEMBER_BYTES = 32 << 20
"""Largest file that is read."""

_UNPACKED_BYTES = 16 << 30
_MEMBERS = 2_000_000
_GZIP = b"\x1f\x8b"
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257
_FILE = "file"
_NOT_NEEDED = "logs and kinds that say nothing of capacity"


class _TooMuchError(Exception):
    """The archive unpacks to more than is sensible."""


class _Metered:
    """A stream that refuses to go on for too long, or to hand out too much at once."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MEMBER_BYTES:
            raise _TooMuchError
        self._within(self._stream.tell() + size)
        return self._stream.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        self._within(position)
        return self._stream.seek(position, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()

    @staticmethod
    def _within(position: int) -> None:
        if position > _UNPACKED_BYTES:
            raise _TooMuchError


def _refused(message: str, file: str) -> ScenarioError:
    return ScenarioError(Problem(message, file, 1, 1))


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below, sorted; folders that are links are not entered."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(place, name)


def _of_folder(folder: Path, wanted: Callable[[str], bool], intake: Intake) -> Iterator[Member]:
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if not wanted(name):
            intake.set_aside(_FILE, _NOT_NEEDED)
        elif path.is_symlink() or not path.is_file():
            intake.set_aside(_FILE, "links and devices are not followed")
        elif path.stat().st_size > MEMBER_BYTES:
            _too_large(name, intake)
        else:
            intake.use(_FILE)
            yield name, path.read_bytes()


def _too_large(name: str, intake: Intake) -> None:
    intake.set_aside(_FILE, f"larger than {MEMBER_BYTES >> 20} MiB")
    intake.notes.append(f"{name}: larger than {MEMBER_BYTES >> 20} MiB; set aside")


def _inner_name(member: tarfile.TarInfo, archive: str) -> str:
    """The member's path, which must lead nowhere but down."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise _refused(
            f"holds {member.name[:80]!r}, which would lie outside of it; refused", archive
        )
    return str(path)


def _each(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members, none of which the archive remembers."""
    bare: Any = tar  # of which no type says that it keeps every member it has seen
    for _ in range(_MEMBERS):
        member = tar.next()
        if member is None:
            return
        bare.members.clear()
        yield member
    raise _TooMuchError


def _of_tar(
    tar: tarfile.TarFile, archive: str, wanted: Callable[[str], bool], intake: Intake
) -> Iterator[Member]:
    for member in _each(tar):
        name = _inner_name(member, archive)
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            intake.set_aside(_FILE, "links and devices are not followed")
        elif not wanted(name):
            intake.set_aside(_FILE, _NOT_NEEDED)
        elif member.size > MEMBER_BYTES:
            _too_large(name, intake)
        else:
            stream = tar.extractfile(member)
            assert stream is not None, "a regular file has content"
            intake.use(_FILE)
            yield name, stream.read()


def _unpacked(stream: IO[bytes], archive: str) -> IO[bytes]:
    start = stream.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
    stream.seek(0)
    if start.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if not start.endswith(_TAR_MAGIC):
        raise _refused("is neither a folder nor a tar archive (.tar, .tar.gz, .tgz)", archive)
    return stream


def members_of_archive(
    stream: IO[bytes], archive: str, wanted: Callable[[str], bool], intake: Intake
) -> Iterator[Member]:
    """The wanted files of a tar archive, gzipped or not, in its order.

    Args:
        stream: the archive, at its start; closed in the end.
        archive: its name in messages.
        wanted: whether a path is to be read.
        intake: learns what was read and set aside.

    Raises:
        ScenarioError: it is no such archive, damaged, too large unpacked, or leads outside.
    """
    try:
        with closing(stream), closing(_unpacked(stream, archive)) as plain:
            metered = cast("IO[bytes]", _Metered(plain))
            with tarfile.open(fileobj=metered, mode="r:") as tar:
                yield from _of_tar(tar, archive, wanted, intake)
    except _TooMuchError:
        raise _refused("unpacks to more than any must-gather holds; refused", archive) from None
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError, zlib.error) as error:
        raise _refused(f"cannot be read as an archive: {error}", archive) from None


def members_below(source: Path, wanted: Callable[[str], bool], intake: Intake) -> Iterator[Member]:
    """The wanted files of a folder or of a tar archive.

    Raises:
        ScenarioError: there is nothing of the kind, or as `members_of_archive`.
    """
    try:
        if source.is_dir():
            yield from _of_folder(source, wanted, intake)
            return
        stream = source.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise _refused(f"cannot be read: {reason}", str(source)) from None
    yield from members_of_archive(stream, str(source), wanted, intake)


def members_within(content: bytes, archive: str, wanted: Callable[[str], bool]) -> list[Member]:
    """The wanted files of a small archive that was itself a file."""
    return list(members_of_archive(BytesIO(content), archive, wanted, Intake()))
