"""Tissue fractions: between 0 and 1, summing to 1, in the right place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mritumor.phantom import Study, make_study
from mritumor.phantom.noise import band_noise, smooth_noise
from mritumor.phantom.shapes import blend, ellipsoid, soft, trim, tube
from mritumor.phantom.tissues import displace


@pytest.fixture(scope="module", params=[False, True], ids=["stripped", "skull"])
def study(request: pytest.FixtureRequest) -> Study:
    return make_study(
        5, 0, spacing=2.6, skull=request.param, kind="high-grade", keep_tissues=True
    )


def test_fractions_sum_to_one(study: Study) -> None:
    stack = np.stack(list(study.tissues.values()))
    assert np.allclose(stack.sum(axis=0), 1, atol=1e-5)
    assert stack.min() > -1e-5
    assert stack.max() < 1 + 1e-5


def test_edges_are_partial_volume(study: Study) -> None:
    grey = study.tissues["gm"]
    assert ((grey > 0.1) & (grey < 0.9)).sum() > 0.3 * (grey > 0.5).sum()


def test_volumes_are_those_of_an_adult(study: Study) -> None:
    litres = {n: 2.6**3 * 1e-6 * float(v.sum()) for n, v in study.tissues.items()}
    assert 0.9 < litres["gm"] + litres["wm"] + litres["dgm"] + litres["ed"] < 1.6
    assert 0.7 < litres["gm"] / (litres["wm"] + litres["ed"]) < 2.2
    assert 0.008 < litres["ventricle"] < 0.09
    assert 0.08 < litres["csf"] < 0.5
    assert (litres["bone"] > 0.2) == (litres["fat"] > 0.2)


def test_ventricles_are_paired_and_inside(study: Study) -> None:
    fluid = study.tissues["ventricle"] > 0.5
    x = np.flatnonzero(fluid.any(axis=(1, 2)))
    assert x[0] < len(fluid) / 2 < x[-1]
    brain = ndimage.binary_fill_holes(study.tissues["wm"] + study.tissues["gm"] > 0.2)
    assert (fluid & ~ndimage.binary_dilation(brain, iterations=2)).sum() == 0


@given(
    radius=st.floats(2, 60),
    point=st.tuples(*[st.floats(-80, 80)] * 3),
    power=st.sampled_from([2.0, 2.2]),
)
@settings(max_examples=60, deadline=None)
def test_ball_depth(
    radius: float, point: tuple[float, float, float], power: float
) -> None:
    at = np.array([point], np.float32)
    depth = float(ellipsoid(at, (0, 0, 0), [radius] * 3, power)[0])
    reach = float((np.abs(np.float64(point)) ** power).sum() ** (1 / power))
    assert np.sign(depth) == np.sign(round(radius - reach, 3)) or abs(depth) < 1e-2
    if power == 2:
        assert depth == pytest.approx(radius - reach, abs=1e-2) or reach < 1e-3


def test_tube_depth_by_hand() -> None:
    path = [(0, 0, 0, 2), (10, 0, 0, 4)]
    at = np.array([[0, 0, 0], [10, 1, 0], [5, 3, 0], [-5, 0, 0]], np.float32)
    assert tube(at, path) == pytest.approx([2, 3, 0, -3])


def test_blend_and_trim_bound_the_sharp_operations() -> None:
    a, b = np.random.default_rng(0).normal(0, 5, (2, 100)).astype(np.float32)
    assert (blend(a, b, 3) >= np.maximum(a, b) - 1e-5).all()
    assert (trim(a, b, 3) <= np.minimum(a, b) + 1e-5).all()


def test_soft_is_half_on_the_surface() -> None:
    depth = np.array([-9, -0.5, 0, 0.5, 9], np.float32)
    assert soft(depth, 2).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_displace_keeps_the_sum() -> None:
    found = {"wm": np.array([0.7, 1.0]), "gm": np.array([0.3, 0.0])}
    displace(found, {"et": np.array([0.5, 1.0])})
    assert found["et"].tolist() == [0.5, 1]
    assert found["wm"] == pytest.approx([0.35, 0])
    assert sum(found.values()) == pytest.approx([1, 1])


@pytest.mark.parametrize("make", [band_noise, smooth_noise])
def test_noise_is_a_smooth_function_of_position(make) -> None:
    noise = make(np.random.default_rng(1), 20.0)
    at = np.random.default_rng(2).uniform(-90, 90, (4000, 3)).astype(np.float32)
    assert abs(noise(at).mean()) < 0.35
    assert noise(at).std() == pytest.approx(1, abs=0.3)
    step = np.abs(noise(at + np.float32(0.2)) - noise(at))
    assert step.max() < 0.4
