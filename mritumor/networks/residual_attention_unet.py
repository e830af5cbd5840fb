"""One U-Net with switches: regular, residual, attention, deeply supervised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from monai.networks.blocks import UpSample
from torch import nn

from mritumor.networks.attention_gate import AttentionGate
from mritumor.networks.blocks import (
    BlockStyle,
    DecoderStage,
    Encoder,
    EncoderStage,
    conv_block,
    logits_head,
)
from mritumor.networks.freezing import Freezable
from mritumor.networks.unet_settings import (
    check_settings,
    stride_per_level,
)


class ResidualAttentionUNet(Freezable):
    """U-Net for images (B, C, *spatial) of any size, in 2-D or 3-D.

    ``residual=False, attention=False`` is the regular U-Net; each switch adds one part.

    ``decode(encode(x))`` is what ``forward(x)`` does: `JointNetwork` puts a class head
    between the two.

    Args:
        spatial_dims: 2 or 3.
        in_channels: image channels, such as 4 for t1n, t1c, t2w and t2f.
        out_channels: logits per voxel (regions for a sigmoid, classes for a softmax).
        channels: features per level, finest first.
        strides: one number, or one entry per downsampling; an entry may hold one
            number per axis, such as ``(2, 2, 1)`` for thick slices.
        residual: shortcuts around the convolution pairs.
        attention: an `AttentionGate` on each skip connection.
        deep_supervision: number of extra heads on the next coarser levels.
        kernel_size: odd, one number or one per axis.
        norm: MONAI's normalisation spec; the default holds at any batch size.
        act: MONAI's activation spec.
        dropout: probability in [0, 1).
        up_mode: MONAI's ``UpSample`` mode, ``"deconv"`` or ``"nontrainable"`` (linear).
        checkpointing: recompute in the backward pass: less memory, more time. Running
            averages of a batch normalisation are then updated twice per step.
        foreground_prior: expected share of foreground in (0, 1): sigmoid heads begin by
            predicting it, which spares the first steps (Lin et al. 2017,
            arXiv:1708.02002). None leaves the bias as it is.

    Raises:
        InputError: impossible settings, or, when called, an image with another number
            of channels or too small for the levels (not checked in scripted form).

    Example:
        >>> network = ResidualAttentionUNet(3, 4, 3, channels=(8, 16, 32)).eval()
        >>> network(torch.zeros(1, 4, 15, 16, 17)).shape
        torch.Size([1, 3, 15, 16, 17])

    Source:
        Ronneberger et al. 2015, arXiv:1505.04597; Zhang et al. 2018 (residual),
        arXiv:1711.10684; Oktay et al. 2018 (attention), arXiv:1804.03999; Lee et al.
        2015 (deep supervision), arXiv:1409.5185.
    """

    def __init__(
        self,
        spatial_dims: int,
        in_channels: int,
        out_channels: int,
        channels: Sequence[int] = (16, 32, 64, 128, 256),
        strides: int | Sequence[int | Sequence[int]] = 2,
        residual: bool = True,
        attention: bool = True,
        deep_supervision: int = 0,
        kernel_size: int | Sequence[int] = 3,
        norm: Any = ("INSTANCE", {"affine": True}),
        act: Any = ("LEAKYRELU", {"inplace": True}),
        dropout: float = 0.0,
        up_mode: str = "deconv",
        checkpointing: bool = False,
        foreground_prior: float | None = None,
    ) -> None:
        super().__init__()
        check_settings(spatial_dims, channels, kernel_size, deep_supervision)
        steps = stride_per_level(strides, len(channels) - 1, spatial_dims)
        style = BlockStyle(spatial_dims, kernel_size, norm, act, dropout, residual)
        self.reduction = [math.prod(axis) for axis in zip(*steps, strict=True)]
        self.supervised = deep_supervision > 0
        self.out_channels = out_channels
        self.bottleneck_channels = channels[-1]
        self.encoder = Encoder(
            [
                EncoderStage(conv_block(style, wide, width, step), checkpointing)
                for wide, width, step in zip(
                    [in_channels, *channels],
                    channels,
                    [(1,) * spatial_dims, *steps],
                    strict=False,
                )
            ],
            in_channels,
            self.reduction,
        )
        self.decoder = nn.ModuleList(
            _decoder_stage(style, fine, coarse, step, attention, up_mode, checkpointing)
            for fine, coarse, step in reversed(
                list(zip(channels, channels[1:], steps, strict=False))
            )
        )
        self.heads = nn.ModuleList(
            logits_head(spatial_dims, width, out_channels, foreground_prior)
            for width in channels[: deep_supervision + 1]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor | list[torch.Tensor]:
        """Return logits.

        Args:
            x: (B, in_channels, *spatial).

        Returns:
            (B, out_channels, *spatial); in training mode with ``deep_supervision=n`` a
            list of n + 1 such tensors, finest first, each one level coarser.
        """
        return self.decode(self.encode(x))

    def encode(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps on the way down, (B, channels[i], *coarser), finest first."""
        return self.encoder(x)

    def decode(self, maps: list[torch.Tensor]) -> torch.Tensor | list[torch.Tensor]:
        """Return what ``forward`` does, from the maps of ``encode``."""
        x, depth = maps[-1], len(maps)
        finer: list[torch.Tensor] = []
        for level, stage in enumerate(self.decoder):
            x = stage(x, maps[depth - 2 - level])
            finer.append(x)
        if not (self.training and self.supervised):
            return self.heads[0](x)
        return [head(finer[-1 - level]) for level, head in enumerate(self.heads)]


def _decoder_stage(
    style: BlockStyle,
    fine: int,
    coarse: int,
    strides: Sequence[int],
    attention: bool,
    up_mode: str,
    checkpointing: bool,
) -> DecoderStage:
    up = UpSample(style.spatial_dims, coarse, fine, strides, mode=up_mode)
    gate = AttentionGate(style, fine, coarse, strides) if attention else None
    return DecoderStage(up, gate, conv_block(style, 2 * fine, fine), checkpointing)
