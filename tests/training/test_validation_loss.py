"""The loss of the validation items, by hand and in the bundles."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.engines import SupervisedEvaluator
from monai.losses import DiceCELoss
from monai.transforms import Lambdad, Resized
from PIL import Image

from mritumor.bundle.launch import run_bundle
from mritumor.training import ValidationLoss

LOSS = torch.nn.BCEWithLogitsLoss()


def evaluated(batches: list, metric: ValidationLoss) -> float:
    engine = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=batches,
        network=torch.nn.Identity(),
        # What comes after the network must not count.
        postprocessing=Lambdad("pred", lambda logits: logits * 0),
        key_val_metric={"val_loss": metric},
        decollate=False,
    )
    engine.run()
    return engine.state.metrics["val_loss"]


def test_hand_case_and_negative() -> None:
    batches = [
        {"image": torch.tensor([[0.0]]), "label": torch.tensor([[1.0]])},
        {"image": torch.tensor([[2.0]]), "label": torch.tensor([[0.0]])},
    ]
    expected = (np.log(2) + np.log1p(np.exp(2))) / 2
    assert evaluated(batches, ValidationLoss(LOSS)) == pytest.approx(expected)
    negative = ValidationLoss(LOSS, negative=True)
    assert evaluated(batches, negative) == pytest.approx(-expected)


def test_label_comes_onto_the_grid_of_the_network() -> None:
    image = torch.randn(1, 1, 8, 8)
    label = (torch.rand(1, 1, 32, 32) > 0.5).float()
    resized = Resized("label", (8, 8), mode="nearest-exact")
    found = evaluated(
        [{"image": image, "label": label}], ValidationLoss(LOSS, [resized])
    )
    small = torch.nn.functional.interpolate(label, 8, mode="nearest-exact")
    assert found == pytest.approx(float(LOSS(image, small)))


@pytest.mark.slow
def test_each_task_has_it(root: Path, tmp_path: Path) -> None:
    """Early stopping and the best weights follow it where an overlay says so."""
    rng, items = np.random.default_rng(0), []
    for i in range(4):
        mask = np.zeros((40, 40))
        mask[8 : 16 + 8 * (i % 2), 8:20] = 255
        image = rng.integers(0, 60, (40, 40)) + 0.6 * mask
        for name, pixels in (("image", image), ("mask", mask)):
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}{i}.png")
        item = {"image": f"image{i}.png", "label": f"mask{i}.png"}
        items.append({**item, "class": i % 2, "patient": str(i)})
    lists = {"training": items[:2], "validation": items[2:]}
    (tmp_path / "datalist.json").write_text(json.dumps(lists))
    followed = root / "configs/schedules/validation_loss.yaml"
    words = ["--dataset_dir", str(tmp_path), "--epochs", "1", "--image_size", "32"]
    words += ["--batch_size", "2", "--pretrained", "false"]
    for name in ("segmentation", "classification", "joint_segmentation"):
        run = tmp_path / name
        places = ["--output_dir", str(run), "--ckpt_dir", str(run)]
        bundle = root / f"bundles/figshare_{name}"
        run_bundle(bundle, "training", [followed], [*words, *places])
        (row,) = csv.DictReader((run / "metrics.csv").open())
        assert -5 < float(row["val_negative_loss"]) < 0
        assert float(row["val_accuracy" if "class" in name else "val_mean_dice"]) >= 0
        best = json.loads((run / "run.json").read_text())["best"]
        assert best["value"] == pytest.approx(float(row["val_negative_loss"]), abs=1e-4)


def test_loss_of_a_perfect_answer_is_the_lowest() -> None:
    mask = (torch.rand(1, 1, 8, 8) > 0.5).float()
    loss = DiceCELoss(sigmoid=True)
    right, wrong = (
        evaluated(
            [{"image": sign * (mask * 20 - 10), "label": mask}], ValidationLoss(loss)
        )
        for sign in (1, -1)
    )
    assert right < 0.01 < wrong
