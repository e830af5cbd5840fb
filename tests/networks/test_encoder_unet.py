"""The U-Net on a timm backbone, and the backbone's pyramid."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from network_tester import NetworkTester, assert_same

from mritumor.errors import InputError
from mritumor.networks import EncoderUNet, TimmEncoder
from mritumor.networks.attention_gate import AttentionGate


def unet(**kwargs: Any) -> EncoderUNet:
    torch.manual_seed(0)
    given_or = {
        "in_channels": 2,
        "out_channels": 3,
        "encoder": "test_resnet",
        "decoder_channels": (4, 4, 8, 8, 8),
    }
    return EncoderUNet(**{**given_or, **kwargs})


class TestEncoderUNet(NetworkTester):
    variants = {
        "gated": {},
        "plain": {"attention": False, "residual": True, "norm": "INSTANCE"},
        "supervised": {
            "deep_supervision": 2,
            "up_mode": "deconv",
            "attention": False,
        },
        "stride-4": {"encoder": "test_convnext"},
    }
    exported = ["gated"]
    legacy_onnx = True
    sizes = [(64, 96), (67, 45), (33, 1)]

    def make(self, **kwargs: Any) -> EncoderUNet:
        return unet(**kwargs)

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3, *x.shape[2:])]


def test_supervised_heads_halve_and_round_up() -> None:
    network = unet(deep_supervision=3).train()
    shapes = [tuple(y.shape[2:]) for y in network(torch.randn(2, 2, 67, 33))]
    assert shapes == [(67, 33), (34, 17), (17, 9), (9, 5)]
    assert isinstance(network.eval()(torch.randn(2, 2, 67, 33)), torch.Tensor)


@pytest.mark.filterwarnings("ignore")
def test_scripted_supervision_is_a_list_in_training() -> None:
    network = unet(deep_supervision=2).train()
    x = torch.randn(2, 2, 65, 40)
    assert_same(torch.jit.script(network)(x), network(x), 1e-5)


def test_one_gate_for_every_skip_connection() -> None:
    gates = [m for m in unet().modules() if isinstance(m, AttentionGate)]
    assert len(gates) == 4  # strides 16, 8, 4, 2
    assert not any(
        isinstance(m, AttentionGate) for m in unet(attention=False).modules()
    )


@settings(max_examples=15, deadline=None)
@given(st.tuples(st.integers(1, 70), st.integers(33, 70)))
@torch.no_grad()
def test_any_size_comes_back(size: tuple[int, int]) -> None:
    assert unet().eval()(torch.zeros(1, 2, *size)).shape == (1, 3, *size)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        "resnet50",
        "resnet50v2",
        "vgg11",
        "densenet121",
        "efficientnet_b0",
    ],
)
@torch.no_grad()
def test_large_backbones_script_at_odd_sizes(name: str) -> None:
    network = unet(encoder=name, in_channels=1).eval()
    scripted, x = torch.jit.script(network), torch.randn(1, 1, 75, 67)
    assert network(x).shape == (1, 3, 75, 67)
    assert_same(scripted(x), network(x), 1e-4)


@torch.no_grad()
def test_pyramid_of_the_padded_image() -> None:
    encoder = TimmEncoder("test_resnet", 1).eval()
    x = torch.randn(1, 1, 40, 70)
    maps = encoder(x)
    assert encoder.strides == [2, 4, 8, 16, 32]
    assert [y.shape[1] for y in maps] == encoder.channels
    assert [tuple(y.shape[2:]) for y in maps] == [
        (64 // stride, 96 // stride) for stride in encoder.strides
    ]
    rows = torch.cat([x, x[:, :, -1:].expand(-1, -1, 24, -1)], dim=2)
    padded = torch.cat([rows, rows[..., -1:].expand(-1, -1, -1, 26)], dim=3)
    assert_same(maps, encoder.backbone(padded))


@pytest.mark.parametrize(
    "name", ["inception_v3", "swin_tiny_patch4_window7_224", "vit_tiny_patch16_224"]
)
def test_a_backbone_without_a_pyramid_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} cannot be a U-Net's encoder"):
        TimmEncoder(name, 1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"decoder_channels": (4, 4)}, "decoder_channels"),
        ({"deep_supervision": 5}, "deep_supervision"),
        ({"deep_supervision": -1}, "deep_supervision"),
        ({"foreground_prior": 1.0}, "foreground_prior"),
        ({"pretrained": "yes"}, "pretrained"),
        ({"weights": "/none/such.pth"}, "weights"),
        ({"encoder": "resnet5o"}, "backbone.*did you mean"),
    ],
)
def test_impossible_settings_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        unet(**wrong)


def test_wrong_images_are_one_clear_sentence() -> None:
    with pytest.raises(InputError, match="wrong number of image channels"):
        unet()(torch.zeros(1, 3, 64, 64))
    with pytest.raises(InputError, match="too small for this many levels"):
        unet()(torch.zeros(1, 2, 32, 32))
