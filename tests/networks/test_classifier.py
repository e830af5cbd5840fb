"""Backbone and head."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from network_tester import NetworkTester, assert_same
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import Classifier


def classifier(**kwargs: Any) -> Classifier:
    torch.manual_seed(0)
    given_or = {"in_channels": 2, "num_classes": 3, "backbone": "test_resnet"}
    return Classifier(**{**given_or, **kwargs})


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


class TestClassifier(NetworkTester):
    variants = {
        "average": {},
        "hidden": {"hidden": (5, 4), "dropout": 0.4, "backbone": "test_efficientnet"},
    }
    legacy_onnx = True
    sizes = [(64, 96), (67, 45)]

    def make(self, **kwargs: Any) -> Classifier:
        return classifier(**kwargs)

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3)]


class TestFlattened(TestClassifier):
    variants = {"flatten": {"pooling": "flatten", "image_size": (64, 96)}}
    sizes = [(64, 96), (64, 96)]  # flattened features fit no other size


def test_frozen_block_has_no_gradient_and_the_head_has() -> None:
    network = classifier(frozen=["backbone", "!backbone.layer4"]).train()
    network(torch.randn(2, 2, 64, 64)).square().sum().backward()
    learning = {
        n.split(".")[1] for n, p in network.named_parameters() if p.grad is not None
    }
    assert learning == {"layer4", "1"}
    frozen = {n.split(".")[1] for n, p in network.named_parameters() if p.grad is None}
    assert "layer3" in frozen and "layer4" not in frozen


def test_frozen_statistics_do_not_move() -> None:
    network = classifier(frozen=["backbone", "!backbone.layer4"]).eval().train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network(torch.randn(4, 2, 64, 64))
    moved = {
        k for k, v in network.state_dict().items() if not torch.equal(v, before[k])
    }
    assert moved and all(".layer4." in k for k in moved)


@torch.no_grad()
def test_head_on_features_is_the_whole() -> None:
    network = classifier(hidden=(4,)).eval()
    x = torch.randn(2, 2, 64, 64)
    features = network.features(x)
    assert features.shape == (2, network.num_features)
    assert_same(network(features), network(x))


@torch.no_grad()
def test_average_is_the_mean_of_the_map() -> None:
    network = classifier().eval()
    x = torch.randn(2, 2, 64, 64)
    maps = network.backbone.forward_features(x)
    assert_same(network.features(x), maps.mean(dim=(2, 3)), 1e-6)


def test_head_layers() -> None:
    head = classifier(hidden=(5, 4), dropout=0.4).head
    kinds = [type(layer).__name__ for layer in head]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Dropout", "Linear"]
    assert head[4].p == 0.4


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet50", 23_508_032),
        ("ResNet50V2", 23_500_352),
        ("efficientnet_b0", 4_007_548),
        ("efficientnet_b1", 6_513_184),
        ("densenet121", 6_953_856),
        ("inception_v3", 21_785_568),
    ],
)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@torch.no_grad()
def test_backbones_of_the_papers(name: str, parameters: int) -> None:
    """The counts that timm and Keras publish for three channels, without the top."""
    network = classifier(in_channels=3, backbone=name).eval()
    assert count(network.backbone) == parameters
    assert count(network.head) == network.num_features * 3 + 3
    x = torch.randn(1, 3, 96, 81)
    assert_same(torch.jit.script(network)(x), network(x), 1e-4)


@pytest.mark.slow
@torch.no_grad()
def test_ft_cnn() -> None:
    """Alshomrani 2024: VGG19 without top, 8 x 8 x 512 features at 256 pixels."""
    network = classifier(
        in_channels=3,
        backbone="vgg19",
        pooling="flatten",
        image_size=256,
        hidden=(512, 1024),
        dropout=0.2,
        frozen=["backbone"],
    ).eval()
    assert count(network.backbone) == 20_024_384
    dense = 32_768 * 512 + 512 + 512 * 1024 + 1024 + 1024 * 3 + 3
    assert count(network.head) == dense
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == dense
    assert network(torch.zeros(1, 3, 256, 256)).shape == (1, 3)


@pytest.mark.slow
@torch.no_grad()
def test_vgg_may_average_too() -> None:
    network = classifier(backbone="vgg11").eval()
    assert network.num_features == 512
    assert network(torch.randn(1, 2, 70, 40)).shape == (1, 3)


@torch.no_grad()
def test_a_transformer_takes_the_image_size() -> None:
    network = classifier(backbone="test_vit", image_size=64).eval()
    assert timm.get_pretrained_cfg("test_vit").fixed_input_size
    assert network(torch.randn(1, 2, 64, 64)).shape == (1, 3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pooling": "max"}, "pooling: impossible"),
        ({"pooling": "flatten"}, "image_size: .*need to know"),
        ({"frozen": ["backbone.layer9"]}, "frozen: .*did you mean 'backbone.layer"),
        ({"frozen": ["?"]}, "the blocks are backbone, head"),
    ],
)
def test_impossible_settings_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        classifier(**wrong)


def test_wrong_images_are_one_clear_sentence() -> None:
    with pytest.raises(InputError, match="wrong number of image channels"):
        classifier()(torch.zeros(1, 3, 64, 64))
    network = classifier(pooling="flatten", image_size=64)
    with pytest.raises(InputError, match="fit one image size"):
        network(torch.zeros(1, 2, 64, 96))
