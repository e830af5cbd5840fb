"""A bundle's folder: its configs, and its weights into a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import nn

from mritumor.errors import BundleError, first_line
from mritumor.types import PathLike

SUFFIXES = (".json", ".yaml", ".yml")


def read_config(bundle: PathLike, name: str) -> dict[str, Any]:
    """Return a config of a bundle, its references unresolved.

    Args:
        bundle: the bundle's folder.
        name: such as ``"inference"`` or ``"metadata"``; JSON before YAML.

    Raises:
        BundleError: there is no such file, or it is neither JSON nor YAML.
    """
    folder = Path(bundle) / "configs"
    for path in (folder / f"{name}{suffix}" for suffix in SUFFIXES):
        if path.is_file():
            break
    else:
        raise BundleError(
            "this folder is no bundle: it has no such file",
            where=folder / f"{name}.json",
            remedy="give a folder that holds configs/inference.json",
        )
    try:
        content: dict[str, Any] = ConfigParser.load_config_file(str(path))
    except Exception as error:  # of JSON, YAML or the encoding
        raise BundleError(
            f"this config cannot be read: {first_line(error)}", where=path
        ) from None
    return content


def load_weights(network: nn.Module, path: PathLike) -> nn.Module:
    """Load the weights of a bundle, half precision too, and set the network to eval mode.

    Args:
        network: of the bundle; changed in place.
        path: a ``.pt`` state dict, or one under ``"model"``.

    Returns:
        The same network.

    Raises:
        BundleError: no such file, no weights, or weights of another network.
    """
    path = Path(path)
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
            f"these are no weights of this bundle's network: {first_line(error)}",
            where=path,
            remedy="train the bundle again or fetch its weights again",
        ) from None
    return network.eval()
