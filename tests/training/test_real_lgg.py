"""A short training on real patients: the loss falls, validation Dice rises."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mritumor.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]


def test_lgg_learns_from_real_patients(
    shared_data: Path, tmp_path: Path, root: Path
) -> None:
    data, run = tmp_path / "data", tmp_path / "run"
    original = str(shared_data / "lgg/original")
    assert (
        main(
            [
                "data",
                "prepare",
                "lgg-volumes",
                original,
                "--out",
                str(data),
                "--folds",
                "0",
            ]
        )
        == 0
    )
    words = ["train", str(root / "bundles/lgg_3d_segmentation")]
    words += [
        "--dataset_dir",
        str(data),
        "--output_dir",
        str(run),
        "--ckpt_dir",
        str(run),
    ]
    words += [
        "--network_def#channels",
        "[4, 8, 16, 16, 16]",
        "--patch_size",
        "[96, 96, 8]",
    ]
    words += ["--roi_size", "[256, 256, 8]", "--epochs", "8", "--val_interval", "4"]
    words += ["--learning_rate", "0.005", "--patches_per_case", "4"]
    assert main(words) == 0
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["train_loss"]) for row in rows]
    dice = [float(row["val_mean_dice"]) for row in rows if row["val_mean_dice"]]
    assert min(losses[-2:]) < 0.9 * losses[0]
    assert dice[-1] > dice[0]
    assert (run / "model.pt").is_file()
