from __future__ import annotations

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from mritumor.data.inputs import find_cases
from mritumor.data.modalities import MODALITIES
from mritumor.data.preprocess import (
    Options,
    Volume,
    preprocess,
    read_record,
    resample,
    restore,
    write,
)
from mritumor.errors import GeometryError, InputError, MissingDependencyError
from mritumor.phantom import make_study
from mritumor.phantom.grid import rotation

PLAIN = Options(n4=False, registration=False, normalise="none")


def save(folder, case, images, affines):
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, array in images.items():
        files[name] = folder / f"{case}_{name}.nii.gz"
        nib.save(nib.Nifti1Image(array, affines[name]), files[name])
    return files


def displacement():
    matrix = np.eye(4)
    matrix[:3, :3] = rotation((1, 2, 3), 12)
    matrix[:3, 3] = (8, -6, 9)
    return matrix


@pytest.fixture(scope="module")
def phantom():
    """t1c on an LPS grid, t2w in thick oblique slices."""
    options = {"spacing": 4.0, "flip": "xy", "modalities": ["t1c", "t2w"]}
    return make_study(5, 1, different_grids=True, **options)


@pytest.fixture(scope="module")
def files(phantom, tmp_path_factory):
    """The same head; it moved before the t2w was taken."""
    folder = tmp_path_factory.mktemp("raw") / "P1"
    affines = dict(phantom.affines)
    affines["t2w"] = displacement() @ affines["t2w"]
    return save(folder, "P1", phantom.images, affines)


@pytest.fixture(scope="module")
def done(files):
    return preprocess(files, Options(n4=False), "P1")


def dice(a, b):
    return 2 * ((a > 0) & (b > 0)).sum() / ((a > 0).sum() + (b > 0).sum())


def test_everything_lies_on_one_ras_grid_and_one_scale(done):
    assert nib.aff2axcodes(done.carrier.grid.affine) == ("R", "A", "S")
    assert list(done.images) == ["t1c", "t2w"]
    for image in done.images.values():
        assert image.shape == done.carrier.grid.shape and image.dtype == np.float32
        assert image[image != 0].mean() == pytest.approx(0, abs=1e-3)
        assert image[image != 0].std() == pytest.approx(1, abs=1e-3)


def test_the_moved_sequence_is_laid_back(done):
    found = done.placing.registrations["t2w"].matrix
    points = 60 * np.concatenate([np.eye(3), -np.eye(3)])
    apart = points @ (found - displacement())[:3, :3].T
    apart += (found - displacement())[:3, 3]
    assert np.linalg.norm(apart, axis=1).mean() < 1.0
    assert done.warnings == []


def test_a_mask_there_and_back(done, phantom):
    there = done.carrier.to_preprocessed(phantom.label)
    back = done.to_original(there.array)
    np.testing.assert_array_equal(back.array, phantom.label)
    np.testing.assert_allclose(back.affine, phantom.affine, atol=1e-4)
    on_t2w = done.to_original(there.array, "t2w")
    assert on_t2w.array.shape == phantom.images["t2w"].shape
    truth = resample(
        Volume(phantom.label, phantom.affine),
        Volume(phantom.images["t2w"], phantom.affines["t2w"]).grid,
        label=True,
    )
    assert dice(on_t2w.array, truth.array) > 0.85  # thick slices, 4 mm voxels


def test_what_is_written_reads_as_a_case_and_itk_repeats_it(done, files, tmp_path):
    written = write(done, tmp_path / "P1")
    assert sorted(p.name for p in (tmp_path / "P1").iterdir()) == [
        "P1_preprocess.json",
        "P1_t1c.nii.gz",
        "P1_t1c.tfm",
        "P1_t2w.nii.gz",
        "P1_t2w.tfm",
    ]
    (case,) = find_cases(tmp_path / "P1", MODALITIES)
    assert case.name == "P1" and set(case.files) == {"t1c", "t2w"}
    transform = sitk.ReadTransform(str(tmp_path / "P1/P1_t2w.tfm"))
    raw = sitk.ReadImage(str(files["t2w"]), sitk.sitkFloat32)
    like = sitk.ReadImage(str(written["t2w"]))
    moved = sitk.GetArrayFromImage(sitk.Resample(raw, like, transform)).T
    inside = done.images["t2w"] != 0
    pair = np.corrcoef(moved[inside], done.images["t2w"][inside])
    assert pair[0, 1] > 0.98  # but for the clipped extremes the same picture


def test_the_record_says_what_was_done_and_leads_back(done, phantom, tmp_path):
    written = write(done, tmp_path)
    record = json.loads(written["record"].read_text())
    steps = "registration, orientation RAS, resampling linear, cropping"
    assert [s.replace(",", "") for s in record["steps"][:4]] == steps.split(", ")
    assert record["options"]["reference"] == "t1c"
    assert record["versions"]["SimpleITK"]
    found = record["sequences"]["t2w"]["registration"]
    np.testing.assert_allclose(found["matrix"], done.carrier.matrices["t2w"])
    assert found["match"]["nmi"] > 1.1 and found["degrees"] == pytest.approx(12, abs=1)
    there = read_record(written["record"]).to_preprocessed(phantom.label)
    nib.save(nib.Nifti1Image(there.array, there.affine), tmp_path / "mask.nii.gz")
    out = tmp_path / "new/own.nii.gz"
    restore(written["record"], tmp_path / "mask.nii.gz", out)
    np.testing.assert_array_equal(np.asarray(nib.load(out).dataobj), phantom.label)


