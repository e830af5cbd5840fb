"""Covering the evidence lowers the class; covering what speaks against it raises it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mritumor.errors import InputError
from mritumor.explain import as_heat, occlusion_sensitivity


class Sum(nn.Module):
    """Class 1's logit is the weighted sum of the image, class 0's is 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = x.flatten(1).sum(1)
        return torch.stack([torch.zeros_like(total), total], 1)


def test_drop_by_hand() -> None:
    # One box covers the four bright pixels: probability falls from s(2) to s(0) = 0.5.
    image = np.zeros((1, 8, 8), np.float32)
    image[0, 2:4, 4:6] = 0.5
    drop = occlusion_sensitivity(Sum(), image, 1, mask_size=2, overlap=0, mode=0.0)
    expected = np.zeros((8, 8))
    expected[2:4, 4:6] = 1 / (1 + np.exp(-2)) - 0.5
    np.testing.assert_allclose(drop, expected, atol=1e-6)
    np.testing.assert_allclose(as_heat(drop), expected > 0, atol=1e-6)


def test_against_the_class_is_negative() -> None:
    image = np.zeros((2, 8, 8), np.float32)
    image[1, :4, :4] = -0.3
    drop = occlusion_sensitivity(Sum(), image, 1, mask_size=4, overlap=0, mode=0.0)
    assert drop[:4, :4].max() < 0 and np.abs(drop[4:, 4:]).max() < 1e-6
    other = occlusion_sensitivity(Sum(), image, 0, mask_size=4, overlap=0, mode=0.0)
    np.testing.assert_allclose(other, -drop, atol=1e-6)


@pytest.mark.parametrize("mode", ["gaussian", "mean_patch", "mean_img"])
@pytest.mark.parametrize("dims", [2, 3])
def test_progress_reaches_its_total(dims: int, mode: str) -> None:
    seen: list[tuple[int, int]] = []
    image = np.random.default_rng(0).random((1, *[12] * dims), np.float32)
    drop = occlusion_sensitivity(
        Sum(), image, 1, 5, 0.4, mode, 3, watch=lambda *step: seen.append(step)
    )
    assert drop.shape == (12,) * dims
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("size", [9, 0, (4, 4, 4)])
def test_box_that_does_not_fit(size: int) -> None:
    with pytest.raises(InputError, match="mask_size"):
        occlusion_sensitivity(Sum(), np.zeros((1, 8, 8)), 1, mask_size=size)
