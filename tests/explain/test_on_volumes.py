"""The heat of a volume lies on its grid, where a network of known evidence looks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from monai.transforms import Compose, Identityd, SpatialPadd
from test_cam import Bright

from mritumor.errors import InputError
from mritumor.explain import volume_heat
from mritumor.inference.prediction import Prediction

AFFINE = np.diag([1.0, 1.0, 1.0, 1.0])


def predictor(dims: int, classes: list[str], padding: int = 0) -> Any:
    size = [padding] * dims
    steps = [SpatialPadd("image", size)] if padding else [Identityd("image")]
    return SimpleNamespace(
        dims=dims,
        runtime="torch",
        class_names=classes,
        preprocessing=Compose(steps),
        network=Bright(dims).eval(),
        inferer=SimpleNamespace(roi_size=(16, 16, 16)),
        bundle="bright",
    )


def bright_cube() -> tuple[np.ndarray, np.ndarray]:
    image = np.zeros((1, 20, 18, 12), np.float32)
    labels = np.zeros(image.shape[1:], np.uint8)
    labels[6:10, 7:11, 4:7] = 1
    image[0][labels > 0] = 2.0
    return image, labels


def asked(image: np.ndarray, affine: Any = AFFINE, **more: Any) -> Prediction:
    return Prediction("case", more.pop("labels", None), affine, {}, image, **more)


@pytest.mark.parametrize("axes", [(1, 1, 1), (-1, 1, -1)])
def test_slices_are_put_back_where_they_came_from(axes: tuple[int, ...]) -> None:
    image, labels = bright_cube()
    turned = np.diag([*map(float, axes), 1.0])
    told = asked(
        image, turned, labels=labels, probabilities={"dark": 0.1, "bright": 0.9}
    )
    heat = volume_heat(predictor(2, ["dark", "bright"], 24), told)
    assert heat.shape == labels.shape and heat.dtype == np.float32
    np.testing.assert_allclose(heat, labels, atol=1e-5)


def test_only_the_slices_that_speak_most_are_asked() -> None:
    image, _ = bright_cube()
    each = tuple({"dark": 1 - k / 12, "bright": k / 12} for k in range(12))
    told = asked(image, probabilities={"dark": 0.1, "bright": 0.9}, slices=each)
    seen: list[tuple[int, int]] = []
    heat = volume_heat(
        predictor(2, ["dark", "bright"]), told, 6, lambda *n: seen.append(n)
    )
    assert seen == [(k, 6) for k in range(1, 7)]
    assert not heat[..., :6].any() and heat[7, 8, 6] > 0.9


def test_a_patients_pictures_are_explained_in_their_order() -> None:
    image, labels = bright_cube()
    told = asked(image, None, labels=labels, probabilities={"dark": 0, "bright": 1})
    heat = volume_heat(predictor(2, ["dark", "bright"]), told)
    np.testing.assert_allclose(heat, labels, atol=1e-5)


def test_a_network_of_volumes_is_asked_about_a_window_around_the_outline() -> None:
    image, labels = bright_cube()
    image[0, -1, -1, -1] = 2.0  # as bright, but outside of the window
    one = predictor(3, [], 24)
    one.network.stem.weight.data = one.network.stem.weight.data.flip(0)
    heat = volume_heat(one, asked(image, labels=labels))
    assert heat.shape == labels.shape
    np.testing.assert_allclose(heat, labels, atol=1e-5)


def test_a_picture_is_no_volume() -> None:
    with pytest.raises(InputError, match="picture_heat"):
        volume_heat(predictor(2, []), asked(np.zeros((1, 8, 8), np.float32), None))
