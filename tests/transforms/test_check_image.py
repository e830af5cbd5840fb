"""The first look at an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from monai.transforms import Compose

from mritumor.errors import InputError
from mritumor.transforms import CheckImage, CheckImaged

NAMES = ["t1n", "t1c", "t2w", "t2f"]
Form = Callable[[np.ndarray], Any]


def image(channels: int = 4, dtype: str = "f4") -> np.ndarray:
    return np.arange(channels * 60).reshape(channels, 3, 4, 5).astype(dtype)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f2", "f4", "f8"])
def test_a_good_image_is_returned_itself(form: Form, dtype: str) -> None:
    good = form(image(dtype=dtype))
    assert CheckImage(4)(good) is good
    assert CheckImaged("image")({"image": good, "case": 1}) == {
        "image": good,
        "case": 1,
    }


def test_an_empty_channel_is_allowed(form: Form) -> None:
    one_missing = image()
    one_missing[2] = 0
    CheckImage(4)(form(one_missing))


def test_channels_are_counted_and_named(with_meta: Form) -> None:
    with pytest.raises(InputError) as caught:
        CheckImage(4, NAMES)(with_meta(image(1)))
    assert str(caught.value) == (
        "P1_seg.nii.gz: the image does not have the channels that the bundle needs "
        "(found 1 channel(s), shape (1, 3, 4, 5); expected 4 (t1n, t1c, t2w, t2f)); "
        "give one 4-D file or one file per sequence in that order"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite(form: Form, value: float) -> None:
    broken = image()
    broken[3, 1, 2, 3] = value
    with pytest.raises(InputError, match="NaN or infinity"):
        CheckImage(4)(form(broken))
    CheckImage(4, finite=False)(form(broken))


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_one_value_throughout(form: Form, dtype: str) -> None:
    with pytest.raises(InputError, match="one value throughout.*found 7.0"):
        CheckImage(4)(form(np.full((4, 3, 3, 3), 7, dtype)))


@pytest.mark.parametrize(
    ("least", "passes"),
    [(3, True), (4, False), ((3, 4, 5), True), ((1, 1, 6), False), ((3, 4), False)],
)
def test_smallest_size(form: Form, least: Any, passes: bool) -> None:
    check = CheckImage(4, min_size=least)
    if passes:
        check(form(image()))
        return
    with pytest.raises(InputError, match="too small .found size .3, 4, 5."):
        check(form(image()))


def test_no_voxels(form: Form) -> None:
    with pytest.raises(InputError, match="too small"):
        CheckImage(4)(form(np.zeros((4, 3, 0, 5))))


def test_missing_keys() -> None:
    item = {"label": 1}
    assert CheckImaged("image", allow_missing_keys=True)(item) == item
    with pytest.raises(KeyError, match="image"):
        CheckImaged("image")(item)


def test_in_a_chain_the_sentence_is_the_cause(with_meta: Form) -> None:
    chain = Compose([CheckImaged("image", channel_names=NAMES)])
    with pytest.raises(RuntimeError) as caught:
        chain({"image": with_meta(image(2))})
    assert isinstance(caught.value.__cause__, InputError)
    assert "P1_seg.nii.gz" in str(caught.value.__cause__)
