"""Losing sequences at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.transforms import Compose

from mritumor.errors import InputError
from mritumor.transforms import RandModalityDropout, RandModalityDropoutd

Form = Callable[[np.ndarray], Any]


def ones(channels: int = 4) -> np.ndarray:
    return np.ones((channels, 2, 3, 4), np.float32)


def lost(image: Any, fill: float = 0.0) -> list[int]:
    array = np.asarray(image)
    return [i for i, channel in enumerate(array) if (channel == fill).all()]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**31), st.booleans())
def test_loses_some_never_all(
    channels: int, most: int, seed: int, as_tensor: bool
) -> None:
    image = torch.from_numpy(ones(channels)) if as_tensor else ones(channels)
    drop = RandModalityDropout(1.0, most, fill=-2.0).set_random_state(seed)
    out = drop(image)
    gone = lost(out, fill=-2.0)
    assert min(1, channels - 1) <= len(gone) <= min(most, channels - 1)
    kept = [i for i in range(channels) if i not in gone]
    assert (np.asarray(out)[kept] == 1).all()
    assert (np.asarray(image) == 1).all()


def test_all_counts_and_channels_are_drawn() -> None:
    drop = RandModalityDropout(1.0, 3).set_random_state(0)
    draws = [lost(drop(ones())) for _ in range(200)]
    assert {len(gone) for gone in draws} == {1, 2, 3}
    assert {i for gone in draws for i in gone} == {0, 1, 2, 3}


@pytest.mark.parametrize("prob", [0.0, 0.3, 1.0])
def test_probability(prob: float) -> None:
    drop = RandModalityDropout(prob).set_random_state(0)
    share = np.mean([bool(lost(drop(ones()))) for _ in range(1000)])
    assert share == pytest.approx(prob, abs=0.05)


def test_a_seed_repeats_the_draws() -> None:
    chain = Compose([RandModalityDropoutd("image", 0.5, 2)])
    draws = []
    for _ in range(2):
        chain.set_random_state(11)
        draws.append([lost(chain({"image": ones()})["image"]) for _ in range(20)])
    assert draws[0] == draws[1]
    assert [] in draws[0] and len({tuple(gone) for gone in draws[0]}) > 2


def test_keys_lose_the_same_channels_and_others_none() -> None:
    drop = RandModalityDropoutd(["a", "b"], 1.0, 3).set_random_state(2)
    for _ in range(20):
        item = drop({"a": ones(), "b": ones(), "label": ones()})
        assert lost(item["a"]) == lost(item["b"]) != []
        assert lost(item["label"]) == []


def test_metadata_stays(with_meta: Form, assert_kept: Callable[[Any], None]) -> None:
    item = {"image": with_meta(ones())}
    out = RandModalityDropoutd("image", 1.0)(item)
    assert_kept(out["image"])
    assert lost(out["image"]) and not lost(item["image"])


def test_missing_keys() -> None:
    drop = RandModalityDropoutd("image", 1.0, allow_missing_keys=True)
    assert drop({"case": 1}) == {"case": 1}
    with pytest.raises(KeyError, match="image"):
        RandModalityDropoutd("image", 1.0)({"case": 1})


def test_impossible_number() -> None:
    with pytest.raises(InputError, match="^max_dropped: .*found 0"):
        RandModalityDropout(max_dropped=0)
