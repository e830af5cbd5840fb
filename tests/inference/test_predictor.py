"""Predictions keep the geometry of what they were asked about."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from mritumor.cli.main import main
from mritumor.data.inputs import find_cases
from mritumor.errors import BundleError, GeometryError, InputError
from mritumor.inference import Predictor

MODALITIES = ("t1n", "t1c", "t2w", "t2f")


@pytest.fixture(scope="module")
def predictor(trained_bundle: Path) -> Predictor:
    return Predictor(trained_bundle, device="cpu")


@pytest.fixture(scope="module")
def case(phantoms: Path) -> Path:
    datalist = json.loads((phantoms / "datalist.json").read_text())
    return phantoms / Path(datalist["testing"][0]["image"][0]).parent


def image_of(case: Path) -> tuple[np.ndarray, np.ndarray]:
    files = [nib.load(case / f"{case.name}_{m}.nii.gz") for m in MODALITIES]
    return np.stack([f.get_fdata(dtype=np.float32) for f in files]), files[0].affine


def write(
    folder: Path, array: np.ndarray, affine: np.ndarray, name: str = "P1"
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for modality, channel in zip(MODALITIES, array):
        nib.save(nib.Nifti1Image(channel, affine), folder / f"{name}_{modality}.nii.gz")
    return folder


def test_files_and_arrays_give_the_same(predictor: Predictor, case: Path) -> None:
    (found,) = find_cases(case, MODALITIES)
    from_files = predictor.predict(found)
    from_array = predictor(*image_of(case))
    assert np.array_equal(from_files.labels, from_array.labels)
    assert from_files.labels.dtype == np.uint8


def test_the_bundle_run_gives_the_same(
    predictor: Predictor, trained_bundle: Path, case: Path, tmp_path: Path
) -> None:
    from mritumor.bundle.launch import run_bundle

    words = ["--dataset_dir", str(case), "--output_dir", str(tmp_path)]
    run_bundle(trained_bundle, "infer", [], words)
    saved = nib.load(tmp_path / f"{case.name}_seg.nii.gz")
    prediction = predictor(*image_of(case))
    assert np.array_equal(np.asarray(saved.dataobj), prediction.labels)
    assert np.allclose(saved.affine, prediction.affine)
    assert saved.get_data_dtype() == np.uint8


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("flips", [(), (0, 2)])
def test_orientation_of_the_file_does_not_matter(
    predictor: Predictor, case: Path, axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    """The same patient stored with other axes gets the same labels at each point."""
    image, affine = image_of(case)
    straight = predictor(image, affine).labels
    stored = nib.Nifti1Image(straight, affine)
    orientation = np.array([[axes.index(a), -1 if a in flips else 1] for a in range(3)])
    turned = [nib.Nifti1Image(c, affine).as_reoriented(orientation) for c in image]
    labels = predictor(
        np.stack([t.get_fdata() for t in turned]), turned[0].affine
    ).labels
    expected = np.asarray(stored.as_reoriented(orientation).dataobj)
    assert np.mean(labels == expected) > 0.999


def test_saved_file_has_the_input_s_geometry(
    predictor: Predictor, case: Path, tmp_path: Path
) -> None:
    image, _ = image_of(case)
    oblique = np.array(
        [[-4.9, 0.5, 0.1, 20], [0.5, 4.9, 0.3, -80], [0.2, -0.3, 5.5, 3], [0, 0, 0, 1]]
    )
    (found,) = find_cases(write(tmp_path / "in", image, oblique), MODALITIES)
    saved = nib.load(predictor.predict(found).save(tmp_path / "out"))
    assert saved.shape == image.shape[1:]
    assert np.allclose(saved.affine, oblique, atol=1e-4)
    assert saved.get_data_dtype() == np.uint8
    assert set(np.unique(np.asarray(saved.dataobj))) <= {0, 1, 2, 3}


def test_volumes_are_voxels_times_their_size(predictor: Predictor, case: Path) -> None:
    prediction = predictor(*image_of(case))
    counts = {v: int((prediction.labels == v).sum()) for v in prediction.names}
    size = abs(np.linalg.det(prediction.affine[:3, :3]))
    assert prediction.volumes == pytest.approx(
        {name: counts[v] * size for v, name in prediction.names.items()}
    )


def test_missing_sequence_is_refused_then_filled(
    predictor: Predictor, case: Path, tmp_path: Path
) -> None:
    image, affine = image_of(case)
    (write(tmp_path / "P1", image, affine) / "P1_t2w.nii.gz").unlink()
    (found,) = find_cases(tmp_path / "P1", MODALITIES)
    with pytest.raises(
        InputError, match="P1: the sequence t2w is missing .*t1n.*expected"
    ):
        predictor.predict(found)
    prediction = predictor.predict(found, fill_missing=True)
    assert prediction.missing == ("t2w",)
    image[2] = 0
    assert np.array_equal(prediction.labels, predictor(image, affine).labels)


def test_bad_cases_are_named_and_the_others_go_on(
    trained_bundle: Path, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, affine = image_of(case)
    scans, out = tmp_path / "scans", tmp_path / "out"
    write(scans / "good", image, affine, "good")
    broken = image.copy()
    broken[1, 3, 3, 3] = np.nan
    write(scans / "nan", broken, affine, "nan")
    write(scans / "empty", image, affine, "empty")
    (scans / "empty/empty_t2f.nii.gz").write_bytes(b"")
    write(scans / "text", image, affine, "text")
    (scans / "text/text_t1c.nii.gz").write_text("this is not a scan")
    write(scans / "shapes", image, affine, "shapes")
    small = nib.Nifti1Image(image[0, :-1], affine)
    nib.save(small, scans / "shapes/shapes_t1n.nii.gz")
    write(scans / "three", image[:3], affine, "three")
    words = ["predict", str(trained_bundle), str(scans), "--out", str(out), "--json"]
    assert main(words) == 1
    said = capsys.readouterr()
    results = {r["case"]: r for r in json.loads(said.out)}
    assert {n for n, r in results.items() if "problem" in r} == set(results) - {"good"}
    for name, sentence in {
        "nan": "nan_t1c.nii.gz: the image holds NaN",
        "empty": "empty_t2f.nii.gz: the file is empty",
        "text": "text_t1c.nii.gz: ",
        "shapes": "the sequences lie on different grids",
        "three": "three: the sequence t2f is missing",
    }.items():
        assert sentence in results[name]["problem"]
        assert results[name]["problem"] in said.err
    assert "Traceback" not in said.err
    assert (out / "good_seg.nii.gz").is_file() and (
        out / "good.png"
    ).stat().st_size > 5000
    assert json.loads((out / "predictions.json").read_text()) == list(results.values())


def test_four_dimensional_file(
    predictor: Predictor, case: Path, tmp_path: Path
) -> None:
    image, affine = image_of(case)
    nib.save(
        nib.Nifti1Image(np.moveaxis(image, 0, -1), affine), tmp_path / "whole.nii.gz"
    )
    (found,) = find_cases(tmp_path / "whole.nii.gz", MODALITIES)
    assert np.array_equal(
        predictor.predict(found).labels, predictor(image, affine).labels
    )
    nib.save(
        nib.Nifti1Image(np.moveaxis(image[:3], 0, -1), affine),
        tmp_path / "three.nii.gz",
    )
    (found,) = find_cases(tmp_path / "three.nii.gz", MODALITIES)
    with pytest.raises(InputError, match=r"three.nii.gz: .*expected \(I, J, K, 4\)"):
        predictor.predict(found)


def test_different_grids_are_refused(
    predictor: Predictor, case: Path, tmp_path: Path
) -> None:
    image, affine = image_of(case)
    write(tmp_path / "P1", image, affine)
    moved = affine.copy()
    moved[0, 3] += 10
    nib.save(nib.Nifti1Image(image[3], moved), tmp_path / "P1/P1_t2f.nii.gz")
    (found,) = find_cases(tmp_path / "P1", MODALITIES)
    with pytest.raises(
        GeometryError, match="P1_t2f.nii.gz: .*corners up to 10 mm apart"
    ):
        predictor.predict(found)


def test_no_weights_and_no_bundle(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="this bundle has no weights yet"):
        Predictor(tiny_bundle)
    with pytest.raises(BundleError, match="this folder is no bundle"):
        Predictor(tmp_path)
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(BundleError, match="no weights of this bundle's network"):
        Predictor(tiny_bundle, weights=tmp_path / "other.pt")


def test_weights_that_a_bundle_warns_of_say_so(
    trained_bundle: Path, phantoms: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(trained_bundle, bundle)
    weights = bundle / "models/model.pt"
    path = bundle / "configs/metadata.json"
    metadata = json.loads(path.read_text("utf-8"))
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    for own, said in (("0" * 64, []), (digest, ["plumbing"])):
        facts = {"weights_caution": "plumbing", "weights": {"sha256": own}}
        path.write_text(json.dumps({**metadata, **facts}), "utf-8")
        predictor = Predictor(bundle, device="cpu")
        assert predictor.notes == said
    case = predictor.find(phantoms).cases[0]
    assert predictor.predict(case).summary()["notes"] == ["plumbing"]


@pytest.mark.shared_data
def test_real_volumes_keep_their_geometry(
    trained_bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    """Four BraTS 2015 cases with two sequences, and TCGA-DU-7294 with four."""
    predictor = Predictor(trained_bundle, device="cpu")
    cases = find_cases(
        [shared_data / "volumes/brats2015", shared_data / "volumes/tcga"], MODALITIES
    )
    assert len(cases) == 5
    for case in cases:
        prediction = predictor.predict(
            case, fill_missing=bool(case.missing(MODALITIES))
        )
        source = nib.load(next(iter(case.files.values())))
        saved = nib.load(prediction.save(tmp_path))
        assert saved.shape == source.shape
        assert np.allclose(saved.affine, source.affine, atol=1e-5)
        assert (tmp_path / f"{case.name}_seg.nii.gz").is_file()
