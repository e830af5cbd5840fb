"""RUNet, the residual U-Net of Alshomrani 2024."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn

from mritumor.networks.blocks import BlockStyle, DecoderStage, conv_block
from mritumor.networks.pooled_unet import PooledUNet


class RUNet(PooledUNet):
    """Two plain convolutions first, residual blocks in all other stages.

    Convolution, batch normalisation, ReLU; max-pooling and dropout on the way down;
    nearest-neighbour upsampling, concatenation and a residual block on the way up. The
    paper's sigmoid belongs to the loss and to postprocessing: logits come out.

    Args:
        in_channels: image channels.
        out_channels: logits per pixel.
        channels: features per level, finest first; the last is the bottleneck.
        dropout: after each pooling; the paper names no rate.

    Example:
        >>> import torch
        >>> RUNet(1, 1)(torch.zeros(2, 1, 50, 40)).shape
        torch.Size([2, 1, 50, 40])

    Source:
        Alshomrani 2024, Life 14:1143.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        channels: Sequence[int] = (16, 32, 64, 128, 256),
        dropout: float = 0.1,
    ) -> None:
        plain = BlockStyle(2, 3, "BATCH", "RELU", 0.0, residual=False)
        style = BlockStyle(2, 3, "BATCH", "RELU", 0.0, residual=True)
        levels = list(itertools.pairwise(channels))
        down = [conv_block(plain, in_channels, channels[0])]
        down += [conv_block(style, fine, coarse) for fine, coarse in levels]
        up = [
            DecoderStage(
                nn.Upsample(scale_factor=2),
                None,
                conv_block(style, fine + coarse, fine),
            )
            for fine, coarse in reversed(levels)
        ]
        super().__init__(in_channels, out_channels, channels, down, up, dropout)
