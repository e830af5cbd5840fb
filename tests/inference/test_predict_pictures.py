"""Slices of any format to masks and classes, at the right place and of the right size."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import tifffile
from PIL import Image

from mritumor.errors import InputError
from mritumor.inference import Predictor

ROWS, COLUMNS = slice(40, 70), slice(90, 110)


@pytest.fixture(scope="module")
def bright(bright_bundle: Path) -> Predictor:
    return Predictor(bright_bundle, device="cpu")


def square(top: float = 255.0) -> np.ndarray:
    """A dim image, 100 rows and 150 columns, with a bright square off its middle."""
    image = np.full((100, 150), 0.1 * top)
    image[::7, ::5] = 0.2 * top
    image[ROWS, COLUMNS] = top
    return image


def truth() -> np.ndarray:
    mask = np.zeros((100, 150), bool)
    mask[ROWS, COLUMNS] = True
    return mask


def overlap(mask: np.ndarray) -> float:
    return 2 * (truth() & (mask > 0)).sum() / (truth().sum() + (mask > 0).sum())


@pytest.mark.parametrize("kind", ["png", "rgb.png", "jpg", "tif", "png16", "bmp"])
def test_a_picture_s_mask_lies_where_the_square_is(
    kind: str, bright: Predictor, tmp_path: Path
) -> None:
    path = tmp_path / f"patient.{kind.replace('png16', 'png')}"
    image = square().astype(np.uint8)
    if kind == "rgb.png":
        image = np.repeat(image[..., None], 3, -1)
    elif kind == "png16":
        image = (square(40000.0)).astype(np.uint16)
    if kind == "tif":
        tifffile.imwrite(path, image)
    else:
        Image.fromarray(image).save(path)
    prediction = bright.predict(path)
    saved = prediction.save(tmp_path / "out")
    assert saved is not None and saved.name == f"{path.stem}_seg.png"
    mask = np.asarray(Image.open(saved))
    assert mask.shape == (100, 150) and set(np.unique(mask)) == {0, 255}
    assert overlap(mask) > 0.9
    assert overlap(prediction.labels) > 0.9


def test_arrays_are_as_seen(bright: Predictor) -> None:
    assert overlap(bright(square()).labels) > 0.9
    assert overlap(bright(square()[None]).labels) > 0.9


@pytest.mark.parametrize("codes", ["LPS", "RAS", "SPL", "ARS", "RIP"])
def test_a_volume_is_cut_as_it_is_seen(
    codes: str, bright: Predictor, tmp_path: Path
) -> None:
    """One slice as NIfTI, its axes in any order: the mask is at the same voxels."""
    volume = np.zeros((150, 100, 3))
    volume[..., 1] = square().T
    straight = nib.Nifti1Image(volume, np.diag([-1.0, -1.0, 4.0, 1.0]))
    turn = nib.orientations.ornt_transform(
        nib.io_orientation(straight.affine), nib.orientations.axcodes2ornt(codes)
    )
    turned = straight.as_reoriented(turn)
    nib.save(turned, tmp_path / "P1.nii.gz")
    prediction = bright.predict(tmp_path / "P1.nii.gz")
    assert prediction.labels.shape == turned.shape
    saved = nib.load(prediction.save(tmp_path / "out"))
    assert np.allclose(saved.affine, turned.affine)
    back = saved.as_reoriented(
        nib.orientations.ornt_transform(
            nib.io_orientation(saved.affine), nib.io_orientation(straight.affine)
        )
    )
    labels = np.asarray(back.dataobj)
    assert overlap(labels[..., 1].T) > 0.9 and not labels[..., [0, 2]].any()


def test_the_network_sees_a_volume_s_slice_as_a_picture(
    joint_bundle: Path, tmp_path: Path
) -> None:
    """A random network sees any turn or mirroring: slice and picture agree exactly."""
    predictor = Predictor(joint_bundle, device="cpu")
    image = np.random.default_rng(0).uniform(0, 255, (1, 60, 80)).astype(np.float32)
    flat = predictor(image)
    # Axes left, posterior, superior are columns, rows, slices as seen.
    volume = np.swapaxes(image, 1, 2)[..., None]
    for codes in ("LPS", "RAS", "PRI"):
        start = nib.orientations.axcodes2ornt("LPS")
        turn = nib.orientations.ornt_transform(
            start, nib.orientations.axcodes2ornt(codes)
        )
        straight = nib.Nifti1Image(volume[0], np.diag([-1.0, -1.0, 5.0, 1.0]))
        turned = straight.as_reoriented(turn)
        deep = predictor(np.asarray(turned.dataobj)[None], turned.affine)
        assert deep.probabilities == pytest.approx(flat.probabilities)
        assert deep.labels.sum() == flat.labels.sum()


def test_a_joint_bundle_tells_mask_and_class(joint_bundle: Path) -> None:
    prediction = Predictor(joint_bundle, device="cpu")(square())
    assert list(prediction.probabilities) == ["meningioma", "glioma", "pituitary"]
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.class_name in prediction.probabilities
    assert prediction.labels.shape == (100, 150)
    assert prediction._repr_png_()[:4] == b"\x89PNG"
    assert prediction.class_name in prediction._repr_html_()


def test_a_classifier_outlines_nothing(classifier: Path, tmp_path: Path) -> None:
    prediction = Predictor(classifier, device="cpu")(square())
    assert prediction.labels is None and prediction.save(tmp_path) is None
    assert prediction.names == {} and prediction.volumes == {}
    assert len(prediction.probabilities) == 4


def test_a_patient_s_folder_is_one_case(bright: Predictor, tmp_path: Path) -> None:
    folder = tmp_path / "TCGA_XX_1"
    folder.mkdir()
    for number in (1, 2, 10):
        image = square() if number == 2 else np.zeros((100, 150))
        if number == 10:
            image[0, 0] = 255
        Image.fromarray(image.astype(np.uint8)).save(folder / f"TCGA_XX_1_{number}.tif")
        mask = Image.fromarray(np.zeros((100, 150), np.uint8))
        mask.save(folder / f"TCGA_XX_1_{number}_mask.tif")
    (case,) = bright.find(folder).cases
    prediction = bright.predict(case)
    assert prediction.labels.shape == (100, 150, 3)
    assert [f.stem[-2:] for f in prediction.files] == ["_1", "_2", "10"]
    assert overlap(prediction.labels[..., 1]) > 0.9
    assert prediction.volumes["tumour"] == (prediction.labels > 0).sum()
    saved = prediction.save(tmp_path / "out")
    assert sorted(f.name for f in saved.iterdir()) == [
        f"TCGA_XX_1_{n}_seg.png" for n in (10, 1, 2)
    ]
    assert prediction.summary()["measures"][0]["lesions"] >= 1


def test_bad_pictures_are_named(bright: Predictor, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG not really")
    with pytest.raises(InputError, match="broken.png: this is no readable picture"):
        bright.predict(tmp_path / "broken.png")
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(tmp_path / "flat.png")
    with pytest.raises(InputError, match="flat.png: .*one value throughout"):
        bright.predict(tmp_path / "flat.png")
    with pytest.raises(InputError, match="no such file or folder"):
        bright.predict(tmp_path / "nowhere.png")
    with pytest.raises(InputError, match="NaN"):
        bright(np.full((1, 50, 50), np.nan))


def test_uncertainty_and_ensemble(joint_bundle: Path, tmp_path: Path) -> None:
    weights = joint_bundle / "models/model.pt"
    plain = Predictor(joint_bundle, device="cpu")(square())
    twice = Predictor(joint_bundle, device="cpu", ensemble=[weights, weights])(square())
    assert np.array_equal(plain.labels, twice.labels)
    assert twice.probabilities == pytest.approx(plain.probabilities)
    unsure = Predictor(joint_bundle, device="cpu", uncertainty=True)
    assert unsure.flips == [(), (0,)]
    prediction = unsure(square())
    assert prediction.uncertainty.shape == prediction.labels.shape
    assert 0 <= prediction.uncertainty.min() and prediction.uncertainty.max() <= 1
    low, high = prediction.ranges["tumour"]
    assert low <= high
    # A mirrored image gives the mirrored answer, since both are in the mean.
    mirrored = unsure(square()[:, ::-1])
    assert np.mean(mirrored.labels[:, ::-1] == prediction.labels) > 0.99
