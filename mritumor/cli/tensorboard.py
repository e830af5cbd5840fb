"""Open TensorBoard on a run, or on a folder of runs side by side.

RUN is what a training wrote (its output_dir, or the bundle above it), or any folder
that holds several: each run becomes a line of its own in every chart. The page is
served on this computer alone; end with Ctrl+C.

Examples
  mritumor tensorboard bundles/brats_segmentation/runs/train
  mritumor tensorboard bundles/brats_segmentation
  mritumor tensorboard bundles --port 6007
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run, or a folder of")
    parser.add_argument(
        "--port", type=int, default=6006, help="of the page (default 6006)"
    )
    parser.add_argument(
        "--host", default="localhost", help="to serve others too (default localhost)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; returns TensorBoard's exit code."""
    import subprocess

    folder = log_folder(arguments.run)
    runs = sorted(run_names(folder))
    print(f"{len(runs)} run(s) in {folder}: {', '.join(runs)}", file=sys.stderr)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)]
    command += ["--port", str(arguments.port), "--host", arguments.host]
    return subprocess.run(command, check=False).returncode


def log_folder(run: Path) -> Path:
    """Return the folder that TensorBoard should be given.

    Args:
        run: a run, its ``tensorboard`` folder, or a folder of runs at any depth.

    Raises:
        InputError: no folder, or no event file anywhere in it.
    """
    from mritumor.errors import InputError

    if not run.is_dir():
        raise InputError("no such folder", where=run, remedy="give a run's output_dir")
    if not run_names(run):
        raise InputError(
            "nothing was logged for TensorBoard here",
            where=run,
            expected="RUN/tensorboard/events.out.tfevents.*",
            remedy="train first (mritumor train BUNDLE), or give another folder",
        )
    own = run / "tensorboard"
    return own if run_names(own) else run


def run_names(folder: Path) -> set[str]:
    """Return the folders below that hold event files, relative; "." is itself."""
    found = set()
    for path, _, files in os.walk(folder):
        if any(name.startswith("events.out.tfevents") for name in files):
            found.add(str(Path(path).relative_to(folder)))
    return found
