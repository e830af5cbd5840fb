"""A U-Net whose way down is a timm backbone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from monai.networks.blocks import UpSample
from torch import nn

from mritumor.errors import InputError
from mritumor.networks.attention_gate import AttentionGate
from mritumor.networks.blocks import (
    BlockStyle,
    DecoderStage,
    conv_block,
    crop_to,
    logits_head,
)
from mritumor.networks.freezing import Freezable
from mritumor.networks.timm_encoder import TimmEncoder


class EncoderUNet(Freezable):
    """U-Net for images (B, C, H, W) of any size on a backbone, pre-trained or not.

    ``decode(encode(x))`` is what ``forward(x)`` does, as in `ResidualAttentionUNet`.

    Args:
        in_channels: image channels.
        out_channels: logits per pixel (regions for a sigmoid, classes for a softmax).
        encoder: a timm backbone, or an alias such as ``resnet50v2``.
        pretrained: False, True, or ``"auto"``: when they can be had.
        weights: a local checkpoint of the backbone, taken instead.
        decoder_channels: features per level, finest first: one for each halving
            between the image and the backbone's deepest map (five for stride 32).
        attention: an `AttentionGate` on each skip connection.
        residual: shortcuts around the decoder's convolution pairs.
        deep_supervision: number of extra heads on the next coarser levels.
        norm: MONAI's normalisation spec, of the decoder.
        act: MONAI's activation spec, of the decoder.
        dropout: probability in [0, 1), in the decoder.
        up_mode: MONAI's ``UpSample`` mode, ``"deconv"`` or ``"nontrainable"`` (linear).
        foreground_prior: as in `ResidualAttentionUNet`.

    Raises:
        InputError: impossible settings, or, when called, an image with another number
            of channels or too small for the levels (not checked in scripted form).

    Example:
        >>> network = EncoderUNet(1, 2, "resnet18").eval()
        >>> network(torch.zeros(1, 1, 100, 75)).shape
        torch.Size([1, 2, 100, 75])

    Source:
        Aish et al. 2024 (ResNet50, no gates); Kotob et al. (ResNet50 with gates).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        encoder: str = "resnet50",
        pretrained: bool | str = False,
        weights: str | Path | None = None,
        decoder_channels: Sequence[int] = (16, 32, 64, 128, 256),
        attention: bool = True,
        residual: bool = False,
        deep_supervision: int = 0,
        norm: Any = "BATCH",
        act: Any = ("RELU", {"inplace": True}),
        dropout: float = 0.0,
        up_mode: str = "nontrainable",
        foreground_prior: float | None = None,
    ) -> None:
        super().__init__()
        style = BlockStyle(2, 3, norm, act, dropout, residual)
        self.out_channels = out_channels
        self.supervised = deep_supervision > 0
        self.encoder = TimmEncoder(encoder, in_channels, pretrained, weights)
        self.bottleneck_channels = self.encoder.channels[-1]
        widths = list(decoder_channels)
        _check_levels(widths, self.encoder.deepest, deep_supervision)
        # One entry per level above the deepest; None where the backbone has no map.
        first = self.encoder.strides[0].bit_length() - 1
        skips: list[int | None] = [None] * first + self.encoder.channels[:-1]
        below = [*widths[1:], self.bottleneck_channels]
        self.decoder = nn.ModuleList()
        self.finish = nn.ModuleList()
        for skip, wide, width in reversed(list(zip(skips, below, widths, strict=True))):
            up = UpSample(2, wide, width, 2, mode=up_mode)
            if skip is None:
                self.finish.append(nn.Sequential(up, conv_block(style, width, width)))
                continue
            gate = AttentionGate(style, skip, wide) if attention else None
            block = conv_block(style, skip + width, width)
            self.decoder.append(DecoderStage(up, gate, block))
        self.heads = nn.ModuleList(
            logits_head(2, width, out_channels, foreground_prior)
            for width in widths[: deep_supervision + 1]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor | list[torch.Tensor]:
        """Return logits.

        Args:
            x: (B, in_channels, H, W).

        Returns:
            (B, out_channels, H, W); in training mode with ``deep_supervision=n`` a list
            of n + 1 such tensors, finest first, each half as long, rounded up.
        """
        return self.decode(self.encode(x))

    def encode(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the image, which ``decode`` needs for its size, and the pyramid."""
        return [x] + self.encoder(x)  # TorchScript knows no [x, *maps]

    def decode(self, maps: list[torch.Tensor]) -> torch.Tensor | list[torch.Tensor]:
        """Return what ``forward`` does, from the maps of ``encode``."""
        x, depth = maps[-1], len(maps)
        finer: list[torch.Tensor] = []
        for level, stage in enumerate(self.decoder):
            x = stage(x, maps[depth - 2 - level])
            finer.append(x)
        for stage in self.finish:
            x = stage(x)
            finer.append(x)
        if not (self.training and self.supervised):
            return crop_to(self.heads[0](x), maps[0])
        logits: list[torch.Tensor] = []
        for level, head in enumerate(self.heads):
            down, right = [(n + (1 << level) - 1) >> level for n in maps[0].shape[2:]]
            logits.append(head(finer[-1 - level])[:, :, :down, :right])
        return logits


def _check_levels(widths: Sequence[int], deepest: int, deep_supervision: int) -> None:
    levels = deepest.bit_length() - 1
    if len(widths) != levels:
        raise InputError(
            "the decoder does not reach from the deepest map to the image",
            where="decoder_channels",
            got=f"{len(widths)} entries",
            expected=f"{levels}, for a deepest stride of {deepest}",
        )
    if not 0 <= deep_supervision < levels:
        raise InputError(
            "impossible",
            where="deep_supervision",
            got=deep_supervision,
            expected=f"0 to {levels - 1} (the levels after the first)",
        )
