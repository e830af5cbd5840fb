"""Train what a bundle ships, stage after stage, as its model card says.

python tools/train_weights.py configs/weights/lgg.yaml DATA RUNS          # train
python tools/train_weights.py configs/weights/lgg.yaml DATA RUNS --ship   # and put in

DATA is the prepared set (the file's `prepare` makes it). RUNS receives a folder a stage;
each stage starts from the last weights of the one before. The same command goes on
where it was stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mritumor.errors import MRITumorError
from mritumor.experiments import Experiment, read_yaml, train_once

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
KEYS = ("prepare", "bundle", "ships", "stages")


def train_stages(
    recipe: dict[str, Any], data: Path, runs: Path, given: dict[str, Any]
) -> Path:
    """Train all stages that are not trained yet; returns the last one's last.pt.

    Args:
        recipe: content of a file in configs/weights.
        data: the prepared set.
        runs: receives stage1, stage2, ….
        given: overrides for every stage, laid over its own.
    """
    start: dict[str, Any] = {}
    for number, stage in enumerate(recipe["stages"], 1):
        folder = runs / f"stage{number}"
        configs = tuple(ROOT / f"configs/recipes/{n}.yaml" for n in stage["configs"])
        bundle = ROOT / "bundles" / recipe["bundle"]
        experiment = Experiment(folder.name, bundle, configs, stage["overrides"])
        train_once(experiment, folder, {**given, "dataset_dir": str(data), **start})
        start = {"init_weights": str(folder / "last.pt")}
    return folder / "last.pt"


def main() -> int:
    """Run the command line."""
    from ship_weights import ship_all

    from mritumor.bundle.launch import parse_overrides
    from mritumor.experiments.plan import check_known

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path, help="a file of configs/weights")
    parser.add_argument("data", type=Path, help="folder with a datalist.json")
    parser.add_argument("runs", type=Path, help="folder for the stages")
    parser.add_argument(
        "--ship", action="store_true", help="put the weights into the bundles"
    )
    parser.add_argument("--set", action="append", default=[], metavar="ID=VALUE")
    arguments = parser.parse_args()
    recipe = read_yaml(arguments.recipe)
    check_known(recipe, KEYS, arguments.recipe)
    given = parse_overrides([f"--{word}" for word in arguments.set])
    last = train_stages(recipe, arguments.data, arguments.runs, given)
    print(last)
    if arguments.ship:
        ship_all(last, recipe["ships"])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MRITumorError, KeyboardInterrupt) as error:
        sys.exit(f"train_weights: {error or 'interrupted'}")
