"""Image classifiers: a timm backbone and a dense head."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import timm
import torch
from monai.utils import ensure_tuple_rep
from torch import nn

from mritumor.errors import InputError
from mritumor.networks.freezing import Freezable, freeze
from mritumor.networks.pretrained import create_backbone, timm_name
from mritumor.networks.unet_settings import check_image, graph_is_recorded


class Classifier(Freezable):
    """Backbone, pooling, dense layers, logits.

    The papers' heads: Alshomrani 2024 ``backbone="vgg19", pooling="flatten",
    image_size=256, hidden=(512, 1024), dropout=0.2``; Mandot et al. the default; Amin
    et al. ``"efficientnet_b1", hidden=(512,), dropout=0.4, frozen=["backbone"]``; Kotob
    et al. ``"resnet50", frozen=["backbone", "!backbone.layer4"]``.

    Args:
        in_channels: image channels.
        num_classes: logits per image.
        backbone: any timm name, or an alias such as ``resnet50v2``.
        pretrained: False, True, or ``"auto"``: when they can be had.
        weights: a local checkpoint of the backbone, taken instead.
        hidden: widths of dense layers (each with ReLU) before the last.
        dropout: before the last layer, in [0, 1).
        pooling: ``"average"`` over space (a token, where timm's model has one), or
            ``"flatten"``, which binds the network to one image size.
        image_size: side of the square image, or (H, W); needed for ``"flatten"`` and
            taken by transformers.
        frozen: blocks that keep their weights, see `frozen_names`.

    Raises:
        InputError: impossible settings.

    Example:
        >>> network = Classifier(1, 3, "resnet18").eval()
        >>> network(torch.zeros(2, 1, 100, 75)).shape
        torch.Size([2, 3])
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        backbone: str = "resnetv2_50",
        pretrained: bool | str = False,
        weights: str | Path | None = None,
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        pooling: str = "average",
        image_size: int | Sequence[int] | None = None,
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        if pooling not in ("average", "flatten"):
            raise InputError(
                "impossible", where="pooling", got=pooling, expected="average, flatten"
            )
        name, size = timm_name(backbone), _height_and_width(image_size)
        options: dict[str, Any] = {"num_classes": 0}
        if pooling == "flatten":
            options["global_pool"] = ""
        if size and getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False):
            options["img_size"] = size
        model = create_backbone(name, in_channels, pretrained, weights, **options)
        self.in_channels = in_channels
        self.only_size = list(size) if size and pooling == "flatten" else None
        self.pool: nn.Module = nn.Flatten()
        if hasattr(model, "pre_logits"):
            # A VGG keeps most of its weights in dense layers, which the head replaces.
            model = model.features
            if pooling == "average":
                self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.backbone = model
        self.num_features = self._count_features(pooling, size)
        self.head = _dense([self.num_features, *hidden], num_classes, dropout)
        freeze(self, frozen)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the head takes, (B, num_features).

        Args:
            x: images (B, in_channels, H, W).

        Raises:
            InputError: another number of channels, or, where features are flattened,
                another size (not checked in scripted form).
        """
        if not torch.jit.is_scripting() and not graph_is_recorded():
            check_image(x, self.in_channels, (0, 0))
            if self.only_size and list(x.shape[2:]) != self.only_size:
                raise InputError(
                    "flattened features fit one image size",
                    got=tuple(x.shape[2:]),
                    expected=tuple(self.only_size),
                    remedy="resize the images, or build with pooling='average'",
                )
        return self.pool(self.backbone(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, num_classes).

        Args:
            x: images (B, in_channels, H, W), or what ``features`` gave for them: so a
                head on a frozen backbone learns from features computed once, and the
                whole network is saved.
        """
        if x.dim() == 2:
            return self.head(x)
        return self.head(self.features(x))

    @torch.no_grad()
    def _count_features(self, pooling: str, size: Sequence[int] | None) -> int:
        if pooling == "average":
            if isinstance(self.backbone, nn.Sequential):
                return _vgg_channels(self.backbone)
            return int(self.backbone.head_hidden_size)
        if size is None:
            raise InputError(
                "flattened features need to know the image size", where="image_size"
            )
        training = self.training
        x = torch.zeros(1, self.in_channels, *size)
        count = self.eval().features(x).shape[1]
        self.train(training)
        return count


def _height_and_width(size: int | Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    height, width = ensure_tuple_rep(size, 2)
    return height, width


def _vgg_channels(features: nn.Sequential) -> int:
    return [m.out_channels for m in features if isinstance(m, nn.Conv2d)][-1]


def _dense(widths: Sequence[int], num_classes: int, dropout: float) -> nn.Sequential:
    """Stack linear layers with ReLU between; the dropout stands before the last."""
    layers: list[nn.Module] = []
    for wide, width in itertools.pairwise(widths):
        layers += [nn.Linear(wide, width), nn.ReLU(inplace=True)]
    return nn.Sequential(
        *layers, nn.Dropout(dropout), nn.Linear(widths[-1], num_classes)
    )
