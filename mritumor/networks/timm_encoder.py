"""Any timm backbone as the way down of a U-Net."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from mritumor.errors import InputError, first_line
from mritumor.networks.pretrained import create_backbone
from mritumor.networks.unet_settings import check_image, graph_is_recorded


class TimmEncoder(nn.Module):
    """Feature pyramid of images (B, C, H, W) of any size.

    Images are padded at the far ends, by their last row and column, to whole multiples
    of the deepest stride: so each map is exactly half as long as the one before, in
    backbones that round up and in those that round down.

    Args:
        name: of a timm backbone, or an alias such as ``resnet50v2``.
        in_channels: channels of the images.
        pretrained: as in `create_backbone`.
        weights: as in `create_backbone`.

    Attributes:
        channels: features of each map, finest first.
        strides: of each map, such as ``[2, 4, 8, 16, 32]``.

    Raises:
        InputError: an unknown name, or a backbone without such a pyramid.

    Source:
        Wightman, "PyTorch Image Models", doi:10.5281/zenodo.4414861.
    """

    def __init__(
        self,
        name: str,
        in_channels: int,
        pretrained: bool | str = False,
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.backbone = create_backbone(
            name, in_channels, pretrained, weights, features_only=True
        )
        self.in_channels = in_channels
        self.channels: list[int] = list(self.backbone.feature_info.channels())
        self.strides: list[int] = list(self.backbone.feature_info.reduction())
        self.deepest = self.strides[-1]
        self._check_pyramid(name)

    def _check_pyramid(self, name: str) -> None:
        doubling = [self.strides[0] * 2**n for n in range(len(self.strides))]
        side = 2 * self.deepest
        if self.strides == doubling and self.strides[0] in (1, 2, 4):
            found = _map_sizes(self.backbone, self.in_channels, side)
        else:
            found = f"strides {self.strides}"
        expected = [side // stride for stride in self.strides]
        if found != expected:
            raise InputError(
                f"{name} cannot be a U-Net's encoder: its maps do not halve",
                where="encoder",
                got=found,
                expected=f"{expected} for {side} pixels",
                remedy="take one that pads its convolutions and takes any image size, "
                "such as resnet50 or efficientnet_b0",
            )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps, finest first, of the padded image.

        Args:
            x: (B, in_channels, H, W), longer than the deepest stride on one axis.

        Returns:
            (B, channels[i], H' / strides[i], W' / strides[i]) for each i, where H' and
            W' are H and W rounded up to multiples of the deepest stride.
        """
        if not torch.jit.is_scripting() and not graph_is_recorded():
            check_image(x, self.in_channels, (self.deepest, self.deepest))
        down, right = -x.shape[2] % self.deepest, -x.shape[3] % self.deepest
        return self.backbone(F.pad(x, [0, right, 0, down], mode="replicate"))


@torch.no_grad()
def _map_sizes(backbone: nn.Module, in_channels: int, side: int) -> Sequence[int] | str:
    """Return how long the maps of a square image are, or what was in the way."""
    training = backbone.training
    try:
        maps = backbone.eval()(torch.zeros(1, in_channels, side, side))
    except (RuntimeError, AssertionError) as error:
        return first_line(error)
    finally:
        backbone.train(training)
    return [y.shape[2] for y in maps]
