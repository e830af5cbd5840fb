"""The transforms among others: through Compose, inverted, and in their sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from monai.transforms import Compose, Flipd, Invertd

from mritumor.bundle.sentences import our_error
from mritumor.errors import InputError, LabelError
from mritumor.transforms import (
    CheckImage,
    CheckImaged,
    LabelsToRegions,
    LabelsToRegionsd,
    RandModalityDropout,
    RegionsToLabelsd,
    ZeroBackground,
)

BRATS, PAINT = [[1, 2, 3], [1, 3], [3]], [2, 1, 3]
Form = Callable[[np.ndarray], Any]


def test_earlier_steps_can_be_inverted_afterwards(with_meta: Form) -> None:
    there = LabelsToRegionsd("label", BRATS)
    steps = Compose([Flipd("label", 0), there, RegionsToLabelsd("label", PAINT)])
    labels = with_meta(np.arange(4).reshape(1, 2, 2, 1))
    labels.applied_operations = []
    out = steps({"label": labels})
    assert out["label"].flatten().tolist() == [2, 3, 0, 1]
    back = Invertd("label", steps, nearest_interp=True)(out)["label"]
    assert back.flatten().tolist() == [0, 1, 2, 3]
    assert torch.equal(back.affine, labels.affine)


def test_meta_is_a_copy(with_meta: Form) -> None:
    labels = with_meta(np.array([[0, 1]]))
    LabelsToRegions(BRATS)(labels).meta["filename_or_obj"] = "other"
    assert labels.meta["filename_or_obj"] == "P1_seg.nii.gz"


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (CheckImaged("x", 2), InputError),
        (LabelsToRegionsd("x", BRATS), LabelError),
    ],
)
def test_our_error_is_found_through_compose(
    with_meta: Form, step: Any, kind: type[InputError]
) -> None:
    with pytest.raises(RuntimeError) as caught:
        Compose([Compose([step])])({"x": with_meta(np.array([[0.0, 4.0]]))})
    ours = our_error(caught.value)
    assert type(ours) is kind
    assert str(ours).startswith("P1_seg.nii.gz: ")


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((1, 3, 3)),
        np.zeros((2, 0, 3)),
        np.array([[0.0, np.nan], [1.0, 2.0]]),
        np.full((2, 3, 3), 7.0),
    ],
    ids=["channels", "size", "finite", "constant"],
)
def test_each_sentence_is_complete(with_meta: Form, bad: np.ndarray) -> None:
    with pytest.raises(InputError) as caught:
        CheckImage(2)(with_meta(bad))
    error = caught.value
    assert error.where == "P1_seg.nii.gz" and error.remedy
    assert error.got is not None and error.expected is not None


def test_broken_voxels_are_counted(form: Form) -> None:
    broken = form(np.array([[0.0, np.nan, np.inf], [1.0, 2.0, 3.0]]))
    with pytest.raises(InputError, match="found 2 such"):
        CheckImage(2)(broken)


def test_constant_background_becomes_zero_in_any_form(form: Form) -> None:
    image = np.full((2, 6, 6), -3.6, np.float32)
    image[1] = 0.5
    image[:, 2:4, 2:4] = [[[1, -1], [2, -2]], [[3, -3], [4, -4]]]
    given_image = form(image.copy())
    out = ZeroBackground()(given_image)
    assert type(out) is type(given_image)
    expected = np.zeros_like(image)
    expected[:, 2:4, 2:4] = image[:, 2:4, 2:4]
    assert np.array_equal(np.asarray(out), expected)
    assert np.array_equal(np.asarray(given_image), image)


def test_noisy_background_stays_in_any_form(form: Form) -> None:
    noisy = form(np.random.default_rng(0).normal(size=(2, 6, 6)))
    assert ZeroBackground()(noisy) is noisy


def test_only_the_channel_with_a_background_changes() -> None:
    image = np.random.default_rng(0).normal(size=(2, 6, 6))
    noise = image[1].copy()
    image[0] = -2.0
    out = ZeroBackground()(image)
    assert not out[0].any() and np.array_equal(out[1], noise)


@pytest.mark.parametrize("prob", [-0.1, 1.5, float("nan")])
def test_impossible_probability(prob: float) -> None:
    with pytest.raises(InputError, match="^prob: .*from 0 to 1"):
        RandModalityDropout(prob)
