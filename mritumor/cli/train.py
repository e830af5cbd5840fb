r"""Check a run, then train the bundle.

The same as
  python -m monai.bundle run training --config_file BUNDLE/configs/train.json …
but every problem, also one with a nested id, is one sentence with exit code 2.
--dataset_dir is a folder with a datalist.json, as `mritumor data prepare` and
`mritumor data phantom` write it. The best weights go to --ckpt_dir (default
BUNDLE/models), everything else to --output_dir (default BUNDLE/runs/train).
Ctrl-C saves and stops; the same command with --resume true goes on.

Often overridden, as --ID VALUE (all of them: the top-level names of train.json)
  --epochs 10                 --batch_size 8          --learning_rate 0.001
  --patch_size "[96,96,96]"   of volumes, in voxels   --image_size 160  of slices, in pixels
  --fold 0                    of a cross-validation: this one validates
  --device "$torch.device('cpu')"                     --num_workers 2   that load data

Examples
  mritumor train bundles/brats_segmentation --dataset_dir data/brats --epochs 100
  mritumor train bundles/lgg_3d_segmentation --dataset_dir data/lgg --resume true
  mritumor train bundles/brats_segmentation --config configs/schedules/plateau.yaml \
      --dataset_dir data/brats --patch_size "[96,96,96]"
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    from mritumor.cli.check import add_override_arguments

    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="the bundle's folder"
    )
    add_override_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train; returns 0."""
    from mritumor.bundle.launch import run_bundle
    from mritumor.cli.check import configs_and_overrides

    run_bundle(arguments.bundle, "training", *configs_and_overrides(arguments))
    return 0
