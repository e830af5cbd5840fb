"""Start a training from weights that another one left."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from mritumor.errors import InputError
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


def start_from(network: torch.nn.Module, path: PathLike | None) -> torch.nn.Module:
    """Load what a file holds under the names and shapes that the network has.

    A mask's network can so start from a joint one, a classifier from either's encoder,
    a network with other classes from one that lacks only the last layer.

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
            f"these weights cannot be loaded: {str(error).splitlines()[0]}", where=path
        ) from None
    found = found.get("averaged", found.get("network", found))
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in found.items()
        if name in own and own[name].shape == value.shape
    }
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
