"""Pictures of any colour and number type, and a joint network's one output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from monai.data import MetaTensor
from monai.transforms import EnsureChannelFirstd, LoadImaged
from PIL import Image

from mritumor.errors import InputError
from mritumor.networks.joint import join
from mritumor.transforms import (
    ForgetShaped,
    MatchChannels,
    SplitJointd,
    UnitRange,
    UnknownTargetsd,
)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_a_grey_picture_is_the_same_in_every_mode(mode: str, tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (5, 7)).astype(np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(grey).convert(mode).save(path)
    item = EnsureChannelFirstd("image")(LoadImaged("image")({"image": str(path)}))
    found = MatchChannels(1)(item["image"])
    assert found.shape == (1, 7, 5)
    assert np.array_equal(np.asarray(found[0]).T, grey)


def test_colour_becomes_grey_as_pillow_does_it() -> None:
    colour = np.random.default_rng(1).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    expected = np.asarray(Image.fromarray(colour).convert("L"), float)
    image = MetaTensor(torch.from_numpy(colour).permute(2, 0, 1), meta={"name": "x"})
    found = MatchChannels(1)(image)
    assert np.abs(np.asarray(found[0]) - expected).max() <= 1  # Pillow rounds
    assert found.meta["name"] == "x"


def test_one_sequence_is_not_copied_unasked() -> None:
    one = torch.rand(1, 4, 4)
    assert MatchChannels(3)(one).shape[0] == 1
    assert torch.equal(MatchChannels(3, copy=True)(one), torch.cat([one] * 3))


def test_eight_bit_pictures_share_one_scale() -> None:
    dark = torch.tensor([[[0.0, 51.0]]])
    assert UnitRange()(dark).flatten().tolist() == pytest.approx([0.0, 0.2])


@given(st.floats(300, 60000), st.floats(-2000, 0))
def test_other_ranges_are_stretched(high: float, low: float) -> None:
    image = torch.linspace(low, high, 400).reshape(1, 20, 20)
    found = UnitRange()(image)
    assert float(found.min()) == 0 and float(found.max()) == 1
    assert torch.all(found.flatten().diff() >= 0)


def test_unit_range_keeps_what_is_in_it() -> None:
    image = torch.rand(2, 3, 3)
    assert torch.equal(UnitRange()(image), image)


def test_joint_output_comes_apart_as_it_was_put_together() -> None:
    mask, classes = torch.randn(1, 1, 4, 5), torch.randn(1, 3)
    output = join(mask, classes)[0]
    item = SplitJointd("pred")({"pred": [output, output[:, ::2]]})
    assert torch.equal(item["pred"], mask[0])
    torch.testing.assert_close(item["class_pred"], classes[0])


def test_absent_targets_are_marked() -> None:
    image = torch.zeros(3, 4, 5)
    item = UnknownTargetsd()({"image": image})
    assert item["label"].shape == (1, 4, 5) and item["label"].isnan().all()
    assert int(item["class"]) == -1
    known = {"image": image, "label": torch.ones(1, 4, 5), "class": 2}
    item = UnknownTargetsd()(known)
    assert item["label"].sum() == 20 and int(item["class"]) == 2


def test_unknown_targets_need_two_keys() -> None:
    with pytest.raises(InputError, match="two keys"):
        UnknownTargetsd(["label"])


def test_shape_is_forgotten() -> None:
    image = MetaTensor(torch.zeros(1, 2, 2), meta={"spatial_shape": [2, 2], "a": 1})
    assert "spatial_shape" not in ForgetShaped()({"image": image})["image"].meta
    assert ForgetShaped()({"pred": 1}) == {"pred": 1}
