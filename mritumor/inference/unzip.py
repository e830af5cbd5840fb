"""Zip files of scans, unpacked without trusting them."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from mritumor.data.sources.pictures import is_junk
from mritumor.errors import InputError
from mritumor.types import PathLike

MOST_BYTES = 16 * 2**30
MOST_FILES = 200_000
BLOCK = 1 << 20


@contextmanager
def unpacked(
    archive: PathLike, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES
) -> Iterator[Path]:
    """Unpack a zip into a temporary folder, which is removed afterwards.

    Args:
        archive: the ``.zip``.
        most_bytes: of all files together, unpacked.
        most_files: how many.

    Raises:
        InputError: as `unzip`.
    """
    with tempfile.TemporaryDirectory(prefix="mritumor-") as folder:
        # The zip's name names cases that its content does not.
        inside = Path(folder) / (Path(archive).stem or "zip")
        unzip(archive, inside, most_bytes, most_files)
        yield inside


def unzip(
    archive: PathLike,
    folder: PathLike,
    most_bytes: int = MOST_BYTES,
    most_files: int = MOST_FILES,
) -> list[Path]:
    """Unpack the files of a zip; links and a system's litter are passed over.

    Args:
        archive: the ``.zip``.
        folder: made when missing.
        most_bytes: counted while unpacking, since a zip may lie about its sizes.
        most_files: how many.

    Returns:
        The files.

    Raises:
        InputError: no zip, damaged, encrypted, too large, or a file that would lie
            outside of the folder.
    """
    archive, folder = Path(archive), Path(folder)
    written: list[Path] = []
    left = most_bytes
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [m for m in opened.infolist() if _is_wanted(m)]
            if len(members) > most_files:
                raise _too_much(archive, f"{len(members)} files", f"{most_files}")
            for member in members:
                path = folder / _inside(member.filename, archive)
                path.parent.mkdir(parents=True, exist_ok=True)
                left -= _copy(opened, member, path, left, archive, most_bytes)
                written.append(path)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise InputError(
            f"this zip cannot be unpacked: {error}",
            where=archive,
            remedy="it may be truncated or encrypted; make it again",
        ) from None
    return written


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    return not (member.is_dir() or is_link or is_junk(Path(member.filename)))


def _inside(name: str, archive: Path) -> PurePosixPath:
    """Return a member's path; none may climb out of the folder."""
    posix, windows = PurePosixPath(name.replace("\\", "/")), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or ".." in posix.parts or not posix.parts:
        raise InputError(
            "this zip names a file outside of its folder; nothing more was unpacked",
            where=archive,
            got=name,
        )
    return posix


def _copy(
    opened: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    path: Path,
    left: int,
    archive: Path,
    most: int,
) -> int:
    size = 0
    with opened.open(member) as source, path.open("wb") as target:
        while block := source.read(BLOCK):
            size += len(block)
            if size > left:
                raise _too_much(archive, "more", f"{most / 2**30:.1f} GiB")
            target.write(block)
    return size


def _too_much(archive: Path, got: str, most: str) -> InputError:
    return InputError(
        "this zip is too large to be unpacked",
        where=archive,
        got=got,
        expected=f"at most {most}",
        remedy="unpack it yourself and give the folder",
    )
