"""The output folder: nothing in it is lost without being told."""

from __future__ import annotations

import json
from pathlib import Path

from mritumor.errors import InputError

NAME = "mritumor phantom"
"""``name`` in the datalist of every data set that this package made."""


def open_folder(out: Path, overwrite: bool) -> None:
    """Make the output folder, or empty it of an earlier phantom data set.

    Args:
        out: the folder.
        overwrite: remove the cases of an earlier phantom data set. Files that this
            package did not write stay where they are.

    Raises:
        InputError: the folder holds something and `overwrite` is False, or it is a
            file, or its datalist belongs to other data.
    """
    if out.exists() and not out.is_dir():
        raise InputError("the output must be a folder", where=out, got="a file")
    if out.is_dir() and any(out.iterdir()):
        ours = _is_phantom(out)
        if not overwrite:
            raise _refusal(out, ours)
        if (out / "datalist.json").exists() and not ours:
            raise InputError(
                "the folder's datalist.json was not made by this command",
                where=out,
                remedy="choose another folder; overwriting would lose real data",
            )
        if ours:
            _remove_cases(out)
    out.mkdir(parents=True, exist_ok=True)


def _refusal(out: Path, ours: bool) -> InputError:
    if ours:
        return InputError(
            "the folder holds an earlier phantom data set",
            where=out,
            remedy="choose another folder, or pass --overwrite to replace it (the "
            "same seed and settings make the same cases again, so more --cases "
            "only adds to them)",
        )
    return InputError(
        "the folder is not empty",
        where=out,
        got=", ".join(sorted(p.name for p in out.iterdir())[:3]),
        remedy="choose a new folder, or pass --overwrite to write beside what it holds",
    )


def _is_phantom(out: Path) -> bool:
    try:
        document = json.loads((out / "datalist.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("name") == NAME


def _remove_cases(out: Path) -> None:
    """Remove our own files from the folders that the earlier datalist names."""
    document = json.loads((out / "datalist.json").read_text(encoding="utf-8"))
    for name in document.get("folders", []):
        folder = out / str(name)
        if folder.parent != out or folder.is_symlink() or not folder.is_dir():
            continue
        for file in folder.rglob("phantom-*"):
            if file.is_file():
                file.unlink()
        for empty in sorted([*folder.rglob("*"), folder], reverse=True):
            if empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()
    (out / "datalist.json").unlink()
