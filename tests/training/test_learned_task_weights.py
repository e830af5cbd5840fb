"""Task weights that are learned are part of a run: they are saved and come back."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from PIL import Image

from mritumor.bundle.launch import run_bundle
from mritumor.losses import MultiTaskLoss
from mritumor.training import Checkpoints, start_from

UNET = "{'_target_': 'mritumor.networks.ResidualAttentionUNet', 'spatial_dims': 2, "
UNET += "'in_channels': 1, 'out_channels': 1, 'channels': [4, 4], 'strides': [2]}"


def learned(value: float) -> MultiTaskLoss:
    loss = MultiTaskLoss(weights="uncertainty")
    loss.weighting.log_variances.data.fill_(value)
    return loss


def checkpoints(folder: Path, loss: torch.nn.Module | None) -> Checkpoints:
    network = torch.nn.Linear(1, 1)
    parameters = [*network.parameters(), *(loss.parameters() if loss else ())]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    files = folder / "best.pt", folder / "last.pt"
    return Checkpoints(*files, network, optimizer, loss=loss)


def engine() -> Engine:
    made = Engine(lambda e, b: None)
    made.state.epoch_length, made.state.iteration = 1, 1
    return made


def test_come_back(tmp_path: Path) -> None:
    checkpoints(tmp_path, learned(0.7)).save_last(engine())
    fresh = learned(0.0)
    checkpoints(tmp_path, fresh).load_last(engine())
    assert fresh.weighting.log_variances.tolist() == pytest.approx([0.7, 0.7])
    # The weights of the network are found beside them.
    start_from(torch.nn.Linear(1, 1), tmp_path / "last.pt")


def test_fixed_weights_leave_nothing_in_the_file(tmp_path: Path) -> None:
    checkpoints(tmp_path, MultiTaskLoss()).save_last(engine())
    assert "loss" not in torch.load(tmp_path / "last.pt", weights_only=True)


def test_a_file_from_before_resumes_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints(tmp_path, learned(0.7)).save_last(engine())
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    del state["loss"]
    torch.save(state, tmp_path / "last.pt")
    fresh = learned(0.2)
    with caplog.at_level(logging.WARNING):
        checkpoints(tmp_path, fresh).load_last(engine())
    assert fresh.weighting.log_variances.tolist() == pytest.approx([0.2, 0.2])
    assert "they start anew" in caplog.text


def pictures(folder: Path) -> Path:
    """Four squares in noise, with outline and class, each in both sections."""
    rng, items = np.random.default_rng(0), []
    for i in range(4):
        image, mask = rng.integers(0, 60, (32, 32)), np.zeros((32, 32))
        mask[8 : 16 + 4 * (i % 2), 8:20] = 255
        for name, pixels in (("image", image + 0.6 * mask), ("mask", mask)):
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / f"{name}{i}.png")
        item = {"image": f"image{i}.png", "label": f"mask{i}.png"}
        items.append({**item, "class": i % 2, "patient": str(i)})
    lists = {"training": items[:2], "validation": items[2:]}
    (folder / "datalist.json").write_text(json.dumps(lists))
    return folder


def test_resumed_run_goes_on_from_where_they_were(root: Path, tmp_path: Path) -> None:
    data = pictures(tmp_path)

    def run(name: str, *words: str) -> dict:
        folder = tmp_path / name
        words += ("--dataset_dir", str(data), "--output_dir", str(folder))
        words += ("--ckpt_dir", str(folder / "models"), "--network_def#unet", UNET)
        words += ("--task_weights", "uncertainty", "--image_size", "32")
        words += ("--class_names", "['small', 'large']", "--batch_size", "2")
        # A constant rate: the schedule's length follows the epochs.
        words += (
            "--lr_scheduler",
            "{'_target_': 'torch.optim.lr_scheduler.ConstantLR'",
        )
        words = (*words[:-1], words[-1] + ", 'optimizer': '@optimizer', 'factor': 1.0}")
        bundle = root / "bundles/figshare_joint_segmentation"
        run_bundle(bundle, "training", [], words)
        return torch.load(folder / "last.pt", weights_only=True)

    whole = run("whole", "--epochs", "3")
    half = run("parts", "--epochs", "2")
    done = run("parts", "--epochs", "3", "--resume", "true")
    key = "weighting.log_variances"
    assert half["loss"][key].abs().min() > 0
    assert not torch.equal(half["loss"][key], done["loss"][key])
    assert torch.equal(done["loss"][key], whole["loss"][key])
    for name, weight in whole["network"].items():
        assert torch.equal(done["network"][name], weight), name
