"""Write a trained bundle in the format of another runtime.

onnx         models/model.onnx, any batch and image size, and beside it model.json: the
             tensors, the steps before and after the network, the meaning of the labels
torchscript  models/model.ts with the bundle's configs inside, as MONAI Deploy reads it

Both are compared with PyTorch before the command ends.

Examples
  mritumor export bundles/brats_segmentation --to onnx
  mritumor export bundles/brats_segmentation --to torchscript --out model.ts
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
        "--to", choices=("onnx", "torchscript"), required=True, help="see above"
    )
    parser.add_argument(
        "--out", type=Path, help="the file to write; default: in the bundle's models"
    )
    parser.add_argument(
        "--weights", type=Path, help="a .pt file; default: the bundle's"
    )


def run(arguments: argparse.Namespace) -> int:
    """Export; returns 0."""
    from mritumor.export import export_onnx, export_torchscript

    export = {"onnx": export_onnx, "torchscript": export_torchscript}[arguments.to]
    print(export(arguments.bundle, arguments.out, arguments.weights))
    return 0
