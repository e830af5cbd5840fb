"""Pictures of the validation cases in TensorBoard, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from torch.utils.tensorboard import SummaryWriter

from mritumor import overlay
from mritumor.types import PathLike

SMALLEST = 256  # pixels, height of a picture


class TensorBoardOverlays:
    """Write truth and prediction of the first validation cases side by side.

    Args:
        log_dir: of TensorBoard.
        label_values: the value painted for each region channel, in order, as in
            `mritumor.transforms.RegionsToLabels`.
        channel: the image channel shown.
        cases: how many cases, from the first.
        interval: write every this many epochs.
    """

    def __init__(
        self,
        log_dir: PathLike,
        label_values: Sequence[int],
        channel: int = 0,
        cases: int = 3,
        interval: int = 1,
    ) -> None:
        self.log_dir = log_dir
        self.label_values = list(label_values)
        self.channel = channel
        self.cases = cases
        self.interval = interval
        self._writer: Any = None
        self._shown = 0

    def attach(self, engine: Engine) -> None:
        """Attach to an evaluator; image, label and pred must share one grid."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._show)

    def _start(self, engine: Engine) -> None:
        self._shown = 0

    def _show(self, engine: Engine) -> None:
        if engine.state.epoch % self.interval or getattr(engine.state, "rank", 0):
            return
        for item in engine.state.output:
            if self._shown >= self.cases:
                return
            picture = self._picture(item["image"], item["label"], item["pred"])
            self._write(picture, engine.state.epoch)
            self._shown += 1

    def _write(self, picture: np.ndarray, epoch: int) -> None:
        if self._writer is None:
            self._writer = SummaryWriter(str(self.log_dir))
        tag = f"validation/case_{self._shown}_truth_prediction"
        self._writer.add_image(tag, picture, epoch, dataformats="HWC")
        self._writer.flush()

    def _picture(
        self, image: torch.Tensor, label: torch.Tensor, pred: torch.Tensor
    ) -> np.ndarray:
        """Return truth | prediction, (H, 2W, 3) in [0, 1]."""
        truth, guess = self._paint(label), self._paint(pred)
        grey = image[self.channel].detach().cpu().numpy().astype(np.float32)
        is_volume = grey.ndim == 3
        if is_volume:
            k = overlay.fullest_slice(truth)
            grey, truth, guess = grey[:, :, k], truth[:, :, k], guess[:, :, k]
        panels = [overlay.draw(overlay.window(grey), m) for m in (truth, guess)]
        # A volume's first axis runs to the patient's left, its second to the front; a
        # picture's, as MONAI reads it, to the right and down. Pictures count rows down.
        turn = np.rot90 if is_volume else lambda p: np.swapaxes(p, 0, 1)
        picture = np.concatenate([turn(p) for p in panels], axis=1)
        # Small volumes would be stamps in the browser.
        times = max(1, round(SMALLEST / picture.shape[0]))
        return picture.repeat(times, axis=0).repeat(times, axis=1)

    def _paint(self, regions: torch.Tensor) -> np.ndarray:
        channels = regions.detach().cpu().numpy() > 0.5
        labels = np.zeros(channels.shape[1:], np.uint8)
        for region, value in zip(channels, self.label_values):
            labels[region] = value
        return labels
