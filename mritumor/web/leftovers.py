"""The server's folder, and those of servers that were killed before they could tidy up."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "mritumor-serve-"
LOCK = "server.lock"  # the system lets go of it when its process ends, however it ends
YOUNG = 60.0  # seconds in which a folder may still be without its lock


def claim() -> tuple[Path, FileLock]:
    """Make a folder for this server, and remove those that no server holds any more.

    Returns:
        The folder, and the lock that says that a process uses it.
    """
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = FileLock(folder / LOCK)
    lock.acquire()
    return folder, lock


def remove_abandoned() -> list[Path]:
    """Remove the folders of servers that ended without doing so.

    Returns:
        What was removed: uploads are kept for a time only, whatever happens.
    """
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or not _abandoned(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            removed.append(folder)
    return removed


def _abandoned(folder: Path) -> bool:
    try:
        if time.time() - folder.stat().st_mtime < YOUNG:
            if not (folder / LOCK).exists():
                return False
        with FileLock(folder / LOCK, timeout=0):
            return True
    except (Timeout, OSError):
        return False  # in use, or somebody else's
