"""What a classifier answers, in TensorBoard, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from mritumor import overlay
from mritumor.charts import FONT, confusion_chart, to_array
from mritumor.losses import UNKNOWN_CLASS
from mritumor.types import PathLike

WRONG = "#c22f1f"
COLUMNS = 4


class TensorBoardClasses:
    """Write confusion matrix, precision–recall curves and example pictures.

    For a classifier's validation the defaults fit; for a joint network give
    ``pred_key="class_pred", label_key="class"``. Items of unknown class (-1) are left
    out. Of several processes the first one shows its own share of the items.

    Args:
        log_dir: of TensorBoard.
        class_names: of the K classes, in the order of the network's outputs.
        pred_key: of an item's probabilities (K,), or (1,) of class 1 of two.
        label_key: of its true class, a number.
        image_key: of its picture (C, W, H) or volume (C, I, J, K).
        channel: of the picture that is shown.
        examples: how many pictures, from the first items, the classes taking turns.
        interval: write every this many epochs.
    """

    def __init__(
        self,
        log_dir: PathLike,
        class_names: Sequence[str],
        pred_key: str = "pred",
        label_key: str = "label",
        image_key: str = "image",
        channel: int = 0,
        examples: int = 8,
        interval: int = 1,
    ) -> None:
        self.log_dir = log_dir
        self.class_names = list(class_names)
        self.keys = (pred_key, label_key, image_key)
        self.channel = channel
        self.examples = examples
        self.interval = interval
        self._writer: Any = None
        self._rows: list[tuple[NDArray[Any], int]] = []
        self._shown: list[tuple[NDArray[Any], NDArray[Any], int]] = []

    def attach(self, engine: Engine) -> None:
        """Attach to an evaluator."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)

    def _start(self, engine: Engine) -> None:
        self._rows, self._shown = [], []

    def _collect(self, engine: Engine) -> None:
        if self._is_off(engine):
            return
        for item in engine.state.output:
            self._take(item)

    def _take(self, item: Mapping[str, Any]) -> None:
        pred, label, image = self.keys
        true = int(torch.as_tensor(item[label]).item())
        if true == UNKNOWN_CLASS:
            return
        probabilities = _two_columns(item[pred])
        self._rows.append((probabilities, true))
        quota = math.ceil(self.examples / len(self.class_names))
        same = sum(t == true for _, _, t in self._shown)
        if image in item and len(self._shown) < self.examples and same < quota:
            picture = upright(item[image], self.channel)
            self._shown.append((picture, probabilities, true))

    def _write(self, engine: Engine) -> None:
        if self._is_off(engine) or not self._rows:
            return
        epoch = engine.state.epoch
        probabilities = np.stack([p for p, _ in self._rows])
        true = np.asarray([t for _, t in self._rows])
        writer = self._open()
        chart = confusion_chart(self._matrix(probabilities, true), self.class_names)
        writer.add_image(
            "validation/confusion", to_array(chart), epoch, dataformats="HWC"
        )
        for index, name in enumerate(self.class_names):
            tag = f"validation_pr/{name}"
            writer.add_pr_curve(tag, true == index, probabilities[:, index], epoch)
        if self._shown:
            picture = to_array(self._gallery())
            writer.add_image("validation/classes", picture, epoch, dataformats="HWC")
        writer.flush()

    def _matrix(
        self, probabilities: NDArray[Any], true: NDArray[Any]
    ) -> NDArray[np.int64]:
        size = (len(self.class_names), len(self.class_names))
        matrix: NDArray[np.int64] = np.zeros(size, np.int64)
        np.add.at(matrix, (true, probabilities.argmax(1)), 1)
        return matrix

    def _gallery(self) -> Figure:
        """Draw the examples with what the network says, in red where it is wrong."""
        rows = -(-len(self._shown) // COLUMNS)
        figure = Figure(figsize=(2.3 * COLUMNS, 2.7 * rows), layout="constrained")
        axes: Any = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axis in axes:
            axis.set_axis_off()
        for axis, (picture, probabilities, true) in zip(
            axes, self._shown, strict=False
        ):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
            given = int(probabilities.argmax())
            words = f"{self.class_names[given]} {probabilities[given]:.0%}"
            if given != true:
                words += f"\ntrue: {self.class_names[true]}"
            colour = "black" if given == true else WRONG
            axis.set_title(words, fontsize=FONT, color=colour)
        return figure

    def _is_off(self, engine: Engine) -> bool:
        return bool(
            engine.state.epoch % self.interval or getattr(engine.state, "rank", 0)
        )

    def _open(self) -> SummaryWriter:
        if self._writer is None:
            self._writer = SummaryWriter(str(self.log_dir))
        return self._writer


def upright(image: torch.Tensor, channel: int = 0) -> NDArray[np.float32]:
    """Return a picture, or the middle slice of a volume, as seen.

    Args:
        image: (C, W, H), as MONAI reads pictures, or (C, I, J, K), its first axis to
            the patient's left and its second to the front.
        channel: shown.

    Returns:
        (rows, columns) in [0, 1].
    """
    array = torch.as_tensor(image)[channel].detach().float().cpu().numpy()
    if array.ndim == 3:
        return np.rot90(overlay.window(array[:, :, array.shape[2] // 2]))
    return overlay.window(array.T)


def _two_columns(probabilities: Any) -> NDArray[np.float64]:
    tensor = torch.as_tensor(probabilities).detach().as_subclass(torch.Tensor)
    values = tensor.double().cpu().numpy().ravel()
    return np.asarray([1 - values[0], values[0]]) if values.size == 1 else values
