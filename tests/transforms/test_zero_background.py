"""The background of volumes that somebody has normalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.transforms import ZeroBackground, ZeroBackgroundd


def brain(background: float) -> torch.Tensor:
    image = torch.full((2, 7, 7, 7), background)
    image[:, 2:5, 2:5, 2:5] = torch.linspace(-1, 1, 27).view(3, 3, 3)
    return image


@settings(max_examples=50, deadline=None)
@given(st.floats(-10, -1.5, width=32))
def test_only_the_background_becomes_zero(background: float) -> None:
    image = brain(background)
    out = ZeroBackground()(image)
    assert torch.equal(out, torch.where(image == background, 0.0, image))
    assert torch.equal(image, brain(background))


def test_channels_have_their_own_background() -> None:
    image = brain(-2.0)
    image[1][image[1] == -2] = -3.5
    assert (ZeroBackground()(image)[:, 0] == 0).all()


@pytest.mark.parametrize("image", [brain(0.0), torch.rand(2, 5, 5, 5)])
def test_nothing_to_do(image: torch.Tensor) -> None:
    assert ZeroBackground()(image) is image


def test_metadata_stays(
    with_meta: Callable[[np.ndarray], Any], assert_kept: Callable[[Any], None]
) -> None:
    out = ZeroBackgroundd("image")({"image": with_meta(brain(-3.6).numpy())})["image"]
    assert_kept(out)
    assert float(out[0, 0, 0, 0]) == 0


def test_missing_keys() -> None:
    assert ZeroBackgroundd("image", allow_missing_keys=True)({"case": 1}) == {"case": 1}
    with pytest.raises(KeyError, match="image"):
        ZeroBackgroundd("image")({"case": 1})
