"""What identifies a run: code, data, machine, moment."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from mritumor import __version__
from mritumor.data.fingerprint import datalist_hash
from mritumor.types import PathLike

PACKAGES = ("torch", "monai", "pytorch-ignite", "numpy", "nibabel", "SimpleITK")


def run_facts(engine: Engine, datalist: PathLike | None = None) -> dict[str, Any]:
    """Return what identifies a run: versions, commit, data, device, start."""
    return {
        "started": now(),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "device": str(getattr(engine.state, "device", "")),
        "versions": {
            "mritumor": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in PACKAGES},
        },
        "commit": _commit(),
        "data_hash": datalist_hash(datalist) if datalist is not None else None,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the commit of the code, ``-dirty`` when it is changed; None if unknown."""
    here = Path(__file__).resolve().parent
    try:
        head = _git(here, "rev-parse", "HEAD")
        changes = _git(here, "status", "--porcelain", "-uno", ".")
    except (OSError, subprocess.TimeoutExpired):
        return None
    if head.returncode:
        return None
    return head.stdout.strip() + ("-dirty" if changes.stdout.strip() else "")


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=10)


def now() -> str:
    """Return the local time to the second, ISO 8601."""
    return datetime.now().isoformat(timespec="seconds")
