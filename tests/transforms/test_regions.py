"""Labels to regions and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from monai.losses import DiceLoss
from monai.transforms import ConvertToMultiChannelBasedOnBratsClasses

from mritumor.errors import InputError, LabelError
from mritumor.transforms import (
    LabelsToRegions,
    LabelsToRegionsd,
    RegionsToLabels,
    RegionsToLabelsd,
)

BRATS = [[1, 2, 3], [1, 3], [3]]
VALUES = [2, 1, 3]
DTYPES = ["u1", "i2", "u2", "i4", "i8", "f4", "f8"]
Form = Callable[[np.ndarray], Any]


@st.composite
def nestings(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    """Draw nested regions with the value that each one adds to the next smaller."""
    many = st.lists(st.integers(1, 255), min_size=1, max_size=6, unique=True)
    values = draw(many)
    return [values[start:] for start in range(len(values))], values


@pytest.mark.parametrize("dtype", DTYPES)
def test_hand_case(form: Form, dtype: str) -> None:
    regions = LabelsToRegions(BRATS)(form(np.array([[[0, 1, 2, 3]]], dtype)))
    assert np.asarray(regions).dtype == np.float32
    assert regions.tolist() == [[[0, 1, 1, 1]], [[0, 1, 0, 1]], [[0, 0, 0, 1]]]
    labels = RegionsToLabels(VALUES)(regions)
    assert np.asarray(labels).dtype == np.uint8
    assert labels.tolist() == [[[0, 1, 2, 3]]]
    assert type(labels) is type(regions) is type(form(np.zeros((1, 1))))


@settings(max_examples=60, deadline=None)
@given(st.data(), nestings(), st.booleans())
def test_inverse_for_nested_regions(
    data: st.DataObject, nesting: tuple[list[list[int]], list[int]], as_tensor: bool
) -> None:
    regions, values = nesting
    shape = data.draw(npst.array_shapes(min_dims=2, max_dims=3, max_side=6))
    elements = st.sampled_from([0, *values])
    labels = data.draw(npst.arrays(np.uint8, (1, *shape), elements=elements))
    given_form = torch.from_numpy(labels) if as_tensor else labels
    back = RegionsToLabels(values)(LabelsToRegions(regions)(given_form))
    assert np.array_equal(back, labels)


@settings(max_examples=60, deadline=None)
@given(npst.arrays(np.float32, (3, 4, 5), elements=st.floats(0, 1, width=32)))
def test_arrays_and_tensors_agree_and_the_last_region_wins(image: np.ndarray) -> None:
    labels = RegionsToLabels(VALUES)(image)
    assert np.array_equal(RegionsToLabels(VALUES)(torch.from_numpy(image)), labels)
    whole, core, enhancing = image > 0.5
    expected = np.where(enhancing, 3, np.where(core, 1, np.where(whole, 2, 0)))
    assert np.array_equal(labels[0], expected)


def test_same_regions_as_monai() -> None:
    labels = np.random.default_rng(0).integers(0, 4, (1, 5, 6, 7))
    theirs = ConvertToMultiChannelBasedOnBratsClasses(et_label=3)(labels)
    ours = LabelsToRegions([[1, 3], [1, 2, 3], [3]])(labels)
    assert np.array_equal(ours, theirs)


def test_metadata_stays(with_meta: Form, assert_kept: Callable[[Any], None]) -> None:
    item = {"label": with_meta(np.ones((1, 2, 3, 4), np.uint8)), "case": "P1"}
    regions = LabelsToRegionsd("label", BRATS)(item)
    assert_kept(regions["label"])
    labels = RegionsToLabelsd("label", VALUES)(regions)
    assert_kept(labels["label"])
    assert labels["case"] == "P1"
    assert item["label"].shape == (1, 2, 3, 4)
    labels["label"].applied_operations.append({"class": "Zoom"})
    assert_kept(item["label"])


def test_inputs_stay_as_they_were(form: Form) -> None:
    labels, regions = form(np.array([[0, 3]])), form(np.array([[0.2, 0.9]]))
    LabelsToRegions(BRATS)(labels)
    RegionsToLabels([1])(regions)
    assert labels.tolist() == [[0, 3]] and regions.tolist() == [[0.2, 0.9]]


def test_a_loss_takes_the_regions() -> None:
    regions = LabelsToRegions(BRATS)(torch.tensor([[[0, 1, 2, 3]]]))[None]
    assert torch.isfinite(DiceLoss(sigmoid=True)(torch.zeros_like(regions), regions))


def test_threshold_is_exclusive_and_free() -> None:
    logits = np.array([[-1.0, 0.0, 1.0]])
    assert RegionsToLabels([7], threshold=0.0)(logits).tolist() == [[0, 0, 7]]


def test_unknown_labels_name_values_and_file(with_meta: Form) -> None:
    labels = with_meta(np.array([[[0, 4, 1.5, 3]]]))
    with pytest.raises(LabelError) as caught:
        LabelsToRegions(BRATS)(labels)
    assert str(caught.value) == (
        "P1_seg.nii.gz: label values that belong to no region (found [1.5, 4.0]; "
        "expected 0 and [1, 2, 3]); convert the labels to the convention of the "
        "regions first"
    )


@pytest.mark.parametrize("value", [-1, 0.5, float("nan"), float("inf")])
def test_no_odd_value_slips_through(form: Form, value: float) -> None:
    with pytest.raises(LabelError, match="belong to no region"):
        LabelsToRegions(BRATS)(form(np.array([[0, value]])))


@pytest.mark.parametrize("regions", [[], [[]], [[1], []], [[0, 1]]])
def test_impossible_regions(regions: list[list[int]]) -> None:
    with pytest.raises(InputError, match="^regions: "):
        LabelsToRegions(regions)


@pytest.mark.parametrize("labels", [[], [0], [256], [1, -1]])
def test_impossible_labels(labels: list[int]) -> None:
    with pytest.raises(InputError, match="^labels: "):
        RegionsToLabels(labels)


def test_wrong_channel_counts(form: Form) -> None:
    image = form(np.zeros((2, 3, 3)))
    with pytest.raises(InputError, match="one channel .*found shape \\(2, 3, 3\\)"):
        LabelsToRegions(BRATS)(image)
    with pytest.raises(InputError, match="one channel per region.*expected \\(3, "):
        RegionsToLabels(VALUES)(image)


@pytest.mark.parametrize(
    "make",
    [
        lambda **more: LabelsToRegionsd("label", BRATS, **more),
        lambda **more: RegionsToLabelsd("label", VALUES, **more),
    ],
)
def test_missing_keys(make: Callable[..., Any]) -> None:
    assert make(allow_missing_keys=True)({"image": 1}) == {"image": 1}
    with pytest.raises(KeyError, match="label"):
        make()({"image": 1})
