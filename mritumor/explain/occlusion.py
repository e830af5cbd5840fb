"""Occlusion sensitivity: cover a part, see how much surer or less sure it gets."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from monai.data.utils import dense_patch_slices
from monai.visualize import OcclusionSensitivity
from numpy.typing import ArrayLike, NDArray
from torch import nn

from mritumor.errors import InputError
from mritumor.explain.cam import as_batch, to_unit
from mritumor.explain.scores import ScoringNetwork, check_class

Watch = Callable[[int, int], None]
"""Called with the number of covered images done and their total."""


def occlusion_sensitivity(
    network: nn.Module,
    image: ArrayLike | torch.Tensor,
    target_class: int,
    mask_size: int | Sequence[int] = 16,
    overlap: float = 0.5,
    mode: str | float = "gaussian",
    batch_size: int = 8,
    mask_channels: int | None = None,
    watch: Watch | None = None,
) -> NDArray[np.float32]:
    """Return by how much a class's probability falls when a part is covered.

    Args:
        network: a classifier, a joint or a segmentation network (see `ScoringNetwork`).
        image: (C, H, W) or (C, I, J, K), preprocessed.
        target_class: class, from 0.
        mask_size: side of the covered box, in pixels; one number or one an axis.
        overlap: of neighbouring boxes, 0 to below 1.
        mode: what covers: ``"gaussian"`` (fades to 0), ``"mean_patch"``,
            ``"mean_img"`` or a grey value.
        batch_size: covered images per step.
        mask_channels: of a joint network, when it does not say so itself.
        watch: told of the progress.

    Returns:
        (H, W) or (I, J, K), in [-1, 1]: positive where the evidence lies, negative
        where something speaks against the class.

    Raises:
        InputError: a wrong image or class, or a box larger than the image.

    Source:
        Zeiler & Fergus 2014, arXiv:1311.2901.
    """
    x = as_batch(image, network)
    sides = _sides(mask_size, x.shape[2:])
    with torch.no_grad():
        scores = _Counted(ScoringNetwork(copy.deepcopy(network), mask_channels)).eval()
        before = scores(x)
        check_class(before, target_class)
        scores.start(_boxes(x.shape[2:], sides, overlap), watch)
        occlude = OcclusionSensitivity(
            scores, sides, batch_size, verbose=False, mode=mode, overlap=overlap
        )
        # MONAI would choose the activation by the image's channels, not the classes.
        occlude.activate = False
        after, _ = occlude(x)
    drop = before[0, target_class] - after[0, target_class]
    return drop.as_subclass(torch.Tensor).cpu().numpy().astype(np.float32)


def as_heat(drop: NDArray[np.floating]) -> NDArray[np.float32]:
    """Turn what `occlusion_sensitivity` gives into a heat map in [0, 1]."""
    return to_unit(drop)


class _Counted(nn.Module):
    """Class probabilities, and how many images have been asked for."""

    def __init__(self, scores: ScoringNetwork) -> None:
        super().__init__()
        self.scores = scores
        self.done = self.total = 0
        self.watch: Watch | None = None

    def start(self, total: int, watch: Watch | None) -> None:
        self.done, self.total, self.watch = 0, total, watch

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: Any = self.scores(x)
        self.done += len(x)
        if self.watch is not None:
            self.watch(self.done, self.total)
        return scores.sigmoid() if scores.shape[1] == 1 else scores.softmax(1)


def _sides(mask_size: int | Sequence[int], shape: Sequence[int]) -> list[int]:
    sides = [mask_size] * len(shape) if isinstance(mask_size, int) else list(mask_size)
    if len(sides) != len(shape) or any(
        not 1 <= a <= b for a, b in zip(sides, shape, strict=True)
    ):
        raise InputError(
            "the covering box does not fit the image",
            where="mask_size",
            got=mask_size,
            expected=f"{len(shape)} sides within {tuple(shape)}",
        )
    return sides


def _boxes(shape: Sequence[int], sides: Sequence[int], overlap: float) -> int:
    """Count the boxes as MONAI's sliding window places them."""
    steps = [
        size if side == size else max(1, int(side * (1 - overlap)))
        for size, side in zip(shape, sides, strict=True)
    ]
    return len(dense_patch_slices(shape, sides, steps))
