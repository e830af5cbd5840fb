"""What TensorBoard is given about a classifier, read back from its files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mritumor.training.class_pictures import TensorBoardClasses, upright
from mritumor.training.overlays import TensorBoardOverlays

NAMES = ["meningioma", "glioma", "pituitary"]


def items(count: int = 12, joint: bool = False) -> list[dict]:
    torch.manual_seed(0)
    pred, label = ("class_pred", "class") if joint else ("pred", "label")
    made = []
    for index in range(count):
        true = index % 3
        made.append(
            {
                "image": torch.rand(1, 30, 20) + 0.1,
                pred: torch.softmax(torch.randn(3) + 3 * torch.eye(3)[true], 0),
                label: -1 if joint and index % 2 else torch.tensor(true),
            }
        )
    return made


def run(handler: TensorBoardClasses, batches: list[list[dict]], epochs: int = 1):
    engine = Engine(lambda _, batch: batch)
    handler.attach(engine)
    engine.run(batches, max_epochs=epochs)
    written = EventAccumulator(str(handler.log_dir), {"images": 0, "tensors": 0})
    return written.Reload()


def picture(events: EventAccumulator, tag: str) -> np.ndarray:
    data = events.Images(tag)[-1].encoded_image_string
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_confusion_curves_and_examples(tmp_path: Path) -> None:
    events = run(TensorBoardClasses(tmp_path, NAMES), [items()[:6], items()[6:]])
    for tag in ("validation/confusion", "validation/classes"):
        pixels = picture(events, tag)
        assert min(pixels.shape[:2]) > 200 and pixels.std() > 10
    tags = set(events.Tags()["tensors"])
    assert {f"validation_pr/{name}" for name in NAMES} <= tags


def test_every_epoch_starts_anew(tmp_path: Path) -> None:
    handler = TensorBoardClasses(tmp_path, NAMES, interval=2)
    events = run(handler, [items()], epochs=4)
    assert [e.step for e in events.Images("validation/confusion")] == [2, 4]
    assert len(handler._rows) == 12


def test_joint_items_without_class_are_left_out(tmp_path: Path) -> None:
    handler = TensorBoardClasses(
        tmp_path, NAMES, pred_key="class_pred", label_key="class"
    )
    run(handler, [items(joint=True)])
    assert [true for _, true in handler._rows] == [0, 2, 1, 0, 2, 1]
    nothing = [{**item, "class": -1} for item in items(joint=True)]
    assert not run(handler, [nothing], 1).Images("validation/confusion")[1:]


def test_classes_take_turns(tmp_path: Path) -> None:
    handler = TensorBoardClasses(tmp_path, NAMES, examples=5)
    run(handler, [sorted(items(), key=lambda item: int(item["label"]))])
    assert [true for _, _, true in handler._shown] == [0, 0, 1, 1, 2]


def test_sigmoid_of_one_output(tmp_path: Path) -> None:
    handler = TensorBoardClasses(tmp_path, ["none", "tumour"])
    output = [{"pred": torch.tensor([0.8]), "label": 1}]
    run(handler, [output])
    probabilities, true = handler._rows[0]
    np.testing.assert_allclose(probabilities, [0.2, 0.8], atol=1e-6)
    assert handler._matrix(probabilities[None], np.array([true])).tolist() == [
        [0, 0],
        [0, 1],
    ]


def test_pictures_stand_upright() -> None:
    image = torch.zeros(1, 6, 4) + 0.1
    image[0, 5, 0] = 1  # (W, H): top right
    seen = upright(image)
    assert seen.shape == (4, 6) and seen.argmax() == 5
    volume = torch.zeros(1, 6, 4, 3) + 0.1
    volume[0, 5, 3, 1] = 1  # left, front
    seen = upright(volume)
    assert seen.shape == (4, 6) and seen.argmax() == 5


@pytest.mark.parametrize("shape, row", [((1, 8, 4), 0), ((1, 8, 4, 3), 3)])
def test_overlays_stand_upright(shape: tuple, row: int, tmp_path: Path) -> None:
    handler = TensorBoardOverlays(tmp_path, [1])
    image, mask = torch.zeros(shape) + 0.1, torch.zeros(shape)
    image[0, 0, 0] = 1
    seen = handler._picture(image, mask, mask)
    times = seen.shape[0] // 4
    bright = np.argwhere(seen[::times, ::times, 0] > 0.9)
    # Left of both panels; at the top in a picture, at the back in a volume.
    np.testing.assert_array_equal(bright, [[row, 0], [row, 8]])
