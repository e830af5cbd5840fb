"""Parts of a network that keep their weights."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import EncoderUNet, JointNetwork, UNetClassifier, freeze
from mritumor.networks.freezing import frozen_names

NAMES = ["a.0.weight", "a.0.bias", "a.1.weight", "ab.weight", "b.a.weight"]


@pytest.mark.parametrize(
    ("patterns", "frozen"),
    [
        ([], []),
        (["a"], NAMES[:3]),
        (["a.*"], NAMES[:3]),
        (["a*"], NAMES[:4]),
        (["a", "!a.1"], NAMES[:2]),
        (["!a.1", "a"], NAMES[:3]),
        (["*.weight"], [NAMES[0], *NAMES[2:]]),
        (["*", "!*.bias"], [NAMES[0], *NAMES[2:]]),
        (["a.[0]"], NAMES[:2]),
        (["ab.weight"], ["ab.weight"]),
    ],
)
def test_patterns(patterns: list[str], frozen: list[str]) -> None:
    assert sorted(frozen_names(NAMES, patterns)) == sorted(frozen)


@given(st.lists(st.sampled_from(["a", "b", "ab", "*.weight"]), max_size=4))
def test_thawing_everything_last_leaves_nothing(patterns: list[str]) -> None:
    assert frozen_names(NAMES, [*patterns, "!*"]) == set()


@pytest.mark.parametrize("pattern", ["c", "!c", "a.2", "0"])
def test_a_pattern_without_parameters_is_named(pattern: str) -> None:
    with pytest.raises(InputError, match=f"frozen: no parameter.*{pattern!r}"):
        frozen_names(NAMES, [pattern])


def unet() -> EncoderUNet:
    return EncoderUNet(1, 1, "test_resnet", decoder_channels=(4, 4, 8, 8, 8))


@pytest.mark.parametrize(
    "make", [unet, lambda: JointNetwork(unet(), 2), lambda: UNetClassifier(unet(), 2)]
)
def test_a_frozen_encoder_does_not_move(make: Any) -> None:
    torch.manual_seed(0)
    network = make().train()
    freeze(network, ["*encoder"])
    before = copy.deepcopy(network.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), 0.1, weight_decay=0.1)
    for _ in range(2):
        network.train()  # as MONAI's trainer does in each step
        network(torch.randn(2, 1, 64, 64)).square().mean().backward()
        optimizer.step()
    moved = {k for k, v in network.state_dict().items() if not v.equal(before[k])}
    assert moved and not any("encoder" in name for name in moved)


def test_thawed_again_it_trains() -> None:
    network = unet().train()
    freeze(network, ["encoder"])
    freeze(network, [])
    assert all(p.requires_grad for p in network.parameters())
    assert all(m.training for m in network.modules())


def test_freezing_does_not_switch_the_mode() -> None:
    network = unet().eval()
    freeze(network, ["encoder"])
    assert not any(m.training for m in network.modules())


def test_plain_modules_too() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    freeze(network, ["1"])
    assert [m.training for m in network] == [True, False]
    assert [p.requires_grad for p in network.parameters()] == [True, True, False, False]
