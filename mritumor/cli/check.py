"""Say what is wrong with a run of a bundle before it starts.

Looks for misspelt ids and arguments, files that are missing, images with the wrong
number of channels, and a training step that does not fit into memory. Nothing is
loaded or written. Exit code 0: the run may start; 2: one sentence for each problem.

Overrides are written as for `python -m monai.bundle run`: --ID VALUE, where ID is a
top-level name of BUNDLE/configs/train.json, or a nested one (--network_def#dropout 0.1).

Examples
  mritumor check bundles/brats_segmentation --dataset_dir data/brats --epochs 100
  mritumor check bundles/brats_segmentation --run infer --dataset_dir scans
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="the bundle's folder"
    )
    parser.add_argument(
        "--run",
        choices=("training", "evaluating", "infer"),
        default="training",
        help="what to check (default: training)",
    )
    add_override_arguments(parser)


def add_override_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the arguments that `check` and `train` share."""
    parser.add_argument(
        "--config",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a further config laid over the bundle's, such as one of configs/papers",
    )
    parser.add_argument(
        "overrides",
        nargs=argparse.REMAINDER,
        metavar="--ID VALUE",
        help="overrides of the bundle's ids, such as --epochs 10",
    )


def configs_and_overrides(
    arguments: argparse.Namespace,
) -> tuple[list[Path], list[str]]:
    """Return the further configs and the overrides, wherever --config stands.

    argparse gives everything after BUNDLE as overrides, --config too.
    """
    configs, overrides = list(arguments.config), []
    words = iter(arguments.overrides)
    for word in words:
        if word == "--config":
            configs.append(Path(next(words, "")))
        elif word.startswith("--config="):
            configs.append(Path(word.removeprefix("--config=")))
        else:
            overrides.append(word)
    return configs, overrides


def run(arguments: argparse.Namespace) -> int:
    """Check; returns 0, or raises with all problems."""
    from mritumor.bundle.launch import check_bundle

    check_bundle(arguments.bundle, arguments.run, *configs_and_overrides(arguments))
    print(f"{arguments.bundle}: nothing speaks against {arguments.run}")
    return 0
