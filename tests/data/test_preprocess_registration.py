from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from mritumor.data.preprocess import Volume, register
from mritumor.data.preprocess.match import compare, foreground
from mritumor.data.preprocess.pyramid import centre_of_mass, coarse
from mritumor.errors import InputError

ROUGH = {"spacing": 5.0, "thick": (4.0, 6.0)}  # mm; fast


@pytest.fixture(scope="module")
def study(root):
    """tools/registration_study.py, which makes displaced phantoms and measures."""
    file = root / "tools/registration_study.py"
    spec = importlib.util.spec_from_file_location("registration_study", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def scans(study):
    """Two scans of a phantom: a turned one, another contrast, thick slices, noise."""
    return study.make_scans(2, **ROUGH)


@pytest.fixture(scope="module")
def found(scans):
    return register(scans.fixed, scans.moving)


@pytest.mark.parametrize("case", [0, 1, 2])
def test_a_known_displacement_is_recovered(study, case, scans):
    made = scans if case == 2 else study.make_scans(case, **ROUGH)
    row = study.measure(case, made)
    assert row.mean_error < 1.0, row
    assert row.largest_error < 2.0, row
    assert row.dice_there_and_back >= 0.95, row
    assert row.nmi > 1.09, row


def test_what_is_reported_is_what_was_done(scans, found):
    assert found.degrees == pytest.approx(scans.degrees, abs=0.6)
    assert found.match.nmi > found.before.nmi
    middle = np.append(centre_of_mass(coarse(scans.fixed, 4.0)), 1)
    moved = np.linalg.norm((scans.truth @ middle - middle)[:3])
    assert found.shift == pytest.approx(moved, abs=1.0)
    rotation = found.matrix[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)


def test_equal_inputs_give_equal_transforms(scans, found):
    again = register(scans.fixed, scans.moving)
    np.testing.assert_array_equal(found.matrix, again.matrix)


def test_an_affine_stretch_is_recovered(study, scans):
    stretch = np.diag([1.06, 0.95, 1.04, 1.0])
    small = coarse(scans.fixed, 8.0)
    found = register(small, Volume(small.array, stretch @ small.affine), "affine")
    points = study.head_points(scans.fixed)
    apart = points @ (found.matrix - stretch)[:3, :3].T + found.matrix[:3, 3]
    assert np.linalg.norm(apart, axis=1).mean() < 0.7
    assert found.kind == "affine"


def test_a_ball_is_no_head(scans):
    at = np.stack(np.meshgrid(*[np.linspace(-1, 1, 48)] * 3), -1)
    ball = (np.linalg.norm(at, axis=-1) < 0.7) * np.float32(100)
    affine = np.diag([4.0, 4, 4, 1])
    affine[:3, 3] = centre_of_mass(scans.fixed) - 94
    with pytest.raises(InputError) as caught:
        register(scans.fixed, Volume(ball.astype("f4"), affine), name="P1, t2f")
    said = str(caught.value)
    assert said.startswith("P1, t2f: the registration is refused, its match is poor")
    assert "found 1.0" in said and "at least 1.06" in said and "\n" not in said


def test_a_small_overlap_is_refused(scans):
    fixed, moving = coarse(scans.fixed, 8.0), coarse(scans.moving, 8.0)
    with pytest.raises(InputError, match="poor: overlap of the heads"):
        register(fixed, moving, name="t2f", min_overlap=0.9999)


def test_an_unknown_kind():
    volume = Volume(np.zeros((8, 8, 8), "f4"), np.eye(4))
    with pytest.raises(InputError, match="rigid or affine"):
        register(volume, volume, "elastic")


def test_the_measure_of_a_match(scans):
    fixed, moving = coarse(scans.fixed, 4.0), coarse(scans.moving, 4.0)
    itself = compare(fixed, fixed, np.eye(4))
    assert itself.nmi == pytest.approx(2.0) and itself.overlap == pytest.approx(1.0)
    right = compare(fixed, moving, scans.truth)
    near = scans.truth.copy()
    near[0, 3] += 4
    away = near.copy()
    away[:3, 3] += 500
    assert right.nmi > compare(fixed, moving, near).nmi
    assert compare(fixed, moving, away).overlap == 0
    assert compare(fixed, moving, away).nmi == 1.0


def test_the_foreground_of_nothing_is_empty():
    assert not foreground(Volume(np.ones((4, 4, 4), "f4"), np.eye(4))).any()


def test_coarse_keeps_thick_slices_and_the_place():
    volume = Volume(np.ones((40, 40, 12), "f4"), np.diag([1.0, 1, 6, 1]))
    small = coarse(volume, 4.0)
    assert small.array.shape == (10, 10, 12)
    assert small.grid.spacing == pytest.approx((4, 4, 6))
    np.testing.assert_allclose(small.affine[:3, 3], (1.5, 1.5, 0))


def test_a_real_study_comes_to_rest_where_it_lies(shared_data):
    from mritumor.data.preprocess import read_sequence

    folder = shared_data / "volumes/tcga/TCGA-DU-7294"
    if not folder.is_dir():
        pytest.skip("the TCGA volumes are not there")
    fixed = coarse(read_sequence(folder / "TCGA-DU-7294_t1c_bet.nii.gz"), 4.0)
    moving = coarse(read_sequence(folder / "TCGA-DU-7294_fla_bet.nii.gz"), 4.0)
    move = np.eye(4)
    angle = np.deg2rad(15)
    move[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    move[:3, 3] = (10, -8, 12)
    found = register(fixed, Volume(moving.array, move @ moving.affine))
    middle = centre_of_mass(fixed)
    corners = middle + 60 * np.concatenate([np.eye(3), -np.eye(3)])
    apart = corners @ (found.matrix - move)[:3, :3].T + (found.matrix - move)[:3, 3]
    assert np.linalg.norm(apart, axis=1).mean() < 1.5
