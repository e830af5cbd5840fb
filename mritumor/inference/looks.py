"""A prediction as a notebook shows it: a picture, and a table beside it."""

from __future__ import annotations

import base64
import html
import io

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mritumor import overlay
from mritumor.geometry import spacing
from mritumor.inference.prediction import Prediction
from mritumor.types import Affine

PIXELS = 320  # of the longer side of a picture of a volume


def picture(prediction: Prediction, channel: int | None = None) -> NDArray[np.uint8]:
    """Draw the fullest slice of a prediction, outlined.

    Args:
        prediction: of anything.
        channel: of the image; default the one in which a tumour is seen best.

    Returns:
        (H, W, 3) as seen, of volumes the axial slice in radiological display.
    """
    image = prediction.image[prediction.shown if channel is None else channel]
    labels = prediction.labels
    if labels is None:
        labels = np.zeros(image.shape, np.uint8)
    if image.ndim == 3:
        pixel = (1.0, 1.0)
        if prediction.affine is not None:
            image, labels, pixel = _radiological(image, labels, prediction.affine)
        index = overlay.fullest_slice(labels)
        image, labels = image[..., index], labels[..., index]
    else:
        pixel = (1.0, 1.0)
    drawn = overlay.draw(overlay.window(np.asarray(image, np.float32)), labels)
    return _square(np.rint(drawn * 255).astype(np.uint8), pixel)


def as_png(rgb: NDArray[np.uint8]) -> bytes:
    """Return a picture's PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def as_html(prediction: Prediction) -> str:
    """Return picture, class and volumes for a notebook."""
    data = base64.b64encode(as_png(prediction.picture())).decode()
    rows = [(n, f"{p:.1%}") for n, p in prediction.probabilities.items()]
    rows += [(n, f"{v:,.0f} {prediction.unit}") for n, v in prediction.volumes.items()]
    cells = "".join(
        f"<tr><td>{html.escape(n)}</td><td style='text-align:right'>{v}</td></tr>"
        for n, v in rows
    )
    return (
        f"<figure><img alt='' src='data:image/png;base64,{data}'>"
        f"<figcaption>{html.escape(prediction.case)}</figcaption></figure>"
        f"<table>{cells}</table>"
    )


def _radiological(
    image: NDArray, labels: NDArray, affine: Affine
) -> tuple[NDArray, NDArray, tuple[float, float]]:
    """Turn a volume to rows towards posterior, columns towards the patient's left."""
    start = nib.io_orientation(affine)
    want = nib.orientations.axcodes2ornt(("P", "L", "S"))
    turn = nib.orientations.ornt_transform(start, want)
    steps = spacing(affine)
    source = [int(np.flatnonzero(turn[:, 0] == axis)[0]) for axis in (0, 1)]
    apply = nib.orientations.apply_orientation
    return apply(image, turn), apply(labels, turn), (steps[source[0]], steps[source[1]])


def _square(rgb: NDArray[np.uint8], pixel: tuple[float, float]) -> NDArray[np.uint8]:
    """Resample to square pixels; small volumes are enlarged."""
    height, width = (n * s for n, s in zip(rgb.shape, pixel))
    if pixel == (1.0, 1.0) and max(rgb.shape[:2]) >= PIXELS / 2:
        return rgb
    scale = PIXELS / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR))
