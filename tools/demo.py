"""From nothing to a trained 3D bundle in minutes, on phantoms made here.

    python tools/demo.py [--out demo] [--cases 24] [--epochs 60]

Makes phantoms, trains a small version of the BraTS bundle, scores it on phantoms it
has not seen, predicts them, and says where everything lies. Exit code 1 when the mean
whole-tumour Dice is below 0.80.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = 0.80


def main() -> int:
    """Run the five steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "demo")
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=60)
    arguments = parser.parse_args()
    began = time.monotonic()
    out = arguments.out.resolve()
    data, bundle, results = (
        out / "phantoms",
        out / "brats_segmentation",
        out / "results",
    )
    _start_afresh(out)

    _say("1/5  making phantoms: synthetic patients with known tumours")
    _mritumor(
        "data", "phantom", data, "--cases", arguments.cases, "--seed", 7, "--spacing", 3
    )
    _say("2/5  building a small version of the bundle")
    overlay = ROOT / "configs/demo.yaml"
    _python(
        ROOT / "tools/build_bundles.py",
        "brats_segmentation",
        "--overlay",
        overlay,
        "--out",
        bundle,
    )
    _say("3/5  training a 3D residual attention U-Net")
    train = bundle / "configs/train.json"
    folders = ("--dataset_dir", data, "--output_dir", results / "train")
    _monai("training", train, *folders, "--epochs", arguments.epochs)
    _say("4/5  scoring it on phantoms it has not seen")
    evaluate = f"['{train}','{bundle / 'configs/evaluate.json'}']"
    _monai(
        "evaluating",
        evaluate,
        "--dataset_dir",
        data,
        "--output_dir",
        results / "evaluate",
    )
    _say("5/5  predicting them")
    _mritumor("predict", bundle, data, "--out", results / "predict")

    scores = _scores(results / "evaluate/intervals.json")
    return _conclude(scores, out, time.monotonic() - began)


def _start_afresh(out: Path) -> None:
    """Remove what an earlier demo left; nothing else."""
    for name in ("phantoms", "brats_segmentation", "results"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)


def _scores(path: Path) -> dict[str, dict[str, float]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: part for name, part in content.items() if isinstance(part, dict)}


def _conclude(scores: dict[str, dict[str, float]], out: Path, seconds: float) -> int:
    reached = scores["WT"]["mean"] >= NEEDED
    _say(f"done in {seconds / 60:.1f} minutes")
    print("Dice on unseen phantoms (mean, 95 % interval, number):")
    for region, score in scores.items():
        interval = f"{score['low']:.3f} to {score['high']:.3f}"
        print(f"  {region}  {score['mean']:.3f}  ({interval}, n={score['patients']})")
    print(f"label maps and pictures:  {out / 'results/predict'}")
    print(f"run (config, checkpoints): {out / 'results/train'}")
    print(
        f"TensorBoard:              tensorboard --logdir {out / 'results/train/tensorboard'}"
    )
    print(f"trained bundle:           {out / 'brats_segmentation'}")
    if not reached:
        print(f"whole tumour below {NEEDED:.2f}: the demo has failed", file=sys.stderr)
    return 0 if reached else 1


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def _mritumor(*words: object) -> None:
    _python("-m", "mritumor.cli.main", *words)


def _monai(run_id: str, config: object, *words: object) -> None:
    _python("-m", "monai.bundle", "run", run_id, "--config_file", config, *words)


def _python(*words: object) -> None:
    command = [sys.executable, *(str(word) for word in words)]
    # MONAI's start-up warnings would drown the demo's few lines.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=ROOT, env=environment)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
