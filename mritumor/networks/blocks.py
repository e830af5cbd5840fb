"""The pieces that the U-Nets share, made of MONAI's blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from monai.networks.blocks import Convolution, ResidualUnit
from torch import nn
from torch.utils.checkpoint import checkpoint

from mritumor.errors import InputError
from mritumor.networks.unet_settings import check_image, graph_is_recorded


@dataclass(frozen=True)
class BlockStyle:
    """What all blocks of one network have in common.

    Args:
        spatial_dims: 2 or 3.
        kernel_size: odd, one number or one per axis.
        norm: MONAI's normalisation spec, such as ``("INSTANCE", {"affine": True})``.
        act: MONAI's activation spec.
        dropout: probability in [0, 1) of dropping an element; 0 adds no layer.
        residual: add a shortcut around each pair of convolutions.
    """

    spatial_dims: int
    kernel_size: int | Sequence[int]
    norm: Any
    act: Any
    dropout: float
    residual: bool

    @property
    def bias(self) -> bool:
        """Whether convolutions need a bias: a normalisation would subtract it again."""
        return self.norm is None


def conv_block(
    style: BlockStyle,
    in_channels: int,
    out_channels: int,
    strides: int | Sequence[int] = 1,
) -> nn.Module:
    """Build two convolutions, the first of which strides.

    The shortcut of the residual form is a strided convolution where the shape changes
    (He et al. 2016, arXiv:1603.05027; Kerfoot et al. 2018,
    doi:10.1007/978-3-030-12029-0_40).
    """
    common = {
        "kernel_size": style.kernel_size,
        "norm": style.norm,
        "act": style.act,
        "dropout": style.dropout or None,
        "bias": style.bias,
    }
    dims = style.spatial_dims
    if style.residual:
        return ResidualUnit(dims, in_channels, out_channels, strides, **common)
    return nn.Sequential(
        Convolution(dims, in_channels, out_channels, strides, **common),
        Convolution(dims, out_channels, out_channels, **common),
    )


def crop_to(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Cut the far end of each spatial axis of ``x`` to the length it has in ``like``.

    Halving rounds up, so a doubled map is never shorter than its skip connection.
    """
    for axis in range(2, x.dim()):
        x = x.narrow(axis, 0, like.shape[axis])
    return x


def logits_head(
    spatial_dims: int, in_channels: int, out_channels: int, prior: float | None = None
) -> nn.Module:
    """Build the last convolution, (B, in_channels, *) to (B, out_channels, *).

    Args:
        spatial_dims: 2 or 3.
        in_channels: features of the map.
        out_channels: logits per voxel.
        prior: expected share of foreground in (0, 1), which the sigmoid of the first
            logits then is (Lin et al. 2017, arXiv:1708.02002); None leaves the bias.

    Raises:
        InputError: a prior that is no share.
    """
    head = Convolution(
        spatial_dims, in_channels, out_channels, kernel_size=1, conv_only=True
    )
    if prior is not None:
        if not 0 < prior < 1:
            raise InputError(
                "impossible",
                where="foreground_prior",
                got=prior,
                expected="a share between 0 and 1, both excluded",
            )
        nn.init.constant_(head.conv.bias, math.log(prior / (1 - prior)))
    return head


class EncoderStage(nn.Module):
    """One level on the way down.

    Args:
        block: (B, C, *fine) to (B, C', *coarse).
        checkpointing: recompute the block in the backward pass instead of keeping its
            inner maps: less memory, about a third more time.
    """

    def __init__(self, block: nn.Module, checkpointing: bool = False) -> None:
        super().__init__()
        self.block = block
        self.checkpointing = checkpointing

    def _recomputed(self, x: torch.Tensor) -> torch.Tensor:
        return checkpoint(self.block, x, use_reentrant=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the coarser map."""
        if not torch.jit.is_scripting() and self.checkpointing and self.training:
            return self._recomputed(x)
        return self.block(x)


class Encoder(nn.ModuleList):
    """The way down: stages, each of which takes the map of the one before.

    Args:
        stages: finest first.
        in_channels: channels of the images.
        reduction: product of all strides, per axis.
    """

    def __init__(
        self, stages: Sequence[nn.Module], in_channels: int, reduction: Sequence[int]
    ) -> None:
        super().__init__(stages)
        self.in_channels = in_channels
        self.reduction = list(reduction)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the map of each stage, finest first.

        Args:
            x: (B, in_channels, *spatial).

        Raises:
            InputError: another number of channels, or too small (not when scripted).
        """
        if not torch.jit.is_scripting() and not graph_is_recorded():
            check_image(x, self.in_channels, self.reduction)
        maps: list[torch.Tensor] = []
        for stage in self:
            x = stage(x)
            maps.append(x)
        return maps


class DecoderStage(nn.Module):
    """One level on the way up: upsample, gate the skip connection, join, convolve.

    Args:
        up: (B, C, *coarse) to (B, C', *fine), or up to one stride longer.
        gate: takes (skip, coarse map) and returns a map like the skip; None joins the
            skip connection as it is.
        block: (B, 2 C', *fine) to (B, C', *fine).
        checkpointing: as in `EncoderStage`.
    """

    def __init__(
        self,
        up: nn.Module,
        gate: nn.Module | None,
        block: nn.Module,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        self.up = up
        self.gate = gate
        self.block = block
        self.checkpointing = checkpointing

    def _decode(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        up = crop_to(self.up(x), skip)
        if self.gate is not None:
            skip = self.gate(skip, x)
        return self.block(torch.cat([skip, up], dim=1))

    def _recomputed(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return checkpoint(self._decode, x, skip, use_reentrant=False)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """Return the finer map, on the skip's grid."""
        if not torch.jit.is_scripting() and self.checkpointing and self.training:
            return self._recomputed(x, skip)
        return self._decode(x, skip)
