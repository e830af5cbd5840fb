"""Planes of a volume as PNG, drawn by the server."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mritumor import overlay
from mritumor.overlay import Colour
from mritumor.web.problems import Problem

IMAGE, LABELS, HEAT = "planes.npy", "labels.npy", "heat.npy"  # axes to L, P and S
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
    heat: bool = False,
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
        heat: draw the heat map under the outline, where there is one.

    Raises:
        Problem: no such slice (404).
    """
    axis = AXES[plane]
    volume = np.load(folder / IMAGE, mmap_mode="r")
    if not 0 <= index < volume.shape[axis]:
        raise Problem(404, f"There is no {plane} slice {index}.")
    labels = np.load(folder / LABELS, mmap_mode="r")
    arrays = [volume, labels]
    if heat and (folder / HEAT).is_file():
        arrays.append(np.load(folder / HEAT, mmap_mode="r"))
    grey, marks, *hot = (np.take(a, index, axis).T for a in arrays)
    if axis != 2:
        grey, marks, *hot = (a[::-1] for a in (grey, marks, *hot))
    black, white = levels
    grey = np.clip((grey - black) / max(white - black, 1e-6), 0, 1)
    across, down = (s for a, s in enumerate(spacing) if a != axis)
    height, width = grey.shape[0] * down, grey.shape[1] * across
    scale = LONGEST / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    big, *hot = (_resized(a, size) for a in (grey, *hot))
    marked = Image.fromarray(np.ascontiguousarray(marks)).resize(
        size, Image.Resampling.NEAREST
    )
    palette = [_colour(c) for c in colours] or [_colour(RED), *overlay.PALETTE]
    drawn = overlay.draw(big, np.asarray(marked), 0 if hot else opacity, palette)
    if hot:
        line = overlay.border(np.asarray(marked) > 0)[..., None]
        drawn = np.where(line, drawn, warmed(drawn, hot[0]))
    buffer = io.BytesIO()
    save_png(drawn * 255, buffer)
    return buffer.getvalue()


def save_png(rgb: NDArray, target: Path | io.BytesIO) -> None:
    """Write a picture (H, W, 3) with values from 0 to 255."""
    pixels = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    # Compressing harder takes as long as the network.
    Image.fromarray(pixels).save(target, "PNG", compress_level=1)


def warmed(rgb: NDArray, heat: NDArray) -> NDArray:
    """Lay a heat map (H, W) in [0, 1] over a picture (H, W, 3) in [0, 1]."""
    from matplotlib import colormaps

    share = np.clip(heat, 0, 1)[..., None] * 0.7
    return np.asarray((1 - share) * rgb + share * colormaps["inferno"](heat)[..., :3])


def turned(array: NDArray, affine: NDArray | None) -> NDArray:
    """Turn (I, J, K) to L, P, S; pictures (H, W, N) to columns, rows, number."""
    if affine is None:
        return np.swapaxes(array, 0, 1)
    turn = to_lps(affine)
    return np.asarray(nib.orientations.apply_orientation(array, turn))


def to_lps(affine: NDArray) -> NDArray:
    """Return nibabel's orientation transform from an affine's axes to L, P, S."""
    start = nib.io_orientation(affine)
    want = nib.orientations.axcodes2ornt(("L", "P", "S"))
    return np.asarray(nib.orientations.ornt_transform(start, want))


def _resized(array: NDArray, size: tuple[int, int]) -> NDArray:
    picture = Image.fromarray(np.ascontiguousarray(array, np.float32))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))


def _colour(code: str) -> Colour:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue
