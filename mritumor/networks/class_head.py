"""From a U-Net's deepest map to a class, and a network that does only that."""

from __future__ import annotations

import torch
from torch import nn

from mritumor.networks.freezing import Freezable


class ClassHead(nn.Module):
    """Average over space, drop, and a linear layer.

    Args:
        in_channels: features of the map.
        num_classes: logits per image.
        dropout: probability in [0, 1) of dropping a feature.
    """

    def __init__(
        self, in_channels: int, num_classes: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, num_classes) for a map (B, in_channels, *spatial)."""
        return self.linear(self.dropout(x.flatten(2).mean(dim=2)))


class UNetClassifier(Freezable):
    """The way down of a U-Net as a classifier: `JointNetwork` without the decoder.

    The names of its weights, ``unet.encoder.*`` and ``class_head.*``, are those of a
    `JointNetwork` on the same U-Net, so a joint checkpoint fills it.

    Args:
        unet: an `EncoderUNet` or a `ResidualAttentionUNet`, whose decoder is let go.
        num_classes: logits per image.
        dropout: before the linear layer, in [0, 1).

    Example:
        >>> from mritumor.networks import EncoderUNet
        >>> network = UNetClassifier(EncoderUNet(1, 1, "resnet18"), 3).eval()
        >>> network(torch.zeros(2, 1, 64, 64)).shape
        torch.Size([2, 3])
    """

    def __init__(self, unet: nn.Module, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.unet = nn.ModuleDict({"encoder": unet.encoder})
        self.class_head = ClassHead(unet.bottleneck_channels, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, num_classes) for images (B, C, *spatial)."""
        return self.class_head(self.unet["encoder"](x)[-1])
