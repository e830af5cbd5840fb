"""Windows are counted as MONAI cuts them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.inferers import SimpleInferer, SlidingWindowInferer

from mritumor.slicer.watch import Cancelled, Watch, count_windows

SIZE = st.integers(1, 20)


@settings(deadline=None, max_examples=40)
@given(
    size=st.tuples(SIZE, SIZE, SIZE),
    roi=st.tuples(st.integers(2, 9), st.integers(2, 9), st.sampled_from([-1, 4, 8])),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.7, (0.5, 0.0, 0.25)]),
    batch=st.integers(1, 2),
    at_once=st.integers(1, 3),
)
def test_count_is_what_the_network_sees(
    size: tuple[int, int, int],
    roi: tuple[int, int, int],
    overlap: float | tuple[float, ...],
    batch: int,
    at_once: int,
) -> None:
    seen = 0

    def network(windows: torch.Tensor) -> torch.Tensor:
        nonlocal seen
        seen += len(windows)
        return windows

    inferer = SlidingWindowInferer(roi, at_once, overlap)
    image = torch.zeros(batch, 1, *size)
    inferer(image, network)
    assert count_windows(inferer, image.shape) == seen


def test_a_plain_inferer_asks_once() -> None:
    assert count_windows(SimpleInferer(), (1, 4, 9, 9, 9)) == 1
    assert count_windows(SimpleInferer(), (3, 4, 9, 9, 9)) == 3


def test_progress_never_falls_and_cancel_comes_after_the_telling() -> None:
    told: list[float] = []
    watch = Watch(lambda done, _: told.append(done), lambda: len(told) > 3)
    for done in (0.2, 0.5, 0.4):
        watch(done, "x")
    with pytest.raises(Cancelled):
        watch(7.0, "x")
    assert np.allclose(told, [0.2, 0.5, 0.5, 1.0])
