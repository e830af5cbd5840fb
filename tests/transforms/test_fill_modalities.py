"""A missing sequence becomes a channel of zeros in its place, and is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mritumor.errors import InputError
from mritumor.transforms import FillModalitiesd

FOUR = ("t1n", "t1c", "t2w", "t2f")


def image(channels: int) -> torch.Tensor:
    ones = torch.ones(channels, 2, 3, 4)
    return ones * torch.arange(1.0, channels + 1).view(-1, 1, 1, 1)


def values(tensor: torch.Tensor) -> list[float]:
    return tensor[:, 0, 0, 0].tolist()


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (["t1n", "t1c", "t2f"], [1, 2, 0, 3]),
        (["t2f"], [0, 0, 0, 1]),
        (["FLAIR", "T1Gd"], [0, 2, 0, 1]),  # another order, other names
    ],
)
def test_by_hand(present: list[str], wanted: list[float]) -> None:
    item = {"image": image(len(present)), "modalities": present, "patient": "P1"}
    with pytest.warns(UserWarning, match="missing, filled with 0"):
        out = FillModalitiesd("image", FOUR)(item)
    assert values(out["image"]) == wanted
    assert "modalities" not in out and out["patient"] == "P1"
    assert item["modalities"] == present and item["image"].shape[0] == len(present)


def test_complete_items_pass() -> None:
    fill = FillModalitiesd("image", FOUR)
    item = {"image": image(4)}
    assert fill(item)["image"] is item["image"]
    whole = fill({"image": image(4), "modalities": list(FOUR)})
    assert values(whole["image"]) == [1, 2, 3, 4]


def test_it_is_told_which_case_and_metadata_stay(
    with_meta: Callable[[np.ndarray], Any], assert_kept: Callable[[Any], None]
) -> None:
    item = {"image": with_meta(np.ones((3, 2, 2, 2))), "modalities": FOUR[:3]}
    with pytest.warns(UserWarning, match="^P1_seg.nii.gz: t2f missing"):
        out = FillModalitiesd("image", FOUR)(item)
    assert_kept(out["image"])


@pytest.mark.parametrize("present", [["t1n"], ["t1n", "adc"], ["t1n", "T1"]])
def test_what_does_not_fit_is_refused(present: list[str]) -> None:
    with pytest.raises(InputError, match="do not fit its image"):
        FillModalitiesd("image", FOUR)({"image": image(2), "modalities": present})
