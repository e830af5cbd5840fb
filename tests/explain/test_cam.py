"""The heat lies where a network of known evidence looks, and nothing is left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.networks.nets import DenseNet121
from torch import nn

from mritumor.errors import InputError
from mritumor.explain import ScoringNetwork, gradcam, gradcam_around, last_stage
from mritumor.networks import (
    Classifier,
    EncoderUNet,
    JointNetwork,
    ResidualAttentionUNet,
)


class Bright(nn.Module):
    """Class 1 is the mean of what is bright, class 0 of what is dark: known evidence."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        conv = nn.Conv2d if dims == 2 else nn.Conv3d
        self.stem = conv(1, 2, 3, padding=1, bias=False)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.stem.weight.zero_()
            centre = (slice(None), 0, *[1] * dims)
            self.stem.weight[centre] = torch.tensor([-1.0, 1.0])
            self.head.weight.copy_(torch.eye(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.act(self.stem(x))
        return self.head(maps.flatten(2).mean(2))


def blob(dims: int, size: int = 16) -> np.ndarray:
    image = np.full((1, *[size] * dims), -0.5, np.float32)
    image[(0, *[slice(3, 6)] * dims)] = 2.0
    return image


@pytest.mark.parametrize("method", ["gradcam", "gradcam++"])
@pytest.mark.parametrize("dims", [2, 3])
def test_heat_is_exactly_the_known_evidence(dims: int, method: str) -> None:
    image = blob(dims)
    heat = gradcam(Bright(dims), image, 1, method=method)
    assert heat.shape == image.shape[1:] and heat.dtype == np.float32
    np.testing.assert_allclose(heat, (image[0] > 0).astype(np.float32), atol=1e-6)
    against = gradcam(Bright(dims), image, 0, method=method)
    np.testing.assert_allclose(against, (image[0] < 0).astype(np.float32), atol=1e-6)


def test_joint_network_looks_at_its_classes() -> None:
    unet = ResidualAttentionUNet(2, 1, 1, (4, 8, 16))
    network = JointNetwork(unet, 3).eval()
    image = torch.rand(1, 1, 24, 20, requires_grad=True)
    scores = ScoringNetwork(network)
    assert scores(image).shape == (1, 3)
    # The deepest map, not the decoder: the class head stands on that.
    assert last_stage(scores, image, 2) == "network.unet.encoder.2"
    assert gradcam(network, image[0], 2).shape == (24, 20)


def test_constant_maps_are_classes() -> None:
    spread = nn.Conv2d(2, 3, 1)
    scores = ScoringNetwork(spread, mask_channels=1)
    image = torch.rand(1, 2, 5, 4)
    torch.testing.assert_close(scores(image), spread(image)[:, 1:].mean((2, 3)))


def test_regions_are_averaged_over_what_is_found() -> None:
    image = torch.tensor([[[[2.0, -1.0], [4.0, -5.0]], [[-1.0, -2.0], [-3.0, -6.0]]]])
    scores = ScoringNetwork(nn.Identity())(image)
    torch.testing.assert_close(scores, torch.tensor([[3.0, -3.0]]))


def test_network_is_left_as_it_was() -> None:
    network = Bright(2).train()
    network.requires_grad_(False)
    gradcam(network, blob(2), 1)
    assert network.training and network.act.inplace
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in network.modules())


def test_works_under_no_grad() -> None:
    with torch.no_grad():
        assert gradcam(Bright(2), blob(2), 1).max() == 1


def test_no_evidence_is_no_heat() -> None:
    assert not gradcam(Bright(2), np.zeros((1, 8, 8)), 1).any()


def test_stage_of_a_classifier_is_before_its_pooling() -> None:
    network = DenseNet121(2, 1, 3, init_features=8, growth_rate=4).eval()
    image = torch.rand(1, 1, 128, 128)
    name = last_stage(ScoringNetwork(network), image.requires_grad_(), 0)
    assert name == "network.class_layers.relu"
    assert gradcam(network, image[0], 2).shape == (128, 128)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("attention", [True, False])
def test_stage_of_a_unet_is_its_bottleneck(dims: int, attention: bool) -> None:
    network = ResidualAttentionUNet(dims, 1, 2, (4, 8, 16), attention=attention)
    image = torch.rand(1, 1, *[20] * dims, requires_grad=True)
    name = last_stage(ScoringNetwork(network).eval(), image, 1)
    assert name == "network.encoder.2"
    assert gradcam(network, image[0], 1).shape == (20,) * dims


@pytest.mark.parametrize(
    "backbone, stage",
    [
        ("resnet18", "backbone.layer4"),
        ("resnetv2_18", "backbone.norm"),
        ("efficientnet_b0", "backbone.bn2"),
    ],
)
def test_stage_of_a_backbone(backbone: str, stage: str) -> None:
    network = Classifier(1, 3, backbone).eval()
    image = torch.rand(1, 1, 128, 128, requires_grad=True)
    assert last_stage(ScoringNetwork(network), image, 2) == f"network.{stage}"


def test_stage_of_a_unet_on_a_backbone() -> None:
    # The decoder's first step works on the coarsest grid too: it is not taken.
    network = EncoderUNet(1, 1, "resnet18").eval()
    image = torch.rand(1, 1, 128, 128, requires_grad=True)
    name = last_stage(ScoringNetwork(network), image, 0)
    assert name == "network.encoder.backbone.layer4"


def test_stage_that_the_network_names() -> None:
    network = Bright(2)
    network.explain_layer = "stem"  # type: ignore[assignment]
    assert last_stage(ScoringNetwork(network), torch.zeros(1, 1, 8, 8), 0) == (
        "network.stem"
    )


def test_window_of_a_volume() -> None:
    image = blob(3, 20)
    heat = gradcam_around(Bright(3), image, 1, (4, 4, 30), (8, 8, 64))
    assert heat.shape == (20, 20, 20)
    np.testing.assert_allclose(heat, image[0] > 0, atol=1e-6)
    outside = gradcam_around(Bright(3), image, 0, (16, 16, 16), (8, 8, 8))
    assert not outside[:12].any() and outside[12:, 12:, 12:].all()


@pytest.mark.parametrize(
    "image, target, settings, word",
    [
        (np.zeros((8, 8)), 0, {}, "dimensions"),
        (np.zeros((1, 8, 8)), 2, {}, "0 to 1"),
        (np.zeros((1, 8, 8)), 0, {"layer": "stm"}, "did you mean 'stem'"),
        (np.zeros((1, 8, 8)), 0, {"method": "cam"}, "gradcam"),
    ],
)
def test_wrong_requests(
    image: np.ndarray, target: int, settings: dict, word: str
) -> None:
    with pytest.raises(InputError, match=word):
        gradcam(Bright(2), image, target, **settings)


def test_network_without_maps() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(InputError, match="layer="):
        gradcam(network, np.ones((1, 8, 8)), 0)
