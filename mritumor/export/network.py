"""A bundle's network with its weights, and an input of a size that it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from monai.bundle.scripts import _get_fake_spatial_shape
from torch import nn

from mritumor.errors import BundleError
from mritumor.types import PathLike

# Below this many voxels an axis is too short for the deepest level of usual networks.
SHORTEST_AXIS = 32


def read_config(bundle: PathLike, name: str) -> dict[str, Any]:
    """Return a config of a bundle, its references unresolved.

    Args:
        bundle: the bundle's folder.
        name: such as ``"inference"``; JSON before YAML.

    Raises:
        BundleError: there is no such file.
    """
    folder = Path(bundle) / "configs"
    for suffix in (".json", ".yaml", ".yml"):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return ConfigParser.load_config_file(str(path))
    raise BundleError(
        "this folder is no bundle: it has no such file",
        where=folder / f"{name}.json",
        remedy="give a folder that holds configs/inference.json",
    )


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
    path = Path(weights) if weights else Path(bundle) / "models/model.pt"
    if not path.is_file():
        raise BundleError(
            "this bundle has no weights yet",
            where=path,
            remedy="train it (mritumor train …) or give --weights",
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state.get("model", state))
    except Exception as error:  # a truncated file, a pickle, another network
        raise BundleError(
            f"these are no weights of this bundle's network: {str(error).splitlines()[0]}",
            where=path,
            remedy="train the bundle again or fetch its weights again",
        ) from None
    return network.eval()


def metadata_of(bundle: PathLike) -> dict[str, Any]:
    """Return the bundle's metadata.json."""
    path = Path(bundle) / "configs/metadata.json"
    if not path.is_file():
        raise BundleError("this folder is no bundle: it has no such file", where=path)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


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
