"""A bundle's heat map on the grid of the picture that it was asked about."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Invertd
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.explain.cam import as_batch, gradcam
from mritumor.explain.scores import ScoringNetwork
from mritumor.inference.pictures import picture_tensor


def picture_heat(
    predictor: Any,
    picture: NDArray[np.floating],
    target_class: int | None = None,
    case: str = "picture",
) -> NDArray[np.float32]:
    """Return where a bundle of slices sees evidence for a class, or for a tumour.

    The picture goes through the bundle's preprocessing, and the heat goes the way back:
    padding is cut off and the size is restored, so that heat, picture and mask lie on
    each other whatever the picture's shape.

    Args:
        predictor: a `mritumor.Predictor` of slices, not of ONNX.
        picture: (C, H, W) as seen, rows downward.
        target_class: number in `predictor.class_names`; None: the most probable one. Of
            a bundle without classes: the region, default the first.
        case: a name for errors.

    Returns:
        (H, W) in [0, 1], all zero where nothing speaks for the class.

    Raises:
        InputError: a bundle of volumes, or a runtime without gradients.
    """
    check_explains(predictor)
    tensor = picture_tensor(np.asarray(picture, np.float32), case)
    item = predictor.preprocessing({"image": tensor})
    image = item["image"]
    channel = _channel(predictor, image, target_class)
    if channel is None:
        return np.zeros(picture.shape[1:], np.float32)
    heat = gradcam(predictor.network, image, channel)
    return np.ascontiguousarray(way_back(predictor, item, heat).T)


def way_back(
    predictor: Any,
    item: Mapping[Hashable, Any],
    heat: NDArray[np.floating],
    affine: torch.Tensor | None = None,
) -> NDArray[np.float32]:
    """Undo a bundle's preprocessing on a heat map.

    Args:
        predictor: whose preprocessing gave `item`.
        item: with the preprocessed ``image``.
        heat: on that image's grid.
        affine: of that grid; None for pictures.

    Returns:
        The heat in [0, 1] on the grid that the image had before, contiguous.
    """
    keys: dict[str, Any] = {"orig_keys": "image", "nearest_interp": False}
    back = Invertd("heat", predictor.preprocessing, to_tensor=False, **keys)
    there = MetaTensor(torch.from_numpy(heat.copy())[None], affine=affine)
    here = np.asarray(back({**item, "heat": there})["heat"])[0]
    return np.ascontiguousarray(np.clip(here, 0, 1), np.float32)


def check_explains(predictor: Any) -> None:
    """Refuse what no heat map can be drawn of.

    Raises:
        InputError: with the reason.
    """
    if predictor.dims != 2:
        raise InputError(
            "heat maps are made of bundles of slices",
            where=predictor.bundle,
            got="a bundle of volumes",
            remedy="explain one window with mritumor.explain.gradcam_around",
        )
    if predictor.runtime != "torch":
        raise InputError(
            "Grad-CAM needs gradients, which ONNX Runtime does not give",
            where="--runtime",
            got=predictor.runtime,
            expected="torch",
        )


def _channel(predictor: Any, image: torch.Tensor, target: int | None) -> int | None:
    """Return which score of the network speaks for a class; None where none does.

    A network with one logit for two classes scores the second: for the first ("none")
    there is nothing to point at.
    """
    if not predictor.class_names:
        return target or 0
    with torch.no_grad():
        scores = ScoringNetwork(predictor.network)(as_batch(image, predictor.network))[
            0
        ]
    if len(scores) > 1:
        return int(scores.argmax()) if target is None else target
    chosen = int(scores[0] > 0) if target is None else target
    return 0 if chosen == 1 else None
