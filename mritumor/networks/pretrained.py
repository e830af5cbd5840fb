"""timm's backbones, with pre-trained weights when they can be had."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import timm
import torch
from huggingface_hub import try_to_load_from_cache
from torch import nn

from mritumor.errors import InputError, MRITumorError, did_you_mean, first_line
from mritumor.networks.hub import hub_answers

# What papers and other frameworks call them.
ALIASES = {
    "resnet50v2": "resnetv2_50",
    "resnet101v2": "resnetv2_101",
    "efficientnetb0": "efficientnet_b0",
    "efficientnetb1": "efficientnet_b1",
    "inceptionv3": "inception_v3",
}


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        fresh = timm.create_model(name, **options)
        torch.manual_seed(0)
        try:
            filled = _loaded(name, path, options)
        except Exception as error:  # whatever a foreign file makes of its readers
            raise InputError(
                f"this is no checkpoint of {name}",
                where=path,
                got=first_line(error),
                expected="a state dictionary with timm's names",
            ) from error
    lacking = _unfilled(filled, fresh)
    if lacking:
        raise InputError(
            f"this is no checkpoint of {name}: it would leave weights random",
            where=path,
            got=f"nothing for {len(lacking)} of its weights, such as {lacking[0]}",
            expected="a state dictionary with timm's names",
        )
    return filled


def _loaded(name: str, path: Path, options: dict[str, Any]) -> nn.Module:
    overlay = {"file": str(path)}
    return timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay=overlay, **options
    )


def _unfilled(filled: nn.Module, fresh: nn.Module) -> list[str]:
    """Return the weights that are still those of the same seed's random start.

    timm accepts a checkpoint of which it can use nothing. Vectors are left out: many
    start as ones or zeros, and stay so.
    """
    start = dict(fresh.named_parameters())
    return [
        name
        for name, weight in filled.named_parameters()
        if weight.dim() > 1 and weight.equal(start[name])
    ]


def _from_timm(name: str, options: dict[str, Any]) -> nn.Module:
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        raise MRITumorError("timm has no pre-trained weights for it", where=name)
    cached = _cached_file(config)
    if cached is not None:
        return _loaded(name, cached, options)
    if not hub_answers():
        raise _unavailable(name)
    try:
        return timm.create_model(name, pretrained=True, **options)
    except Exception as error:  # each client of the hub has its own errors
        raise _unavailable(name, first_line(error)) from error


def _unavailable(name: str, got: str | None = None) -> MRITumorError:
    return MRITumorError(
        "its pre-trained weights cannot be downloaded",
        where=name,
        got=got,
        remedy="connect once to fill the cache, or give a local file as weights",
    )


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
