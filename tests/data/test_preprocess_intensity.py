from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.data import MetaTensor

from mritumor.data.preprocess import Volume, correct_bias, normalise
from mritumor.errors import InputError
from mritumor.phantom import make_study
from mritumor.transforms import (
    N4BiasField,
    N4BiasFieldd,
    RobustNormalize,
    RobustNormalized,
)

FAST = {"iterations": (20, 20), "edge": 8.0}


@pytest.fixture(scope="module")
def shaded():
    """A T1 under a strong bias field, and where its white matter lies."""
    study = make_study(
        0, 3, spacing=4, bias=0.5, noise=0.02, modalities=["t1n"], keep_tissues=True
    )
    volume = Volume(study.images["t1n"], study.affines["t1n"])
    return volume, study.tissues["wm"] > 0.95


@pytest.fixture(scope="module")
def corrected(shaded):
    return correct_bias(shaded[0])


def variation(volume, inside):
    values = volume.array[inside]
    return values.std() / values.mean()


def test_n4_evens_out_the_white_matter(shaded, corrected):
    volume, white = shaded
    assert variation(corrected.volume, white) < 0.7 * variation(volume, white)


def test_the_field_is_what_was_taken_out(shaded, corrected):
    volume, white = shaded
    again = corrected.volume.array * corrected.field.array
    np.testing.assert_allclose(again, volume.array, rtol=1e-5, atol=1e-3)
    assert (corrected.field.array > 0).all()
    assert 0.8 < corrected.field.array[white].mean() < 1.25
    assert corrected.strength > 0.1
    assert corrected.volume.array.dtype == np.float32


def test_n4_refuses_what_was_normalised_before():
    volume = Volume(np.random.default_rng(0).normal(size=(8, 8, 8)), np.eye(4))
    with pytest.raises(InputError, match="P1.*raw intensities.*--no-n4"):
        correct_bias(volume, name="P1")


def test_n4_passes_over_a_little_ringing(shaded):
    array = shaded[0].array.copy()
    array[20, 20, :3] = -5
    volume = Volume(array, shaded[0].affine)
    assert np.isfinite(correct_bias(volume, **FAST).volume.array).all()


def test_a_hand_case_of_normalisation():
    array = np.array([0, 0, 1, 2, 3, 4, 1000], np.float32)
    scaled, scale = normalise(array, "percentile", percentiles=(0, 75))
    np.testing.assert_allclose(scaled, [0, 0, 0, 1 / 3, 2 / 3, 1, 1])
    assert (scale.low, scale.high, scale.divisor) == (1, 4, 3)
    scaled, scale = normalise(array, "zscore", percentiles=(0, 75))
    clipped = np.array([1, 2, 3, 4, 4])
    np.testing.assert_allclose(scaled[2:], (clipped - 2.8) / clipped.std(), rtol=1e-6)
    assert not scaled[:2].any()
    same, _ = normalise(array, "none")
    np.testing.assert_array_equal(same, array)


def test_a_mask_says_what_is_inside():
    array = np.array([5.0, 0.0, 10.0, 99.0])
    mask = np.array([True, True, True, False])
    scaled, _ = normalise(array, "percentile", mask=mask, percentiles=(0, 100))
    np.testing.assert_allclose(scaled, [0.5, 0, 1, 0])


values = arrays(
    np.float32,
    (50,),
    elements=st.floats(0.125, 1000, width=32),
    unique=True,
)


@given(values, st.floats(0.5, 20), st.floats(0, 500))
@settings(max_examples=40, deadline=None)
def test_zscore_forgets_gain_and_offset(array, gain, offset):
    mask = np.ones(array.shape, bool)
    one = normalise(array, mask=mask)[0]
    other = normalise((array * gain + offset).astype("f4"), mask=mask)[0]
    np.testing.assert_allclose(one, other, atol=2e-2)
    assert abs(one.mean()) < 1e-4 and one.std() == pytest.approx(1, abs=1e-3)


@given(values)
@settings(max_examples=40, deadline=None)
def test_percentile_stays_within_0_and_1_and_keeps_order(array):
    scaled = normalise(array, "percentile")[0]
    assert scaled.min() == 0 and scaled.max() == pytest.approx(1)
    assert (np.diff(scaled[np.argsort(array)]) >= -1e-6).all()


@pytest.mark.parametrize(
    "array, method, percentiles, said",
    [
        (np.arange(5.0), "robust", (1, 99), "no such normalisation"),
        (np.arange(5.0), "zscore", (99, 1), "no percentiles"),
        (np.zeros(5), "zscore", (1, 99), "0 voxels"),
        (np.full(5, 7.0), "percentile", (1, 99), "all values inside are equal"),
    ],
)
def test_bad_input_of_normalisation(array, method, percentiles, said):
    with pytest.raises(InputError, match=said):
        normalise(array, method, percentiles=percentiles)


def image(channels=2):
    rng = np.random.default_rng(0)
    array = rng.uniform(100, 200, (channels, 16, 16, 12)).astype("f4")
    array[:, :4] = 0
    meta = {"filename_or_obj": "P1_t1c.nii.gz"}
    return MetaTensor(torch.as_tensor(array), affine=np.diag([2.0, 2, 3, 1]), meta=meta)


def test_the_transforms_keep_type_and_metadata():
    for transform in (N4BiasField(**FAST), RobustNormalize()):
        given_image = image()
        out = transform(given_image)
        assert isinstance(out, MetaTensor) and out.dtype == torch.float32
        assert out.shape == given_image.shape
        assert torch.equal(out.affine, given_image.affine)
        assert out.meta["filename_or_obj"] == "P1_t1c.nii.gz"
        assert isinstance(transform(given_image.numpy()), np.ndarray)


def test_the_dictionary_forms_change_their_keys_only():
    item = {"image": image(1), "other": 3}
    for transform in (N4BiasFieldd("image", **FAST), RobustNormalized("image")):
        out = transform(item)
        assert out["other"] == 3 and not torch.equal(out["image"], item["image"])
    with pytest.raises(KeyError):
        RobustNormalized("label")(item)
    assert RobustNormalized("label", allow_missing_keys=True)(item) == item


def test_each_channel_is_normalised_by_itself_and_an_empty_one_stays():
    both = image()
    both[1] = 0
    out = RobustNormalize("percentile")(both)
    assert out[0].max() == pytest.approx(1) and not out[1].any()
    with pytest.raises(InputError, match="P1_t1c.nii.gz"):
        RobustNormalize()(image() * 0 + 1)


def test_n4_of_a_picture_is_refused():
    with pytest.raises(InputError, match="corrects volumes"):
        N4BiasField()(np.ones((1, 8, 8), "f4"))
