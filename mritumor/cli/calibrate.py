"""Fit the temperature of a bundle that tells classes, on its validation patients.

Logits divided by the temperature give probabilities that mean what they say: of the
images called with 0.8, eight of ten are right. The classes stay the same. Never fit it
on the patients that are tested on.

It is printed with the calibration error (ECE) before and after, and with the line of
configs/bundles/NAME.yaml to change; --write puts it into the compiled bundle instead
(configs and metadata, where "abstain_below" is kept too).

Examples
  mritumor calibrate bundles/figshare_classification --dataset_dir data/figshare
  mritumor calibrate my_run_bundle --dataset_dir data/figshare --fold 0 --write
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from mritumor.cli.testset import add_data, find_items, image_bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="its folder")
    add_data(parser, "validation")
    parser.add_argument(
        "--accuracy",
        type=float,
        default=0.99,
        help="wanted among the images that are answered at all (default 0.99)",
    )
    parser.add_argument(
        "--write", action="store_true", help="write it into the bundle's configs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Fit; returns 0, or 1 when an item could not be read."""
    from mritumor.inference import Predictor
    from mritumor.inference.calibration import (
        bundle_temperature,
        fit,
        write_temperature,
    )
    from mritumor.inference.evaluation_items import score_items

    now = bundle_temperature(arguments.bundle)
    predictor = Predictor(arguments.bundle, arguments.device, arguments.weights)
    with ExitStack() as stack:
        items, protocol, _ = find_items(arguments, stack)
        scoring = score_items(predictor, items, image_bar)
    found, sure = fit(scoring.items, now, arguments.accuracy)
    print(f"{found.cases} images: {protocol}")
    print(f"temperature {found.temperature:.4f} (the bundle has {now:g})")
    print(f"ECE {found.ece_before:.4f} without, {found.ece_after:.4f} with it")
    print(f"{arguments.accuracy:.0%} right from a probability of {sure:.3f} on")
    if arguments.write:
        for path in write_temperature(arguments.bundle, found, arguments.section, sure):
            print(f"written: {path}")
    else:
        name = arguments.bundle.resolve().name
        print(f"to keep it, in configs/bundles/{name}.yaml under shared:")
        print(f"  temperature: {found.temperature:.4f}")
    for sentence in scoring.failures:
        print(f"mritumor: {sentence}", file=sys.stderr)
    return 1 if scoring.failures else 0
