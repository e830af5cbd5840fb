"""What `mritumor serve` can be told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

MIB = 2**20


def viewer_folder() -> Path:
    """Return where the 3-D viewer is installed: the user's cache, not the repository."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mritumor" / "viewer"


@dataclass(frozen=True)
class Settings:
    """Settings of the server.

    Attributes:
        bundles: folder that holds bundle folders.
        max_upload: bytes of one request.
        max_unpacked: bytes of all files of a zip together.
        keep_minutes: until an upload and its results are removed.
        workers: processes that predict.
        longest_queue: requests that may wait; more are answered 429.
        viewer: folder in which npm installed NiiVue.
        device: as for `Predictor`; default what the bundle chooses.
    """

    bundles: Path
    max_upload: int = 512 * MIB
    max_unpacked: int = 4096 * MIB
    keep_minutes: float = 60.0
    workers: int = 1
    longest_queue: int = 200
    viewer: Path = field(default_factory=viewer_folder)
    device: str | None = None
