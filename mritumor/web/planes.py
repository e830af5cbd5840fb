"""Planes of a volume as PNG, drawn by the server."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mritumor import overlay
from mritumor.overlay import Colour
from mritumor.web.problems import Problem

IMAGE, LABELS = "planes.npy", "labels.npy"  # (I, J, K), axes to L, P and S
AXES = {"sagittal": 0, "coronal": 1, "axial": 2}
LONGEST = 512  # pixels of the longer side
RED = "ff2929"


def draw_plane(
    folder: Path,
    plane: str,
    index: int,
    spacing: Sequence[float],
    levels: tuple[float, float],
    opacity: float,
    colours: Sequence[str],
) -> bytes:
    """Draw a slice in radiological display with its outline.

    Args:
        folder: of the job.
        plane: of `AXES`.
        index: of the slice, from 0.
        spacing: mm along the stored axes.
        levels: values that become black and white.
        opacity: of the inside, 0 to 1.
        colours: RRGGBB of each label value from 1.

    Raises:
        Problem: no such slice (404).
    """
    axis = AXES[plane]
    volume = np.load(folder / IMAGE, mmap_mode="r")
    if not 0 <= index < volume.shape[axis]:
        raise Problem(404, f"There is no {plane} slice {index}.")
    labels = np.load(folder / LABELS, mmap_mode="r")
    grey, marks = (np.take(a, index, axis).T for a in (volume, labels))
    if axis != 2:
        grey, marks = grey[::-1], marks[::-1]
    black, white = levels
    grey = np.clip((grey - black) / max(white - black, 1e-6), 0, 1)
    across, down = (s for a, s in enumerate(spacing) if a != axis)
    height, width = grey.shape[0] * down, grey.shape[1] * across
    scale = LONGEST / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    big = Image.fromarray(grey.astype(np.float32)).resize(
        size, Image.Resampling.BILINEAR
    )
    marked = Image.fromarray(np.ascontiguousarray(marks)).resize(
        size, Image.Resampling.NEAREST
    )
    palette = [_colour(c) for c in colours] or [_colour(RED), *overlay.PALETTE]
    drawn = overlay.draw(np.asarray(big), np.asarray(marked), opacity, palette)
    buffer = io.BytesIO()
    pixels = np.clip(np.rint(drawn * 255), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _colour(code: str) -> Colour:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue
