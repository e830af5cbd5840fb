"""A file that is there and holds something, whatever it holds."""

from __future__ import annotations

from pathlib import Path

from mritumor.errors import InputError

LFS_POINTER = b"version https://git-lfs"


def check_present(path: Path, kind: str = "image") -> None:
    """Refuse a file that is absent, empty or a Git-LFS pointer.

    Args:
        path: the file.
        kind: what it should be, for the sentence.

    Raises:
        InputError: says which.
    """
    if not path.is_file():
        raise InputError("there is no such file", where=path)
    with path.open("rb") as file:
        start = file.read(len(LFS_POINTER))
    if not start:
        raise InputError("the file is empty", where=path, remedy="fetch it again")
    if start == LFS_POINTER:
        raise InputError(
            f"this is a Git-LFS pointer, not the {kind}",
            where=path,
            remedy="run 'git lfs pull' where it came from",
        )
