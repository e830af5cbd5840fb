"""A job's heat map: over the picture, or on the grid of the volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor import overlay
from mritumor.web.planes import HEAT, save_png, turned, warmed

PICTURE, VOLUME = "heat.png", "heat.nii.gz"


def can_explain(predictor: Any) -> bool:
    """Tell whether a predictor has gradients to draw a heat map from."""
    return predictor.runtime == "torch"


def write_heat(predictor: Any, prediction: Any, folder: Path) -> None:
    """Write the Grad-CAM of what was told (a class, or else the first region).

    Args:
        predictor: that told it; of a pipeline its classifier.
        prediction: of a picture, a volume or a patient's slices.
        folder: of the job; gets ``heat.png``, of a volume also the heat as NIfTI and
            for the planes.
    """
    from mritumor.explain import picture_heat, volume_heat

    image = prediction.image[prediction.shown]
    if image.ndim == 2:
        _save(image, picture_heat(predictor, prediction.image, None), folder)
        return
    heat = volume_heat(predictor, prediction)
    if prediction.is_volume:
        from mritumor.inference.saving import save_nifti

        save_nifti(folder / VOLUME, heat, prediction.affine)
    image, heat = (turned(a, prediction.affine) for a in (image, heat))
    np.save(folder / HEAT, np.ascontiguousarray(heat))
    hottest = int(heat.sum(axis=(0, 1)).argmax())
    _save(image[..., hottest].T, heat[..., hottest].T, folder)


def _save(image: NDArray, heat: NDArray, folder: Path) -> None:
    grey = overlay.window(np.asarray(image, np.float32))
    rgb = warmed(np.repeat(grey[..., None], 3, 2), heat)
    save_png(rgb * 255, folder / PICTURE)
