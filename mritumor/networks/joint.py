"""Mask and class in one pass: a shared way down, a decoder and a class head."""

from __future__ import annotations

import torch
from torch import nn

from mritumor.errors import InputError
from mritumor.networks.class_head import ClassHead
from mritumor.networks.freezing import Freezable


class JointNetwork(Freezable):
    """A U-Net with a class head on its deepest map.

    One tensor comes out, because sliding windows, exported files and MONAI's checks
    pass a single one: the mask's logits, then each class's logit spread over the image
    as a constant map. `split_joint` takes them apart.

    The names of its weights are ``unet.*`` and ``class_head.*``: without ``unet.`` they
    fill the U-Net alone; a `UNetClassifier` takes them as they are.

    Args:
        unet: an `EncoderUNet` or a `ResidualAttentionUNet`.
        num_classes: logits per image.
        dropout: before the class head's linear layer, in [0, 1).

    Example:
        >>> from mritumor.networks import EncoderUNet
        >>> network = JointNetwork(EncoderUNet(1, 1, "resnet18"), 3).eval()
        >>> network(torch.zeros(2, 1, 64, 48)).shape
        torch.Size([2, 4, 64, 48])

    Source:
        Mandot et al. (classification and segmentation trained by one weighted loss).
    """

    def __init__(self, unet: nn.Module, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.unet = unet
        self.out_channels: int = unet.out_channels
        self.num_classes = num_classes
        self.class_head = ClassHead(unet.bottleneck_channels, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor | list[torch.Tensor]:
        """Return the joint logits.

        Args:
            x: (B, C, *spatial).

        Returns:
            (B, out_channels + num_classes, *spatial); in training mode with deep
            supervision a list of such tensors, finest first.
        """
        maps = self.unet.encode(x)
        classes = self.class_head(maps[-1])
        masks = self.unet.decode(maps)
        if isinstance(masks, torch.Tensor):
            return join(masks, classes)
        return [join(mask, classes) for mask in masks]


def join(mask_logits: torch.Tensor, class_logits: torch.Tensor) -> torch.Tensor:
    """Append class logits to mask logits, each as a constant map.

    Args:
        mask_logits: (B, C, *spatial).
        class_logits: (B, K).

    Returns:
        (B, C + K, *spatial).
    """
    flat = class_logits.to(mask_logits.dtype)
    for _ in range(mask_logits.dim() - 2):
        flat = flat.unsqueeze(-1)
    spread = flat.expand([-1, -1] + list(mask_logits.shape[2:]))
    return torch.cat([mask_logits, spread], dim=1)


def split_joint(
    output: torch.Tensor, out_channels: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Take a joint output apart.

    Args:
        output: (B, out_channels + K, *spatial), from a `JointNetwork`, perhaps
            stitched from windows, over which the class is averaged.
        out_channels: how many of the channels are the mask's.

    Returns:
        Mask logits (B, out_channels, *spatial) and class logits (B, K).

    Raises:
        InputError: no channels are left for the classes.
    """
    if not 0 <= out_channels < output.shape[1]:
        raise InputError(
            "a joint output holds the mask's channels and one or more classes",
            got=f"{output.shape[1]} channels",
            expected=f"more than {out_channels}",
        )
    return output[:, :out_channels], output[:, out_channels:].flatten(2).mean(dim=2)
