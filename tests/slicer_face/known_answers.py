"""Geometries, label maps and a predictor whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from monai.inferers import SlidingWindowInferer
from scipy.spatial.transform import Rotation

from mritumor.inference import Prediction

NAMES = {1: "necrotic core", 2: "oedema", 3: "enhancing tumour"}
MODALITIES = ["t1n", "t1c", "t2w", "t2f"]


class Bands:
    """A predictor that labels by the first channel's value: 1, 2 or 3 where it says so.

    Its inferer is a real one, so that windows can be counted.
    """

    bundle = "bands_segmentation"
    fills_missing = True

    def __init__(self, modalities: list[str] | None = None) -> None:
        self.modalities = ["t1c"] if modalities is None else modalities
        self.names = NAMES
        self.calls = 0
        self.asked: tuple[np.ndarray, np.ndarray] | None = None
        self.inferer: Any = SlidingWindowInferer((8, 8, 8), overlap=0.25)

    def network(self, window: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return window[:, :1]

    def __call__(
        self, image: np.ndarray, affine: np.ndarray, case: str = ""
    ) -> Prediction:
        self.asked = (image, affine)
        out = self.inferer(torch.from_numpy(image)[None], self.network)[0, 0].numpy()
        labels = np.clip(np.rint(out), 0, 3).astype(np.uint8)
        return Prediction(case, labels, affine, self.names, image, seconds=0.1)


def affine_of(
    angles: tuple[float, float, float] = (0, 0, 0),
    steps: tuple[float, float, float] = (1, 1, 1),
    origin: tuple[float, float, float] = (0, 0, 0),
    flips: tuple[int, int, int] = (1, 1, 1),
) -> np.ndarray:
    """Voxel index to RAS+ mm: turned (degrees), stretched, mirrored, moved."""
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine[:3, :3] = turn * np.multiply(steps, flips)
    affine[:3, 3] = origin
    return affine


GEOMETRIES = {
    "plain": affine_of(),
    "flipped": affine_of(flips=(-1, -1, 1), origin=(90, 120, -70)),
    "left-handed": affine_of(flips=(-1, 1, 1), origin=(5, 5, 5)),
    "anisotropic": affine_of(steps=(0.5, 0.9, 6.0), origin=(-20, 30, 4)),
    "axes permuted": affine_of(angles=(90, 0, 90), steps=(1, 1.2, 5)),
    "oblique": affine_of((20, -35, 12), (0.8, 1.1, 3.3), (-60, 40, 25), (-1, 1, 1)),
}


def labelled(shape: tuple[int, int, int] = (20, 17, 11)) -> np.ndarray:
    """Three boxes of values 1, 2 and 3 that no symmetry maps onto themselves."""
    array = np.zeros(shape, np.float32)
    array[2:9, 3:8, 1:5] = 2
    array[4:7, 4:6, 2:4] = 1
    array[11:18, 9:14, 6:10] = 3
    return array


def centroid(labels: np.ndarray, value: int, affine: np.ndarray) -> np.ndarray:
    """The middle of a label in mm."""
    return affine[:3, :3] @ np.argwhere(labels == value).mean(0) + affine[:3, 3]
