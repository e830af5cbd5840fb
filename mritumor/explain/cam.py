"""Grad-CAM in 2-D and 3-D, through MONAI's."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from monai.visualize import GradCAM, GradCAMpp
from numpy.typing import ArrayLike, NDArray
from torch import nn

from mritumor.errors import InputError
from mritumor.explain.layers import check_layer, last_stage
from mritumor.explain.scores import ScoringNetwork, check_class

METHODS = {"gradcam": GradCAM, "gradcam++": GradCAMpp}


def gradcam(
    network: nn.Module,
    image: ArrayLike | torch.Tensor,
    target_class: int,
    layer: str | None = None,
    method: str = "gradcam",
    mask_channels: int | None = None,
) -> NDArray[np.float32]:
    """Return where a network sees evidence for a class.

    The network is copied first: it keeps its mode, gradients and hooks, and several
    threads may ask at once.

    Args:
        network: a classifier, a segmentation network or a joint one (see `ScoringNetwork`).
        image: (C, H, W) or (C, I, J, K), preprocessed as the network expects it.
        target_class: class, or region channel of a segmentation network, from 0.
        layer: name of a module with a map as output; default `last_stage`.
        method: ``"gradcam"`` or ``"gradcam++"``.
        mask_channels: of a joint network, when it does not say so itself.

    Returns:
        (H, W) or (I, J, K), the input's grid, in [0, 1]; all zero when nothing speaks
        for the class.

    Raises:
        InputError: a wrong image, class, layer or method.

    Source:
        Selvaraju et al. 2017, arXiv:1610.02391; Chattopadhay et al. 2018 (Grad-CAM++),
        arXiv:1710.11063.
    """
    if method not in METHODS:
        raise InputError(
            "unknown", where="method", got=method, expected=" or ".join(METHODS)
        )
    scores = _private(network, mask_channels)
    x = as_batch(image, network).requires_grad_(True)
    with torch.enable_grad():
        if layer is None:
            name = last_stage(scores, x, target_class)
        else:
            check_layer(network, layer)
            check_class(scores(x.detach()), target_class)
            name = f"network.{layer}"
        cam: Any = METHODS[method](
            nn_module=scores, target_layers=name, postprocessing=lambda heat: heat
        )
        heat = cam(x, class_idx=target_class)
    return to_unit(heat.detach()[0, 0].float().cpu().numpy())


def gradcam_around(
    network: nn.Module,
    image: ArrayLike | torch.Tensor,
    target_class: int,
    centre: Sequence[float],
    roi_size: Sequence[int],
    **settings: Any,
) -> NDArray[np.float32]:
    """Return the heat map of one window of a volume, zero outside of it.

    Gradients of a whole scan need many gigabytes; a network that works on patches is
    explained on one.

    Args:
        network: as for `gradcam`.
        image: (C, *spatial).
        target_class: as for `gradcam`.
        centre: of the window in voxels, such as the centroid of the predicted tumour.
        roi_size: of the window; cut to the image's size.
        settings: further arguments of `gradcam`.

    Returns:
        (*spatial) in [0, 1].
    """
    array = torch.as_tensor(image) if not isinstance(image, torch.Tensor) else image
    where = []
    for size, middle, width in zip(array.shape[1:], centre, roi_size, strict=True):
        width = min(width, size)
        start = int(np.clip(round(middle) - width // 2, 0, size - width))
        where.append(slice(start, start + width))
    window = tuple(where)
    heat = np.zeros(tuple(array.shape[1:]), np.float32)
    heat[window] = gradcam(
        network, array[(slice(None),) + window], target_class, **settings
    )
    return heat


def as_batch(image: ArrayLike | torch.Tensor, network: nn.Module) -> torch.Tensor:
    """Return a plain float tensor (1, C, *spatial) on the network's device.

    Raises:
        InputError: not (C, H, W) or (C, I, J, K).
    """
    tensor = image if isinstance(image, torch.Tensor) else torch.as_tensor(image)
    if tensor.ndim not in (3, 4):
        raise InputError(
            "an image to explain is (C, H, W) or (C, I, J, K)",
            where="image",
            got=f"{tensor.ndim} dimensions",
        )
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    # MONAI's MetaTensor would follow through every layer of the backward pass.
    plain = tensor.as_subclass(torch.Tensor)
    return plain.detach().clone().to(device, torch.float32)[None]


def to_unit(heat: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale a map of evidence, 0 where there is none, so that its maximum is 1."""
    clipped = np.nan_to_num(np.clip(heat, 0, None)).astype(np.float32)
    top = float(clipped.max())
    return clipped / top if top > 0 else clipped


def _private(network: nn.Module, mask_channels: int | None) -> ScoringNetwork:
    """Return a copy that hooks and gradients may touch."""
    scores = ScoringNetwork(copy.deepcopy(network), mask_channels).eval()
    for module in scores.modules():
        # A map that is overwritten in place has no gradient to read any more.
        if getattr(module, "inplace", False):
            module.inplace = False
    # Gradients of maps are wanted, not of weights: the image alone requires them.
    return scores.requires_grad_(False)
