"""A bundle's network with its weights, and an input of a size that it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser
from monai.bundle.scripts import _get_fake_spatial_shape
from torch import nn

from mritumor.bundle.folder import load_weights, read_config
from mritumor.types import PathLike

# Below this many voxels an axis is too short for the deepest level of usual networks.
SHORTEST_AXIS = 32


def inference_parser(bundle: PathLike) -> ConfigParser:
    """Return the parser of a bundle's inference config, on the CPU, nothing built."""
    parser = ConfigParser(read_config(bundle, "inference"))
    parser["bundle_root"] = str(bundle)
    parser["device"] = "$torch.device('cpu')" if "imports" in parser else "cpu"
    return parser


def load_network(bundle: PathLike, weights: PathLike | None = None) -> nn.Module:
    """Return a bundle's network in eval mode on the CPU.

    Args:
        bundle: the bundle's folder.
        weights: a state dict; default the bundle's ``models/model.pt``.

    Raises:
        BundleError: no bundle, no weights, or weights of another network.
    """
    network: nn.Module = inference_parser(bundle).get_parsed_content("network_def")
    return load_weights(network, weights or Path(bundle) / "models/model.pt")


def example_shape(image: dict[str, Any], n: int = 1) -> tuple[int, ...]:
    """Return channels and spatial size of an image that a network takes.

    Args:
        image: an input of ``network_data_format``; its spatial shape holds numbers,
            ``"*"``, or expressions of n and p such as ``"32*n"``.
        n: which multiple, from 1; an axis is never shorter than `SHORTEST_AXIS` unless
            its size is fixed.

    Example:
        >>> example_shape({"num_channels": 4, "spatial_shape": ["32*n", "8*n", "*"]})
        (4, 32, 32, 32)
    """
    sizes = []
    for axis in image["spatial_shape"]:
        multiple = n
        while _axis(axis, multiple) < SHORTEST_AXIS and not _is_fixed(axis):
            multiple += 1
        sizes.append(_axis(axis, multiple))
    return (int(image["num_channels"]), *sizes)


def _axis(axis: int | str, n: int) -> int:
    if axis == "*":
        return SHORTEST_AXIS * n
    (size,) = _get_fake_spatial_shape([axis], p=1, n=n, any=n)
    return int(size)


def _is_fixed(axis: int | str) -> bool:
    return axis != "*" and _axis(axis, 1) == _axis(axis, 2)
