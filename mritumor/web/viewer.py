"""The 3-D viewer NiiVue, installed by npm beside the package, never copied into it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from mritumor.errors import MissingDependencyError

PACKAGE = "@niivue/niivue@0.69.0"
# Not index.min.js: in 0.69 that is a data: address, which a page's policy forbids.
FILE = "node_modules/@niivue/niivue/dist/index.js"


def viewer_file(folder: Path) -> Path | None:
    """Return the viewer's script, None when it is not installed."""
    path = folder / FILE
    return path if path.is_file() else None


def install_viewer(folder: Path) -> Path:
    """Run ``npm install`` into a folder.

    Returns:
        The viewer's script.

    Raises:
        MissingDependencyError: there is no npm, or it failed.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependencyError(
            "the 3-D viewer is installed by npm, which is not here",
            remedy="install Node.js; without it the server draws the planes itself",
        )
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    command += ["--prefix", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path = viewer_file(folder)
    if done.returncode or path is None:
        last = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise MissingDependencyError(f"npm could not install {PACKAGE}: {last}")
    return path
