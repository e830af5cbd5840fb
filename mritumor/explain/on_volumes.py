"""A bundle's heat map on the grid of a volume, or of a patient's slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.explain.cam import gradcam_around
from mritumor.explain.on_pictures import picture_heat, way_back
from mritumor.inference.pictures import one_scale, slicing
from mritumor.inference.prediction import Prediction
from mritumor.inference.study import study_tensor

WINDOW = 64  # voxels a side: gradients of a whole scan need many gigabytes


def volume_heat(
    predictor: Any,
    prediction: Prediction,
    most: int = 16,
    watch: Callable[[int, int], None] = lambda done, of: None,
) -> NDArray[np.float32]:
    """Return where a bundle sees evidence for the class, or the tumour, that it told.

    A bundle of slices is asked about those that speak most: with the largest outline,
    or where nothing is outlined with the most probable class. A bundle of volumes is
    asked about one window around the outline. Elsewhere the heat is zero.

    Args:
        predictor: a `mritumor.Predictor` that made the prediction (of a pipeline, its
            classifier).
        prediction: of a volume, or of a patient's slices.
        most: slices to ask about.
        watch: told after each slice how many are done, and of how many.

    Returns:
        (I, J, K) (of slices (H, W, N)) in [0, 1], on the grid of ``prediction.image``.

    Raises:
        InputError: one picture, or a runtime without gradients.
    """
    if prediction.image.ndim != 4:
        raise InputError(
            "this is no volume",
            where=prediction.case,
            got=f"{prediction.image.ndim - 1} spatial dimensions",
            remedy="explain a picture with mritumor.explain.picture_heat",
        )
    if predictor.dims == 3:
        return _window_heat(predictor, prediction)
    return _slices_heat(predictor, prediction, most, watch)


def _slices_heat(
    predictor: Any, prediction: Prediction, most: int, watch: Callable[[int, int], None]
) -> NDArray[np.float32]:
    image = prediction.image
    # As the network was asked: pictures of 8 bits have one scale already.
    plain = prediction.affine is None and 0 <= image.min() and image.max() <= 255
    scaled = image if plain else one_scale(image)
    shape = scaled.shape[1:]
    heat = np.zeros(shape, np.float32)
    cuts = None
    if prediction.affine is not None:
        as_stored = prediction.source is not None
        cuts = slicing(shape, prediction.affine, as_stored)
    axis = 2 if cuts is None else cuts.axis
    told = predictor.class_names
    target = told.index(prediction.class_name or "") if told else None
    chosen = _telling(prediction, axis, most)
    for done, k in enumerate(chosen, 1):
        picture = scaled[..., k] if cuts is None else cuts.cut(scaled, k)
        one = picture_heat(predictor, picture, target, prediction.case)
        if cuts is None:
            heat[..., k] = one
        else:
            cuts.paste(heat, k, one)
        watch(done, len(chosen))
    return heat


def _telling(prediction: Prediction, axis: int, most: int) -> list[int]:
    """Return the numbers of the slices that speak most, in order."""
    if prediction.labels is not None and prediction.labels.any():
        others = tuple(a for a in range(3) if a != axis)
        weight = (prediction.labels > 0).sum(axis=others).astype(float)
    elif prediction.slices:
        name = prediction.class_name or ""
        weight = np.array([p.get(name, 0.0) for p in prediction.slices])
    else:
        middle = np.arange(prediction.image.shape[axis + 1])
        weight = 1.0 / (1 + np.abs(middle - middle.mean()))
    order = np.argsort(-weight, kind="stable")[:most]
    return sorted(int(k) for k in order if weight[k] > 0)


def _window_heat(predictor: Any, prediction: Prediction) -> NDArray[np.float32]:
    affine = np.asarray(prediction.affine)
    tensor = study_tensor(prediction.image, affine, prediction.case)
    item = predictor.preprocessing({"image": tensor})
    image = item["image"]
    there = np.linalg.inv(np.asarray(image.affine, float))
    centre = (there @ affine @ [*_middle(prediction), 1.0])[:3]
    roi = getattr(predictor.inferer, "roi_size", None) or image.shape[1:]
    window = [min(int(r) if r > 0 else WINDOW, WINDOW) for r in roi]
    # A network wants whole windows; what is padded is cut off again.
    lack = [max(w - s, 0) for w, s in zip(window, image.shape[1:])]
    padding = [n for less in reversed(lack) for n in (0, less)]
    padded = torch.nn.functional.pad(image.as_subclass(torch.Tensor), padding)
    full = gradcam_around(predictor.network, padded, 0, centre.tolist(), window)
    heat = full[tuple(slice(0, s) for s in image.shape[1:])]
    return way_back(predictor, item, heat, image.affine)


def _middle(prediction: Prediction) -> NDArray[np.floating]:
    """Return the centroid of what is outlined, else the middle, in voxels."""
    labels = prediction.labels
    if labels is None or not labels.any():
        return (np.array(prediction.image.shape[1:]) - 1) / 2
    return np.argwhere(labels > 0).mean(0)
