"""A U-Net that halves by max-pooling, as the papers' own ones do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mritumor.networks.blocks import DecoderStage, Encoder, logits_head
from mritumor.networks.freezing import Freezable


class PooledUNet(Freezable):
    """U-Net for images (B, C, H, W) of any size, put together from given blocks.

    Pooling rounds up, so an odd last row is pooled alone and cut off again later.
    ``decode(encode(x))`` is what ``forward(x)`` does, so a `JointNetwork` takes it.

    Args:
        in_channels: image channels.
        out_channels: logits per pixel.
        widths: features per level, finest first.
        down: one block per level, (B, wide, H, W) to (B, width, H, W).
        up: one stage per level but the deepest, coarsest first.
        dropout: probability in [0, 1) of dropping an element after each pooling.

    Raises:
        InputError: when called, an image with another number of channels or too small
            for the levels (not checked in scripted form).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        widths: Sequence[int],
        down: Sequence[nn.Module],
        up: Sequence[DecoderStage],
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.bottleneck_channels = widths[-1]
        stages = [down[0]]
        for block in down[1:]:
            pool = nn.MaxPool2d(2, ceil_mode=True)
            drop = [nn.Dropout(dropout)] if dropout else []
            stages.append(nn.Sequential(pool, *drop, block))
        self.encoder = Encoder(stages, in_channels, [2 ** len(up)] * 2)
        self.decoder = nn.ModuleList(up)
        self.head = logits_head(2, widths[0], out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, out_channels, H, W) for images (B, in_channels, H, W)."""
        return self.decode(self.encode(x))

    def encode(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps on the way down, (B, widths[i], *coarser), finest first."""
        return self.encoder(x)

    def decode(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Return what ``forward`` does, from the maps of ``encode``."""
        x, depth = maps[-1], len(maps)
        for level, stage in enumerate(self.decoder):
            x = stage(x, maps[depth - 2 - level])
        return self.head(x)
