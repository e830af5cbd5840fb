"""Start a training from weights that another one left."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from mritumor.errors import InputError, first_line
from mritumor.types import PathLike

logger = logging.getLogger(__name__)

PART = "unet."  # how a JointNetwork names its U-Net


def start_from(network: torch.nn.Module, path: PathLike | None) -> torch.nn.Module:
    """Load what a file holds under the names and shapes that the network has.

    A mask's network can so start from a joint one (whose names begin with ``unet.``), a
    classifier from either's encoder, a network with other classes from one whose last
    layer alone differs.

    Args:
        network: changed in place.
        path: a ``.pt`` state dict, or a run's ``last.pt``; None: nothing happens.

    Returns:
        The same network.

    Raises:
        InputError: no such file, no weights, or nothing in it fits.
    """
    if path is None:
        return network
    path = Path(path)
    if not path.is_file():
        raise InputError("there are no weights to start from", where=path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a pickle of code, a truncated file
        raise InputError(
            f"these weights cannot be loaded: {first_line(error)}", where=path
        ) from None
    found = found.get("averaged", found.get("network", found))
    own = network.state_dict()
    fitting = max((_fitting(own, names) for names in _namings(found)), key=len)
    if not fitting:
        raise InputError(
            "nothing in these weights fits the network",
            where=path,
            got=", ".join(list(found)[:3]),
            expected=", ".join(list(own)[:3]),
        )
    network.load_state_dict(fitting, strict=False)
    logger.info(f"started with {len(fitting)} of {len(own)} weights from {path}")
    return network


def _fitting(
    own: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in found.items()
        if name in own and own[name].shape == value.shape
    }


def _namings(found: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
    """Return the weights under their names, as part of a joint network, and out of one."""
    return [
        dict(found),
        {f"{PART}{name}": value for name, value in found.items()},
        {n.removeprefix(PART): v for n, v in found.items() if n.startswith(PART)},
    ]
