"""Labels drawn over slices."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from mritumor import overlay


def test_border_lies_just_outside() -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    expected = np.array(
        [
            [0, 0, 0, 0, 0],
            [0, 0, 1, 0, 0],
            [0, 1, 0, 1, 0],
            [0, 0, 1, 0, 0],
            [0, 0, 0, 0, 0],
        ]
    )
    assert np.array_equal(overlay.border(mask), expected.astype(bool))


@given(arrays(bool, (7, 9)))
def test_border_never_covers_the_mask_and_touches_it(mask: np.ndarray) -> None:
    line = overlay.border(mask)
    assert not (line & mask).any()
    assert not (line & ~ndimage.binary_dilation(mask)).any()


def test_draw_leaves_the_rest_alone() -> None:
    image = np.full((8, 8), 0.5)
    labels = np.zeros((8, 8), int)
    labels[3:5, 3:5] = 2
    rgb = overlay.draw(image, labels, fill=1.0)
    assert np.allclose(rgb[3, 3], overlay.PALETTE[1])
    assert np.allclose(rgb[2, 3], overlay.PALETTE[1])  # the line around
    assert np.allclose(rgb[0, 0], 0.5)


def test_window_keeps_background_black_and_range() -> None:
    image = np.zeros((10, 10))
    image[2:8, 2:8] = np.random.default_rng(0).normal(0, 1, (6, 6)) - 5
    scaled = overlay.window(image)
    assert scaled.min() >= 0 and scaled.max() <= 1
    assert (scaled[image == 0] == 0).all()


def test_window_of_nothing_is_black() -> None:
    assert not overlay.window(np.zeros((3, 3))).any()


@given(st.integers(0, 4), st.integers(0, 2))
def test_fullest_slice_finds_the_labels(where: int, axis: int) -> None:
    labels = np.zeros((5, 5, 5), int)
    index = [slice(None)] * 3
    index[axis] = where
    labels[tuple(index)] = 1
    assert overlay.fullest_slice(labels, axis) == where


def test_fullest_slice_of_an_empty_map_is_the_middle() -> None:
    assert overlay.fullest_slice(np.zeros((4, 6, 8), int), 2) == 4
