"""The plain convolutional classifier that the papers compare with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.blocks import Convolution
from torch import nn

from mritumor.networks.freezing import Freezable


class PlainCNN(Freezable):
    """Convolution, batch normalisation, ReLU and pooling, repeated; then dense layers.

    The last maps are averaged over space, so images may have any size of at least
    2 ** len(channels) pixels a side.

    Args:
        in_channels: image channels.
        num_classes: logits per image; the paper's softmax belongs to the loss.
        channels: features per stage, each of which halves the image.
        hidden: width of the dense layer before the last.
        dropout: before the last layer, in [0, 1).

    Example:
        >>> PlainCNN(3, 2)(torch.zeros(2, 3, 65, 64)).shape
        torch.Size([2, 2])

    Source:
        Aish et al. 2024 (the baseline beside ResNet50).
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        channels: Sequence[int] = (32, 64, 128, 256),
        hidden: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        wide = [in_channels, *channels]
        self.features = nn.Sequential(
            *(
                nn.Sequential(
                    Convolution(2, a, b, norm="BATCH", act="RELU", bias=False),
                    nn.MaxPool2d(2),
                )
                for a, b in zip(wide, channels, strict=False)
            ),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(channels[-1], hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, num_classes) for images (B, in_channels, H, W)."""
        return self.head(self.features(x))
