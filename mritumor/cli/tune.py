r"""Search for settings of a bundle that validate best.

--space is a YAML file of ids, the names of a bundle's config:
  sampler: random            # random, grid (choices only) or tpe
  trials: 20
  space:
    learning_rate: {low: 1.0e-5, high: 1.0e-2, log: true}
    network_def#dropout: {low: 0.0, high: 0.5}
    batch_size: {choices: [16, 32]}
Each trial is a training in OUT/trial_NNN; its value is the best of the key metric in
its metrics.csv. OUT receives trials.csv, .json and .png. The same command again goes on
with a search that was stopped; with more --trials it goes further. A trial that fails
is named and the others go on; exit code 1.

Examples
  mritumor tune bundles/figshare_classification --space configs/tune/classification.yaml \
      --dataset_dir data/figshare --out runs/tune --set epochs=10
  mritumor tune bundles/lgg_segmentation --space configs/tune/segmentation_grid.yaml \
      --config configs/papers/amin_segmentation.yaml --dataset_dir data/lgg2d --out runs/grid
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    from mritumor.cli.compare import add_run_arguments

    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="the bundle's folder"
    )
    parser.add_argument("--space", type=Path, required=True, help="see above")
    parser.add_argument(
        "--config", type=Path, action="append", default=[], help="laid over the bundle"
    )
    add_run_arguments(parser)
    parser.add_argument(
        "--sampler", metavar="NAME", help="random, grid or tpe, in place of the file's"
    )
    parser.add_argument(
        "--trials", type=int, metavar="N", help="how many, in place of the file's"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the search (default 0)")


def run(arguments: argparse.Namespace) -> int:
    """Search; returns 0, or 1 when a trial failed."""
    from mritumor.cli.compare import logs_apart, overrides
    from mritumor.experiments import Experiment, read_space, tune

    space = read_space(arguments.space, arguments.sampler, arguments.trials)
    experiment = Experiment("tune", arguments.bundle, tuple(arguments.config))
    with logs_apart(arguments.json):
        rows = tune(
            experiment, space, arguments.out, overrides(arguments), arguments.seed
        )
    failed = [row for row in rows if row["value"] is None]
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows[: len(rows) - len(failed)]:
            settings = ", ".join(_setting(*s) for s in row["settings"].items())
            print(f"{row['value']:.4f}  trial {row['trial']:3d}  {settings}")
        print(f"table: {arguments.out / 'trials.csv'}")
    for row in failed:
        print(f"mritumor: trial {row['trial']}: {row['error']}", file=sys.stderr)
    return 1 if failed else 0


def _setting(id_: str, value: object) -> str:
    return f"{id_} {value:.4g}" if isinstance(value, float) else f"{id_} {value}"