def test_bad_masks_and_records(done, phantom, tmp_path):
    record = write(done, tmp_path)["record"]
    out, mask = tmp_path / "own.nii.gz", tmp_path / "mask.nii.gz"
    nib.save(nib.Nifti1Image(phantom.label, phantom.affine), mask)
    with pytest.raises(GeometryError, match="another grid"):
        restore(record, mask, out)
    shape, affine = done.carrier.grid.shape, done.carrier.grid.affine
    nib.save(nib.Nifti1Image(np.full(shape, 0.5, "f4"), affine), mask)
    with pytest.raises(InputError, match="no labels"):
        restore(record, mask, out)
    record.write_text("{}")
    with pytest.raises(InputError, match="no record"):
        restore(record, mask, out)
    with pytest.raises(InputError, match="cannot be read"):
        read_record(tmp_path / "nowhere.json")


def test_different_grids_come_to_the_named_reference(phantom, tmp_path):
    files = save(tmp_path, "P2", phantom.images, phantom.affines)
    options = replace(PLAIN, reference="t2w", crop=False)
    result = preprocess(files, options, "P2")
    own = Volume(phantom.images["t2w"], phantom.affines["t2w"])
    grid = own.grid.to_ras()
    assert result.carrier.grid.difference(grid) is None
    expected = resample(own, grid).array
    np.testing.assert_allclose(result.images["t2w"], expected, atol=0.05)
    fine = preprocess(files, replace(PLAIN, spacing=6.0), "P2")
    assert fine.carrier.grid.spacing == pytest.approx((6, 6, 6))


def test_an_atlas_gives_its_own_grid(phantom, files, tmp_path):
    atlas = make_study(5, 1, spacing=5, modalities=["t1c"])
    moved = displacement() @ atlas.affines["t1c"]
    name = save(tmp_path, "atlas", atlas.images, {"t1c": moved})["t1c"]
    options = replace(PLAIN, atlas=name, spacing=2.5)
    result = preprocess({"t1c": files["t1c"]}, options, "P1")
    grid = Volume(atlas.images["t1c"], moved).grid.to_ras()
    assert result.carrier.grid.difference(grid.with_spacing((2.5,) * 3)) is None
    apart = np.linalg.inv(displacement()) - result.carrier.matrices["t1c"]
    assert np.abs(apart[:3, :3]).max() < 0.01 and np.abs(apart[:3, 3]).max() < 1
    back = result.to_original(result.carrier.to_preprocessed(phantom.label).array)
    assert dice(back.array, phantom.label) >= 0.95
    assert result.placing.atlas is not None


def test_builtin_stripping_masks_crops_and_warns(tmp_path):
    head = make_study(0, 3, spacing=5, skull=True, modalities=["t2w"])
    files = save(tmp_path / "raw", "P3", head.images, head.affines)
    options = replace(PLAIN, reference="t2w", skull_strip="builtin")
    result = preprocess(files, options, "P3")
    assert result.mask is not None and result.mask.shape == result.carrier.grid.shape
    assert not result.images["t2w"][~result.mask].any()
    assert result.carrier.grid.shape < head.images["t2w"].shape
    assert any("P3: the brain was found by the built-in" in w for w in result.warnings)
    assert write(result, tmp_path / "out")["brainmask"].is_file()


def test_n4_and_an_odd_background(tmp_path):
    head = make_study(0, 3, spacing=6, modalities=["t1n"])
    files = save(tmp_path, "P4", head.images, head.affines)
    result = preprocess(files, Options(reference="t1n"), "P4")
    assert result.bias["t1n"] > 0.01
    array = np.where(head.images["t1n"] == 0, np.float32(-3), head.images["t1n"])
    files = save(tmp_path, "P5", {"t1n": array}, head.affines)
    result = preprocess(files, replace(PLAIN, reference="t1n"), "P5")
    assert result.images["t1n"].min() == 0
    assert "background -3 was set to 0" in result.warnings[0]


def test_what_is_refused(files, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="P1: the reference t1n is missing.*t1c, t2w"):
        preprocess(files, Options(reference="t1n"), "P1")
    with pytest.raises(InputError, match="one file x.nii"):
        preprocess({"": "x.nii"}, Options(), "P1")
    noise = np.random.default_rng(0).random((20, 20, 20), np.float32)
    bad = save(tmp_path, "P6", {"t2f": noise}, {"t2f": np.diag([9.0, 9, 9, 1])})
    study = {"t1c": files["t1c"], "t2f": bad["t2f"]}
    with pytest.raises(InputError, match="P6, t2f onto t1c: the registration is refus"):
        preprocess(study, Options(n4=False), "P6")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError, match="P1: the program hd-bet"):
        preprocess(files, Options(skull_strip="hd-bet"), "P1")
    for name, array in (("t1c", np.ones((4, 4, 4))), ("t1c", np.ones((4, 4, 4, 2)))):
        save(tmp_path, "P7", {name: array}, {name: np.eye(4)})
        with pytest.raises(InputError, match="P7_t1c.*(constant|one sequence)"):
            preprocess({"t1c": tmp_path / "P7_t1c.nii.gz"}, PLAIN, "P7")


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "t3"},
        {"skull_strip": "saw"},
        {"normalise": "best"},
        {"atlas_kind": "elastic"},
        {"margin": -1.0},
        {"spacing": (1.0, 1.0)},
    ],
)
def test_options_that_do_not_exist(changes):
    with pytest.raises(InputError):
        Options(**changes)
