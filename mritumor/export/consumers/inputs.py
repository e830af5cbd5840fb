"""One file with all channels, and an array in memory: what embedding programs give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, LoadImage, LoadImaged

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import read
from mritumor.export.network import inference_parser, load_network


def check_file(case: Case) -> None:
    """Preprocess and predict a 4-D NIfTI, or a picture, given by its path."""
    parser = inference_parser(case.bundle)
    chain = parser.get_parsed_content("preprocessing")
    _predict(case, parser, chain({"image": case.items[0]["single"]})["image"])


def check_array(case: Case) -> None:
    """The same from a MetaTensor, channels first, without the loading step."""
    parser = inference_parser(case.bundle)
    chain = parser.get_parsed_content("preprocessing")
    steps = [t for t in chain.transforms if not isinstance(t, LoadImaged | LoadImage)]
    image = in_memory(case.items[0]["single"], case.spatial_dims)
    _predict(case, parser, Compose(steps)({"image": image})["image"])


def in_memory(single: str, spatial_dims: int) -> MetaTensor:
    """Return a file's content as a program would hold it: (C, *spatial), RAS affine."""
    array, affine = read(Path(single))
    if affine is None:
        # PIL gives (C, W, H) by the transpose of `read`, or (W, H).
        array, affine = np.asarray(array), np.eye(4)
    channel_first = array[None] if array.ndim == spatial_dims else array
    if array.ndim > spatial_dims and ".nii" in single:
        channel_first = np.moveaxis(array, -1, 0)
    meta = {
        "original_channel_dim": 0,
        "spatial_shape": np.asarray(channel_first.shape[1:]),
        "original_affine": affine,
    }
    tensor = torch.from_numpy(np.ascontiguousarray(channel_first, np.float32))
    return MetaTensor(tensor, affine=torch.as_tensor(affine), meta=meta)


def _predict(case: Case, parser: Any, image: torch.Tensor) -> None:
    if image.shape[0] != case.channels:
        raise Unsatisfied(
            f"preprocessing gives {image.shape[0]} channels where the network takes "
            f"{case.channels}: EnsureChannelFirstd must follow LoadImaged"
        )
    inferer = parser.get_parsed_content("inferer") if "inferer" in parser else None
    network = load_network(case.bundle)
    with torch.no_grad():
        batch = image[None]
        inferer(batch, network) if inferer else network(batch)
