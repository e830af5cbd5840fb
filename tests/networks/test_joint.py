"""Mask and class in one pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from network_tester import NetworkTester, assert_same
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import (
    EncoderUNet,
    JointNetwork,
    ResidualAttentionUNet,
    UNetClassifier,
    split_joint,
)
from mritumor.networks.joint import join


def unet(backbone: str, dims: int = 2, **kwargs: Any) -> nn.Module:
    """A U-Net with two mask channels."""
    kwargs = {"in_channels": 2, "out_channels": 2, **kwargs}
    if backbone == "own":
        return ResidualAttentionUNet(dims, channels=(4, 8, 8), **kwargs)
    widths = {"decoder_channels": (4, 4, 8, 8, 8)}
    return EncoderUNet(encoder="test_resnet", **widths, **kwargs)


VARIANTS = {
    "own": {"backbone": "own"},
    "timm": {"backbone": "timm"},
    "supervised": {"backbone": "timm", "deep_supervision": 2},
}


class TestJointNetwork(NetworkTester):
    variants = VARIANTS
    exported = ["own", "timm"]
    legacy_onnx = True
    sizes = [(64, 48), (67, 33)]

    def make(self, **kwargs: Any) -> JointNetwork:
        return JointNetwork(unet(**kwargs), 3, dropout=0.2)

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 5, *x.shape[2:])]


class TestUNetClassifier(NetworkTester):
    variants = {"own": {"backbone": "own"}, "timm": {"backbone": "timm"}}
    legacy_onnx = True
    sizes = [(64, 48), (67, 33)]

    def make(self, **kwargs: Any) -> UNetClassifier:
        return UNetClassifier(unet(**kwargs), 3, dropout=0.2)

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3)]


@pytest.mark.parametrize("backbone", ["own", "timm"])
@torch.no_grad()
def test_one_checkpoint_fills_all_three(backbone: str) -> None:
    joint = JointNetwork(unet(backbone), 3).eval()
    alone, classifier = unet(backbone).eval(), UNetClassifier(unet(backbone), 3).eval()
    weights = joint.state_dict()
    alone.load_state_dict(
        {k[5:]: v for k, v in weights.items() if k.startswith("unet.")}
    )
    names = set(classifier.state_dict())
    assert names < set(weights)
    classifier.load_state_dict({k: v for k, v in weights.items() if k in names})
    x = torch.randn(2, 2, 67, 40)
    mask, classes = split_joint(joint(x), 2)
    assert_same(mask, alone(x))
    assert_same(classes, classifier(x), 1e-5)


def test_classes_are_constant_maps() -> None:
    output = JointNetwork(unet("own"), 3).eval()(torch.randn(2, 2, 9, 11))
    spread = output[:, 2:]
    assert_same(spread, spread[..., :1, :1].expand_as(spread))


@torch.no_grad()
def test_volumes_too() -> None:
    network = JointNetwork(unet("own", dims=3), 3).eval()
    assert network(torch.zeros(1, 2, 9, 8, 7)).shape == (1, 5, 9, 8, 7)


def test_every_supervised_output_has_both() -> None:
    network = JointNetwork(unet("timm", deep_supervision=2), 3).train()
    outputs = network(torch.randn(2, 2, 64, 40))
    assert [tuple(y.shape) for y in outputs] == [
        (2, 5, 64, 40),
        (2, 5, 32, 20),
        (2, 5, 16, 10),
    ]
    classes = [split_joint(y, 2)[1] for y in outputs]
    assert_same(classes[1:], classes[:1] * 2, 1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_split_undoes_join(channels: int, classes: int, size: list[int]) -> None:
    mask, logits = torch.randn(2, channels, *size), torch.randn(2, classes)
    assert_same(split_joint(join(mask, logits), channels), (mask, logits), 1e-5)


def test_hand_case() -> None:
    output = join(torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[3.0, 4.0]]))
    assert output.tolist() == [[[[1.0, 2.0]], [[3.0, 3.0]], [[4.0, 4.0]]]]


@pytest.mark.parametrize("channels", [-1, 3, 4])
def test_no_classes_left_is_an_error(channels: int) -> None:
    with pytest.raises(InputError, match="found 3 channels"):
        split_joint(torch.zeros(1, 3, 4, 4), channels)
