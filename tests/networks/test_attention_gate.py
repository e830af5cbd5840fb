"""The gate on a skip connection."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.networks import AttentionGate
from mritumor.networks.blocks import BlockStyle


def style(dims: int = 2, kernel_size: int = 3, norm: object = "INSTANCE") -> BlockStyle:
    return BlockStyle(dims, kernel_size, norm, "RELU", 0.0, False)


def hand_gate() -> AttentionGate:
    """A gate without normalisation whose weights are whole numbers."""
    gate = AttentionGate(style(kernel_size=1, norm=None), 2, 1).eval()
    for part, weights in ((gate.theta, (1, 2)), (gate.phi, (3,)), (gate.psi, (0.5,))):
        part.conv.weight.data = torch.tensor(weights).float().view(1, -1, 1, 1)
        part.conv.bias.data.zero_()
    return gate


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@torch.no_grad()
def test_hand_case() -> None:
    skip = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    gate = torch.full((1, 1, 1, 1), 2.0)
    expected = sigmoid(0.5 * (1 * 1 + 2 * -1 + 3 * 2))
    torch.testing.assert_close(
        hand_gate().coefficients(skip, gate), torch.full((1, 1, 2, 2), expected)
    )
    torch.testing.assert_close(hand_gate()(skip, gate), skip * expected)


@torch.no_grad()
def test_hand_case_interpolates_between_coarse_voxels() -> None:
    gate = torch.tensor([1.0, -1.0]).view(1, 1, 1, 2)
    found = hand_gate().coefficients(torch.zeros(1, 2, 2, 4), gate)[0, 0, 0]
    high, low = sigmoid(0.5 * 3), sigmoid(0.5 * 0.01 * -3)
    shares = torch.tensor([1.0, 0.75, 0.25, 0.0])
    torch.testing.assert_close(found, shares * high + (1 - shares) * low)


@pytest.mark.parametrize("dims", [2, 3])
@settings(max_examples=25, deadline=None)
@given(size=st.tuples(*[st.integers(3, 11)] * 3), scale=st.sampled_from([1e-3, 1, 1e3]))
@torch.no_grad()
def test_coefficients_lie_in_0_1_on_the_skips_grid(
    dims: int, size: tuple[int, ...], scale: float
) -> None:
    torch.manual_seed(0)
    fine = size[:dims]
    skip = scale * torch.randn(2, 3, *fine)
    coarse = scale * torch.randn(2, 4, *[-(-n // 2) for n in fine])
    share = AttentionGate(style(dims), 3, 4).coefficients(skip, coarse)
    assert share.shape == (2, 1, *fine)
    assert 0 <= share.min() and share.max() <= 1


def test_one_skip_channel_is_enough() -> None:
    gate = AttentionGate(style(), 1, 4, (2, 1))
    out = gate(torch.randn(1, 1, 5, 6), torch.randn(1, 4, 3, 6))
    assert out.shape == (1, 1, 5, 6)
