"""Slices to pixels: greys, red borders, tints, heat; and pixels to data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mritumor import overlay
from mritumor.overlay import Colour

RED: Colour = (1.0, 0.16, 0.16)
CYAN: Colour = (0.1, 0.85, 0.95)
Size = tuple[int, int]  # pixels, height and width


def resize(array: NDArray[Any], size: Size) -> NDArray[np.float32]:
    """Return an array (H, W) as float32 of another size, linear in between."""
    picture = Image.fromarray(np.ascontiguousarray(array, dtype=np.float32))
    small = size[0] < array.shape[0]
    how = Image.Resampling.BOX if small else Image.Resampling.BICUBIC
    return np.asarray(picture.resize((size[1], size[0]), how))


def resize_mask(mask: NDArray[Any], size: Size) -> NDArray[np.bool_]:
    """Return a mask of another size, its outline smooth where it grows."""
    picture = Image.fromarray((np.asarray(mask) > 0).astype(np.float32))
    how = Image.Resampling.BILINEAR
    return np.asarray(picture.resize((size[1], size[0]), how)) > 0.5


def line(mask: NDArray[np.bool_], width: int = 2) -> NDArray[np.bool_]:
    """Return the pixels just outside of a mask, `width` pixels wide."""
    wide = ndimage.binary_dilation(mask, iterations=width)
    return wide & ~mask


def red_border(
    image: NDArray[np.floating],
    mask: NDArray[Any],
    truth: NDArray[Any] | None = None,
    size: Size | None = None,
    width: int = 2,
) -> NDArray[np.uint8]:
    """Draw a predicted outline in red, and the true one in cyan, over a grey picture.

    Args:
        image: (H, W) as seen, any range.
        mask: (H, W), above 0 inside.
        truth: (H, W).
        size: of the result; default the image's.
        width: of the lines in pixels.

    Returns:
        (H, W, 3).
    """
    size = size or (int(image.shape[0]), int(image.shape[1]))
    grey = np.clip(resize(overlay.window(image), size), 0, 1)
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    for labelled, colour in ((truth, CYAN), (mask, RED)):
        if labelled is not None:
            rgb[line(resize_mask(labelled, size), width)] = colour
    return (rgb * 255).round().astype(np.uint8)


def grey_uri(picture: NDArray[np.floating], size: Size) -> str:
    """Return a picture in [0, 1] as a JPEG data URI."""
    grey = np.clip(resize(picture, size), 0, 1)
    return _uri(Image.fromarray((grey * 255).round().astype(np.uint8)), "JPEG")


def rgb_uri(picture: NDArray[np.uint8]) -> str:
    """Return a picture (H, W, 3) as a PNG data URI."""
    return _uri(Image.fromarray(picture), "PNG")


def border_uri(
    mask: NDArray[Any], size: Size, colour: Colour = RED, width: int = 2
) -> str:
    """Return a mask's border as a transparent PNG data URI."""
    return _palette_uri(
        line(resize_mask(mask, size), width).astype(np.uint8), [(*colour, 1.0)]
    )


def fill_uri(labels: NDArray[np.integer], size: Size, opacity: float = 0.4) -> str:
    """Return a label map as a tinted, transparent PNG data URI."""
    tops = int(labels.max(initial=0))
    painted: NDArray[np.uint8] = np.zeros(size, np.uint8)
    for value in range(1, tops + 1):
        painted[resize_mask(labels == value, size)] = value
    colours = [
        (*overlay.PALETTE[(v - 1) % len(overlay.PALETTE)], opacity)
        for v in range(1, tops + 1)
    ]
    return _palette_uri(painted, colours)


def heat_uri(heat: NDArray[np.floating], size: Size, colours: str = "inferno") -> str:
    """Return a map in [0, 1] as a PNG data URI: clear at 0, opaque where it is high."""
    scale = np.linspace(0, 1, 255)
    table = matplotlib.colormaps[colours](scale)
    table[:, 3] = np.clip(scale * 1.5, 0, 0.8)
    index = np.clip(resize(heat, size), 0, 1) * 254
    return _palette_uri(
        (index.round() + 1).astype(np.uint8), [tuple(c) for c in table.tolist()]
    )


def _palette_uri(index: NDArray[np.uint8], colours: Sequence[tuple[Any, ...]]) -> str:
    """Write an index picture, 0 transparent, 1 the first colour (RGBA in [0, 1])."""
    table = np.asarray([(0, 0, 0, 0), *colours], np.float64)
    picture = Image.fromarray(index, "P")
    picture.putpalette((table[:, :3] * 255).round().astype(np.uint8).tobytes())
    alpha = (table[:, 3] * 255).round().astype(np.uint8).tobytes()
    return _uri(picture, "PNG", transparency=alpha)


def _uri(picture: Image.Image, kind: str, **settings: Any) -> str:
    buffer = io.BytesIO()
    if kind == "JPEG":
        settings["quality"] = 88
    picture.save(buffer, kind, optimize=True, **settings)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"data:image/{kind.lower()};base64,{data}"
