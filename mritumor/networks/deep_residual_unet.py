"""The U-Net of Amin et al.: 23 convolutions, 10 residual blocks, 1024 at the bottom."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from monai.networks.blocks import ResidualUnit, UpSample
from torch import nn

from mritumor.networks.blocks import BlockStyle, DecoderStage, conv_block
from mritumor.networks.pooled_unet import PooledUNet


class DeepResidualUNet(PooledUNet):
    """The original U-Net with a shortcut around every block.

    The paper gives three numbers and no drawing. They fit the original U-Net, which has
    23 convolutions and 1024 features at the bottom: four levels down and four up with
    two convolutions each (16), two at the bottom, four upward convolutions and the
    last one of 1 x 1. Shortcuts around the eight pairs and around each of the two at the
    bottom make 10 residual blocks. A projection on a shortcut (1 x 1, where the number
    of features changes) is part of the shortcut and not counted.

    Args:
        in_channels: image channels.
        out_channels: logits per pixel; the paper's sigmoid belongs to the loss.
        channels: features per level, finest first; the last is the bottleneck.
        dropout: after each pooling, in [0, 1).

    Example:
        >>> import torch
        >>> DeepResidualUNet(1, 1, (4, 8, 16))(torch.zeros(2, 1, 50, 40)).shape
        torch.Size([2, 1, 50, 40])

    Source:
        Amin et al. (EfficientNet-B1 and U-Net); Ronneberger et al. 2015,
        arXiv:1505.04597 (the 23 convolutions).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        channels: Sequence[int] = (64, 128, 256, 512, 1024),
        dropout: float = 0.0,
    ) -> None:
        style = BlockStyle(2, 3, "BATCH", "RELU", 0.0, residual=True)
        levels = list(itertools.pairwise(channels))
        wide = [in_channels, *channels]
        down = [conv_block(style, a, b) for a, b in itertools.pairwise(wide[:-1])]
        down.append(_bottom(style, *channels[-2:]))
        up = [
            DecoderStage(
                UpSample(2, coarse, fine, 2, mode="deconv"),
                None,
                conv_block(style, 2 * fine, fine),
            )
            for fine, coarse in reversed(levels)
        ]
        super().__init__(in_channels, out_channels, channels, down, up, dropout)


def _bottom(style: BlockStyle, in_channels: int, out_channels: int) -> nn.Module:
    """Build two residual blocks of one convolution each."""
    return nn.Sequential(
        *(
            ResidualUnit(
                2,
                channels,
                out_channels,
                subunits=1,
                norm=style.norm,
                act=style.act,
                bias=style.bias,
            )
            for channels in (in_channels, out_channels)
        )
    )
