"""The papers' own networks: RUNet, the deep residual U-Net, the plain CNN."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.networks.blocks import ResidualUnit
from network_tester import NetworkTester
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import DeepResidualUNet, JointNetwork, PlainCNN, RUNet

SMALL = {"in_channels": 2, "channels": (4, 4, 8)}


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def convolutions(network: nn.Module) -> list[str]:
    """Those on the main path: projections on shortcuts are not counted."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    named = {n for n, m in network.named_modules() if isinstance(m, kinds)}
    shortcuts = {n for n in named if n.endswith(".residual")}
    return sorted(named - shortcuts)


class _Segmenter(NetworkTester):
    legacy_onnx = True
    sizes = [(32, 24), (33, 19), (5, 1)]

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3, *x.shape[2:])]


class TestRUNet(_Segmenter):
    def make(self, **kwargs: Any) -> nn.Module:
        return RUNet(**{**SMALL, "out_channels": 3, **kwargs})


class TestDeepResidualUNet(_Segmenter):
    variants = {"plain": {}, "dropout": {"dropout": 0.2}}

    def make(self, **kwargs: Any) -> nn.Module:
        return DeepResidualUNet(**{**SMALL, "out_channels": 3, **kwargs})


class TestPlainCNN(NetworkTester):
    legacy_onnx = True
    sizes = [(32, 24), (33, 19)]

    def make(self, **kwargs: Any) -> nn.Module:
        return PlainCNN(**{**SMALL, "num_classes": 3, **kwargs})

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3)]


def conv(a: int, b: int, kernel: int = 3, bias: bool = False) -> int:
    return kernel * kernel * a * b + b * bias


def residual(a: int, b: int) -> int:
    """Two convolutions, two normalisations (scale and shift), perhaps a projection."""
    projection = conv(a, b, 1) if a != b else 0
    return conv(a, b) + conv(b, b) + 2 * 2 * b + projection


def test_runet_by_hand() -> None:
    # Convolutions before a normalisation have no bias; the last one has (16 + 1).
    widths = [16, 32, 64, 128, 256]
    first = conv(1, 16) + conv(16, 16) + 2 * 2 * 16
    pairs = list(zip(widths, widths[1:], strict=False))
    down = sum(residual(a, b) for a, b in pairs)
    up = sum(residual(a + b, a) for a, b in pairs)
    assert count(RUNet(1, 1)) == first + down + up + 16 + 1
    blocks = [m for m in RUNet(1, 1).modules() if isinstance(m, ResidualUnit)]
    assert len(blocks) == 8  # the first stage is plain


def test_deep_residual_unet_by_hand() -> None:
    network = DeepResidualUNet(1, 1)
    blocks = [m for m in network.modules() if isinstance(m, ResidualUnit)]
    assert len(convolutions(network)) == 23
    assert len(blocks) == 10
    assert network.bottleneck_channels == 1024
    widths = [64, 128, 256, 512]
    down = sum(residual(a, b) for a, b in zip([1, *widths], widths, strict=False))
    bottom = (
        conv(512, 1024) + 2 * 1024 + conv(512, 1024, 1) + conv(1024, 1024) + 2 * 1024
    )
    up = sum(conv(2 * a, a, 2, bias=True) + residual(2 * a, a) for a in widths)
    assert count(network) == down + bottom + up + 64 + 1


def test_plain_cnn_by_hand() -> None:
    stages = conv(3, 32) + conv(32, 64) + conv(64, 128) + conv(128, 256)
    norms = 2 * (32 + 64 + 128 + 256)
    assert count(PlainCNN(3, 2)) == stages + norms + 256 * 128 + 128 + 128 * 2 + 2


def test_dropout_follows_every_pooling() -> None:
    network = RUNet(1, 1, dropout=0.3)
    for stage in list(network.encoder)[1:]:
        assert [type(m).__name__ for m in stage][:2] == ["MaxPool2d", "Dropout"]
        assert stage[1].p == 0.3


@torch.no_grad()
def test_they_can_be_joint() -> None:
    network = JointNetwork(RUNet(1, 1, (4, 8, 8)), 3).eval()
    assert network(torch.zeros(1, 1, 19, 17)).shape == (1, 4, 19, 17)


def test_too_small_is_said() -> None:
    with pytest.raises(InputError, match="too small for this many levels"):
        RUNet(1, 1)(torch.zeros(1, 1, 16, 16))
