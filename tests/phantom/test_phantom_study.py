"""Studies: reproducible, of exact volume, with each sequence's contrast."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mritumor.errors import InputError
from mritumor.phantom import Study, StudyOptions, make_study
from mritumor.phantom.brain import make_brain
from mritumor.phantom.grid import Grid, head_grid
from mritumor.phantom.growth import LABELS, grow
from mritumor.phantom.patient import Bare, make_patient
from mritumor.phantom.plan import plan


@pytest.fixture(scope="module")
def study() -> Study:
    """A high-grade glioma, without what the scanner adds."""
    return make_study(
        3,
        1,
        spacing=2.5,
        kind="high-grade",
        volumes_ml={"NCR": 9, "ET": 14, "ED": 45},
        noise=0,
        bias=0,
        keep_tissues=True,
    )


@pytest.fixture(scope="module")
def plain() -> Study:
    return make_study(7, 2, spacing=2.6)


def test_equal_arguments_give_equal_bytes(plain: Study) -> None:
    again = make_study(7, 2, spacing=2.6)
    assert again.label.tobytes() == plain.label.tobytes()
    assert again.truth == plain.truth
    for name, image in again.images.items():
        assert image.tobytes() == plain.images[name].tobytes()


@pytest.mark.parametrize(("seed", "case"), [(7, 3), (8, 2)])
def test_seed_and_case_matter(plain: Study, seed: int, case: int) -> None:
    other = make_study(seed, case, spacing=2.6)
    assert not np.array_equal(other.images["t1n"], plain.images["t1n"])


def test_a_missing_sequence_leaves_the_others_as_they_are(plain: Study) -> None:
    part = make_study(7, 2, spacing=2.6, modalities=("t1c", "t2f"))
    assert list(part.images) == ["t1c", "t2f"]
    for name, image in part.images.items():
        assert np.array_equal(image, plain.images[name])


def test_types_and_ranges(study: Study) -> None:
    assert study.label.dtype == np.uint8
    assert set(np.unique(study.label)) == {0, 1, 2, 3}
    for image in study.images.values():
        assert image.dtype == np.float32
        assert image.shape == study.label.shape
        assert image.min() == 0
        assert 200 < image.max() <= 4095


def test_volumes_are_met_to_one_voxel(study: Study) -> None:
    for name, ml in {"NCR": 9, "ET": 14, "ED": 45}.items():
        assert abs(study.truth["volumes_mm3"][name] - 1000 * ml) <= 2.5**3
    wanted = {"NCR": 5.0, "ET": 10.0, "ED": 40.0}
    truth = make_study(1, 4, spacing=(2.0, 2.5, 5.0), volumes_ml=wanted).truth
    for name, ml in wanted.items():
        assert abs(truth["volumes_mm3"][name] - 1000 * ml) <= 25
    assert truth["volumes_mm3"]["TC"] == pytest.approx(15000, abs=50)


@pytest.fixture(scope="module")
def grid_and_bare() -> tuple[Grid, Bare]:
    patient = make_patient(2, 0, StudyOptions(kind="high-grade"))
    grid = head_grid((4, 4, 4))
    return grid, patient.bare(grid, (0.0, 0.0, 0.0))


@given(necrosis=st.floats(0, 12), rim=st.floats(1, 20), oedema=st.floats(0, 60))
@settings(max_examples=30, deadline=None)
def test_any_volumes(
    grid_and_bare: tuple[Grid, Bare], necrosis: float, rim: float, oedema: float
) -> None:
    grid, bare = grid_and_bare
    wanted = {"NCR": 1e3 * necrosis, "ET": 1e3 * rim, "ED": 1e3 * oedema}
    label, _ = grow(bare.fields, bare.inside, grid.shape, 64, wanted)
    for value, name in LABELS.items():
        assert abs((label == value).sum() * 64 - wanted[name]) <= 32


def test_truth_counts_the_label_map(study: Study) -> None:
    for value, name in {1: "NCR", 2: "ED", 3: "ET"}.items():
        assert study.truth["voxels"][name] == (study.label == value).sum()
    assert study.truth["voxel_mm3"] == pytest.approx(2.5**3)


def test_necrosis_lies_within_the_rim(study: Study) -> None:
    around = ndimage.binary_dilation(study.label == 1)
    assert set(np.unique(study.label[around])) == {1, 3}


def test_tumour_stays_in_the_brain_and_out_of_the_ventricles(study: Study) -> None:
    inside = study.label > 0
    assert study.tissues["air"][inside].max() < 0.05
    assert study.tissues["ventricle"][inside].max() <= 0.5
    oedema = study.label == 2
    fluid = study.tissues["csf"] + study.tissues["ventricle"]
    assert fluid[oedema].max() <= 0.6


def test_oedema_prefers_white_matter(study: Study) -> None:
    healthy = make_study(3, 1, spacing=2.5, kind="none", keep_tissues=True)
    where = study.label == 2
    white, grey = (float(healthy.tissues[t][where].mean()) for t in ("wm", "gm"))
    whole = float(healthy.tissues["wm"].sum() / healthy.tissues["gm"].sum())
    assert white / grey > 1.5 * whole


def _means(study: Study, name: str) -> dict[str, float]:
    image, tissues = study.images[name], study.tissues
    found = {
        t: float(np.median(image[tissues[t] > 0.9]))
        for t in ("ventricle", "gm", "wm", "dgm")
    }
    for value, region in {1: "ncr", 2: "ed", 3: "et"}.items():
        found[region] = float(np.median(image[study.label == value]))
    return found


ORDERS = {
    "t1n": ["ventricle", "ncr", "ed", "gm", "dgm", "wm"],
    "t1c": ["ventricle", "ncr", "ed", "gm", "dgm", "wm", "et"],
    "t2w": ["wm", "dgm", "gm", "et", "ncr", "ventricle"],
    "t2f": ["ventricle", "ncr", "gm", "ed"],
}


@pytest.mark.parametrize("name", ORDERS)
def test_contrast(study: Study, name: str) -> None:
    means = _means(study, name)
    brightness = [means[tissue] for tissue in ORDERS[name]]
    assert brightness == sorted(brightness), means


def test_more_contrasts(study: Study) -> None:
    flair, t2w, t1c = (_means(study, n) for n in ("t2f", "t2w", "t1c"))
    assert flair["wm"] < flair["gm"] < 1.5 * flair["wm"]
    assert flair["ed"] == max(flair.values())
    assert t2w["ed"] > 1.1 * t2w["gm"]
    assert t1c["et"] > 1.5 * t1c["wm"]


def test_low_grade_has_no_core() -> None:
    study = make_study(0, 0, spacing=2.6, kind="low-grade")
    assert set(np.unique(study.label)) == {0, 2}
    assert study.truth["volumes_mm3"]["WT"] >= 10_000


def test_two_foci_are_two_pieces() -> None:
    study = make_study(0, 0, spacing=2.6, kind="high-grade", foci=2)
    pieces, count = ndimage.label(np.isin(study.label, (1, 3)))
    assert len(study.truth["foci_mm"]) == 2
    assert count >= 2


def test_no_tumour() -> None:
    study = make_study(0, 0, spacing=2.6, kind="none")
    assert not study.label.any()
    assert study.truth["centroid_mm"] is None


def test_drawn_sizes_are_realistic() -> None:
    brain = make_brain(np.random.default_rng(0))
    wholes = [
        sum(plan(np.random.default_rng(c), brain, kind).volumes.values())
        for c in range(6)
        for kind in ("high-grade", "low-grade")
    ]
    assert min(wholes) > 4e3
    assert max(wholes) < 1.6e5
    assert max(wholes) > 5 * min(wholes)


def test_noise_and_bias_change_the_image() -> None:
    clean = make_study(4, 0, spacing=2.6, noise=0, bias=0).images["t2w"]
    noisy = make_study(4, 0, spacing=2.6, noise=0.1, bias=0).images["t2w"]
    shaded = make_study(4, 0, spacing=2.6, noise=0, bias=0.3).images["t2w"]
    head = clean > 0
    assert np.std((noisy - clean)[head]) > 0.03 * clean.max()
    ratio = shaded[head] / clean[head]
    assert 0.69 < ratio.min() < 0.95
    assert 1.02 < ratio.max() < 1.31
    assert not noisy[~head].any()


def test_background_noise_of_a_whole_head_is_rician() -> None:
    study = make_study(4, 0, spacing=2.6, noise=0.05, bias=0, skull=True)
    corner = study.images["t1n"][:9, :9, -9:]
    # A magnitude without signal is Rayleigh: its mean is 1.91 standard deviations.
    assert corner.mean() / corner.std() == pytest.approx(1.91, rel=0.2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"spacin": 2}, "did you mean 'spacing'"),
        ({"spacing": 0.1}, "0.7 to 12"),
        ({"modalities": ("t1",)}, "t1n, t1c, t2w, t2f"),
        ({"modalities": ()}, "no sequence is left"),
        ({"noise": -1}, "noise"),
        ({"bias": 2}, "bias"),
        ({"flip": "q"}, "axis to flip"),
        ({"kind": "gloma"}, "kind of tumour"),
        ({"volumes_ml": {"XX": 1}}, "NCR, ET, ED"),
        ({"volumes_ml": {"ET": 5000}}, "does not fit"),
        ({"volumes_ml": {"ET": -5}}, "negative"),
        ({"foci": 0}, "foci"),
        ({"affine": np.eye(4)}, "shape"),
        ({"spacing": (1, 2)}, "spacing"),
    ],
)
def test_bad_options(changes: dict, said: str) -> None:
    changes.setdefault("spacing", 2.6)
    with pytest.raises(InputError, match=".") as caught:
        make_study(0, 0, **changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_options_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        StudyOptions().noise = 1  # type: ignore[misc]
