"""The layer that a class activation map looks at."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn

from mritumor.errors import InputError, did_you_mean
from mritumor.explain.scores import check_class


class Stage(NamedTuple):
    """A module's output during one forward pass.

    Attributes:
        name: of the module, as in ``named_modules``.
        output: (B, channels, *spatial).
    """

    name: str
    output: torch.Tensor


def last_stage(scores: nn.Module, image: torch.Tensor, target_class: int) -> str:
    """Return the name of the last convolutional stage that the class score rests on.

    It is found by running the network, so that any architecture will do: among the
    modules whose output is a map of at least 4 cells a side and influences the score,
    those of the coarsest grid are taken, and of these the last. That is ``layer4`` of a
    ResNet and the final normalisation of a pre-activation network. In a segmentation
    network the decoder looks at the coarsest grid once more, with fewer channels: there
    it is the last of those with most channels, the bottleneck of a U-Net.
    A network's attribute ``explain_layer`` (a name) comes first.

    Args:
        scores: gives (B, K), such as `ScoringNetwork`.
        image: (1, C, *spatial), which requires gradients.
        target_class: whose score.

    Raises:
        InputError: no module gives such a map.
    """
    inner = getattr(scores, "network", scores)
    own = getattr(inner, "explain_layer", None)
    if isinstance(own, str):
        return own if inner is scores else f"network.{own}"
    stages, score = _record(scores, image, target_class)
    dims = image.ndim - 2
    least = min(4, *image.shape[2:])
    # The network's own output is a map: it segments.
    segments = any(s.name == "network" for s in stages)
    if getattr(scores, "mask_channels", 0):
        segments = False
    large = [s for s in stages if min(s.output.shape[2:]) >= least]
    for stage in _candidates(large, segments):
        if _matters(score, stage.output):
            return stage.name
    raise InputError(
        "no convolutional stage was found whose map could be shown",
        where=type(inner).__name__,
        expected=f"a module with an output (B, channels, {dims} axes of {least} or more)",
        remedy="name one with layer=",
    )


def check_layer(network: nn.Module, name: str) -> None:
    """Refuse a layer that is not there.

    Raises:
        InputError: with the nearest name.
    """
    names = [n for n, _ in network.named_modules() if n]
    if name not in names:
        raise InputError(
            "the network has no such layer",
            where="layer",
            got=name,
            remedy=did_you_mean(name, names)
            or "list them with: [name for name, _ in network.named_modules()]",
        )


def _record(
    scores: nn.Module, image: torch.Tensor, target_class: int
) -> tuple[list[Stage], torch.Tensor]:
    """Run once; return the maps in the order of their completion and the score."""
    stages: list[Stage] = []

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            is_map = isinstance(output, torch.Tensor) and output.ndim == image.ndim
            if is_map and output.requires_grad:
                stages.append(Stage(name, output))

        return hook

    handles = [
        module.register_forward_hook(keep(name))
        for name, module in scores.named_modules()
        if name
    ]
    try:
        given = scores(image)
    finally:
        for handle in handles:
            handle.remove()
    check_class(given, target_class)
    return stages, given[:, target_class].sum()


def _candidates(stages: list[Stage], segments: bool) -> list[Stage]:
    """Return the stages in the order in which they should be tried."""
    inside = [s for s in stages if s.name != "network"]

    def rank(place: int) -> tuple[int, int, int]:
        output = inside[place].output
        channels = output.shape[1] if segments else 0
        return output[0, 0].numel(), -channels, -place

    return [inside[place] for place in sorted(range(len(inside)), key=rank)]


def _matters(score: torch.Tensor, output: torch.Tensor) -> bool:
    gradient = torch.autograd.grad(score, output, retain_graph=True, allow_unused=True)
    return gradient[0] is not None and bool(gradient[0].abs().sum() > 0)
