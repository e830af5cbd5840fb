"""A gate that lets a skip connection pass only where the coarser map looks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.blocks import Convolution
from torch import nn
from torch.nn import functional as F

from mritumor.networks.blocks import BlockStyle


class AttentionGate(nn.Module):
    """Additive attention gate on one skip connection.

    ``skip · sigmoid(psi(act(theta(skip) + phi(gate))))``, computed on the coarse grid
    of the gating map and then interpolated to the skip's grid: one coefficient per voxel,
    shared by all channels. ``theta`` strides like the encoder does, so that both maps
    meet on one grid for any input size.

    MONAI's ``AttentionBlock`` works on the fine grid and always uses batch
    normalisation, which is noise at the batch sizes of 1 or 2 that 3-D volumes allow;
    here the normalisation is the network's own.

    Args:
        style: dimensions, kernel, normalisation and activation.
        skip_channels: channels of the skip connection.
        gate_channels: channels of the gating map, which is one level coarser.
        strides: per-axis ratio between the two grids.

    Source:
        Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", 2018,
        arXiv:1804.03999.
    """

    def __init__(
        self,
        style: BlockStyle,
        skip_channels: int,
        gate_channels: int,
        strides: int | Sequence[int] = 2,
    ) -> None:
        super().__init__()
        dims, inner = style.spatial_dims, max(skip_channels // 2, 1)
        self.mode = "trilinear" if dims == 3 else "bilinear"
        plain = {"norm": style.norm, "act": None, "bias": style.bias}
        self.theta = Convolution(
            dims, skip_channels, inner, strides, style.kernel_size, **plain
        )
        self.phi = Convolution(dims, gate_channels, inner, kernel_size=1, **plain)
        self.act = nn.LeakyReLU(0.01)
        self.psi = Convolution(dims, inner, 1, kernel_size=1, conv_only=True)

    def coefficients(self, skip: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        """Return what share of each voxel passes.

        Args:
            skip: (B, skip_channels, *fine).
            gate: (B, gate_channels, *coarse).

        Returns:
            (B, 1, *fine), values in [0, 1].
        """
        together = self.act(self.theta(skip) + self.phi(gate))
        coarse = torch.sigmoid(self.psi(together))
        # Interpolated after the sigmoid: linear weights keep it inside [0, 1].
        return F.interpolate(
            coarse, size=skip.shape[2:], mode=self.mode, align_corners=False
        )

    def forward(self, skip: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        """Return the gated skip connection, (B, skip_channels, *fine)."""
        return skip * self.coefficients(skip, gate)
