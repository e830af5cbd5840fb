"""timm's backbones, with pre-trained weights when they can be had."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import timm
from huggingface_hub import constants, try_to_load_from_cache
from torch import nn

from mritumor.errors import InputError, MRITumorError, did_you_mean

# What papers and other frameworks call them.
ALIASES = {
    "resnet50v2": "resnetv2_50",
    "resnet101v2": "resnetv2_101",
    "efficientnetb0": "efficientnet_b0",
    "efficientnetb1": "efficientnet_b1",
    "inceptionv3": "inception_v3",
}
_PATIENCE = 4.0  # seconds that a silent network may cost


def timm_name(name: str) -> str:
    """Return timm's name of a backbone, such as ``resnetv2_50`` for ``ResNet50V2``.

    Args:
        name: one of timm's names, perhaps with ``.tag`` of its weights, or an alias.

    Raises:
        InputError: timm knows no such backbone.
    """
    found = ALIASES.get(name.lower(), name)
    if timm.is_model(found):
        return found
    known = [*timm.list_models(), *ALIASES]
    raise InputError(
        "timm has no such backbone",
        where="backbone",
        got=repr(name),
        remedy=did_you_mean(name, known) or "timm.list_models() names them all",
    )


def create_backbone(
    name: str,
    in_channels: int,
    pretrained: bool | str = False,
    weights: str | Path | None = None,
    **options: Any,
) -> nn.Module:
    """Build a timm model, with pre-trained weights if wanted.

    ImageNet weights are for three channels. timm fits the first convolution to others:
    for one channel the weights of red, green and blue are summed, which is their
    average at the scale that the next layer was trained with, so a grey image gives
    exactly what its three-channel copy gives. For C other channels the three filters
    are repeated in turn and scaled by 3/C.

    Args:
        name: see `timm_name`.
        in_channels: channels of the images.
        pretrained: False for random weights; True for timm's, or an error; ``"auto"``
            for timm's, or random ones and a warning when they cannot be had.
        weights: a local checkpoint in timm's layout, taken instead.
        options: further arguments of ``timm.create_model``.

    Raises:
        InputError: an unknown name, another value of ``pretrained``, or no such file.
        MRITumorError: with ``pretrained=True``, the weights cannot be had.
    """
    name = timm_name(name)
    if pretrained not in (True, False, "auto"):
        raise InputError(
            "impossible",
            where="pretrained",
            got=pretrained,
            expected="auto, true, false",
        )
    options = {"in_chans": in_channels, **options}
    if weights is not None:
        return _from_file(name, Path(weights), options)
    if pretrained is False:
        return timm.create_model(name, **options)
    try:
        return _from_timm(name, options)
    except MRITumorError as error:
        if pretrained is True:
            raise
        warnings.warn(f"{error}; going on with random weights", stacklevel=2)
        return timm.create_model(name, **options)


def _from_file(name: str, path: Path, options: dict[str, Any]) -> nn.Module:
    if not path.is_file():
        raise InputError("no such checkpoint", where="weights", got=path)
    overlay = {"file": str(path)}
    return timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay=overlay, **options
    )


def _from_timm(name: str, options: dict[str, Any]) -> nn.Module:
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        raise MRITumorError("timm has no pre-trained weights for it", where=name)
    cached = _cached_file(config)
    if cached is not None:
        return _from_file(name, cached, options)
    unreachable = MRITumorError(
        "its pre-trained weights cannot be downloaded",
        where=name,
        remedy="connect once to fill the cache, or give a local file as weights",
    )
    if not _reachable():
        raise unreachable
    try:
        return timm.create_model(name, pretrained=True, **options)
    except (OSError, RuntimeError) as error:
        raise unreachable from error


def _cached_file(config: Any) -> Path | None:
    """Return the weights that an earlier download left, or None."""
    if not config.hf_hub_id:
        return None
    names = [config.hf_hub_filename or "model.safetensors", "pytorch_model.bin"]
    repository, _, revision = config.hf_hub_id.partition("@")
    for name in names:
        found = try_to_load_from_cache(repository, name, revision=revision or None)
        if isinstance(found, str):
            return Path(found)
    return None


@lru_cache(maxsize=1)
def _reachable() -> bool:
    """Tell, within seconds, whether the host of the weights answers at all.

    The client itself would try again and again, for most of a minute and more. Name
    look-ups have no timeout of their own, hence the thread.
    """
    if constants.HF_HUB_OFFLINE:
        return False
    answered: list[bool] = []
    asking = threading.Thread(target=lambda: answered.append(_answers()), daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    return any(answered)


def _answers() -> bool:
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_PATIENCE).close()
    except urllib.error.HTTPError:
        return True  # an answer, if not a friendly one
    except (OSError, ValueError):
        return False
    return True
