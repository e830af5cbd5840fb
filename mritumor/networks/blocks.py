"""The pieces that the U-Nets share, made of MONAI's blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from monai.networks.blocks import Convolution, ResidualUnit
from torch import nn
from torch.utils.checkpoint import checkpoint


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
