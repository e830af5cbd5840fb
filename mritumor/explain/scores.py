"""One score per class, from networks that give classes, masks or both."""

from __future__ import annotations

import torch
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import JointNetwork, split_joint


class ScoringNetwork(nn.Module):
    """Wrap a network so that it returns (B, K) scores, one per class or region.

    - A classifier's logits (B, K) stay as they are.
    - A joint network's output (B, M + K, *spatial) carries its K class logits as
      constant maps behind M mask channels: give ``mask_channels=M``.
    - A segmentation network's output (B, K, *spatial) is averaged over the voxels that
      it calls foreground (sigmoid logit above 0; over all voxels where there are none),
      as Seg-Grad-CAM does.

    Args:
        network: what is explained.
        mask_channels: leading output channels that are no classes; default what a
            `JointNetwork` says itself, else none.

    Source:
        Vinogradova et al. 2020, "Towards Interpretable Semantic Segmentation via
        Gradient-weighted Class Activation Mapping", arXiv:2002.11434.
    """

    def __init__(self, network: nn.Module, mask_channels: int | None = None) -> None:
        super().__init__()
        self.network = network
        if mask_channels is None:
            joint = isinstance(network, JointNetwork)
            mask_channels = int(network.out_channels) if joint else 0
        self.mask_channels = mask_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, K) scores of images (B, C, *spatial)."""
        output = self.network(x)
        if isinstance(output, (list, tuple)):  # deep supervision: the finest counts
            output = output[0]
        if output.ndim == 2:
            return output
        if self.mask_channels:
            return split_joint(output, self.mask_channels)[1]
        maps = output.flatten(2)
        found = (maps.detach() > 0).float()
        none = found.sum(2, keepdim=True) == 0
        weights = torch.where(none, torch.ones_like(found), found)
        return (maps * weights).sum(2) / weights.sum(2)


def check_class(scores: torch.Tensor, target_class: int) -> None:
    """Refuse a class that the network does not have.

    Args:
        scores: (B, K).
        target_class: 0 to K - 1.

    Raises:
        InputError: another one.
    """
    if not 0 <= target_class < scores.shape[1]:
        raise InputError(
            "the network has no such class",
            where="target_class",
            got=target_class,
            expected=f"0 to {scores.shape[1] - 1}",
        )
