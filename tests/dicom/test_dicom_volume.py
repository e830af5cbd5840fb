"""A written series comes back where it was, as SimpleITK sees it too."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import as_stored, enhanced, save, slices, uids
from PIL import Image, features
from pydicom.encaps import encapsulate
from pydicom.pixels import get_encoder
from pydicom.uid import (
    MPEG2MPML,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from mritumor.dicom import find_series, read_series
from mritumor.errors import GeometryError, InputError, MissingDependencyError
from mritumor.geometry import voxel_to_world
from mritumor.phantom import make_study

MARK = (10, 20, 5)


@pytest.fixture(scope="module")
def image() -> tuple[np.ndarray, np.ndarray]:
    """A phantom's T1, with one marked voxel, on an oblique grid."""
    study = make_study(seed=1, case=0, spacing=5, modalities=("t1n",))
    array = as_stored(study.images["t1n"])
    array[MARK] = 4095
    turn = _rotation(0.3, -0.2, 0.45)
    affine = study.affines["t1n"].copy()
    affine[:3, :3] = turn @ np.diag([0.94, 1.1, 3.3])
    return array, affine


def _rotation(x: float, y: float, z: float) -> np.ndarray:
    turned = np.eye(3)
    for axis, angle in enumerate((x, y, z)):
        c, s = np.cos(angle), np.sin(angle)
        part = np.eye(3)
        a, b = [i for i in range(3) if i != axis]
        part[a, a], part[b, b], part[a, b], part[b, a] = c, c, -s, s
        turned = turned @ part
    return turned


def _volume(folder: Path) -> Any:
    (series,) = find_series(folder).series
    return read_series(series)


def _position(array: np.ndarray, affine: np.ndarray) -> np.ndarray:
    return voxel_to_world(affine, np.argwhere(array == array.max())[0])


@pytest.mark.parametrize("flip", [False, True])
def test_shuffled_reversed_oblique_as_simpleitk(
    image: tuple[np.ndarray, np.ndarray], tmp_path: Path, flip: bool
) -> None:
    array, affine = image
    if flip:  # the stack then runs against its normal
        affine = affine @ np.diag([1.0, 1, -1, 1])
    names = random.Random(0).sample(range(1000), array.shape[2])
    made = slices(array, affine, uids(), RescaleSlope=2, RescaleIntercept=-7)
    for k, ds in enumerate(made):
        ds.InstanceNumber = 500 - k
    save(tmp_path / "dicom", made, lambda k: f"{names[k]}.dcm")
    volume = _volume(tmp_path / "dicom")
    where = _position(volume.array, volume.affine)
    assert np.allclose(where, voxel_to_world(affine, MARK), atol=1e-3)

    nib.save(nib.Nifti1Image(volume.array, volume.affine), tmp_path / "v.nii.gz")
    ours = sitk.ReadImage(str(tmp_path / "v.nii.gz"))
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "dicom")))
    theirs = reader.Execute()
    assert ours.GetSize() == theirs.GetSize()
    values = sitk.GetArrayFromImage(theirs)
    assert np.array_equal(sitk.GetArrayFromImage(ours), values)
    for index in (MARK, (0, 0, 0), tuple(n - 1 for n in ours.GetSize())):
        a, b = (i.TransformIndexToPhysicalPoint(index) for i in (ours, theirs))
        assert np.allclose(a, b, atol=1e-3)


def test_multi_frame(image: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    array, affine = image
    made = enhanced(array, affine, uids(), RepetitionTime=550, EchoTime=9)
    volume = _volume(save(tmp_path, [made]))
    where = _position(volume.array, volume.affine)
    assert np.allclose(where, voxel_to_world(affine, MARK), atol=1e-3)
    wanted = array.astype(np.float32) * 2 - 5
    # The grid of this phantom is left-handed to DICOM: slices come sorted upwards.
    assert any(np.array_equal(volume.array, w) for w in (wanted, wanted[..., ::-1]))
    assert (volume.header.echo_time, volume.header.repetition_time) == (9, 550)


def test_multi_frame_with_a_frame_missing(
    image: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    made = enhanced(*image, uids())
    made.PerFrameFunctionalGroupsSequence.pop()
    found = find_series(save(tmp_path, [made]))
    assert not found.series and len(found.broken) == 1


def _compressed(ds: Any, syntax: str) -> Any:
    if syntax != JPEG2000Lossless:
        ds.compress(syntax)
        return ds
    stream = io.BytesIO()
    picture = Image.fromarray(ds.pixel_array)
    picture.save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    ds.PixelData = encapsulate([stream.getvalue()])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_pixels(
    image: tuple[np.ndarray, np.ndarray], tmp_path: Path, syntax: Any
) -> None:
    if syntax == JPEG2000Lossless and not features.check("jpg_2000"):
        pytest.skip("Pillow was built without JPEG 2000")
    if syntax == JPEGLSLossless and not get_encoder(syntax).is_available:
        pytest.skip("no JPEG-LS encoder: pip install pyjpegls")
    array, affine = image[0][:, :, :8], image[1]
    plain = _volume(save(tmp_path / "plain", slices(array, affine, uids())))
    made = [_compressed(ds, syntax) for ds in slices(array, affine, uids())]
    volume = _volume(save(tmp_path / "packed", made))
    assert np.array_equal(volume.array, plain.array)


@pytest.mark.parametrize(
    ("syntax", "package"),
    [(JPEGLosslessSV1, "pylibjpeg"), (MPEG2MPML, "uncompressed")],
)
def test_compression_without_decoder_is_named(
    image: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    syntax: Any,
    package: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mritumor.dicom.pixels._has_decoder", lambda _: False)
    made = slices(image[0][:, :, :6], image[1], uids())
    for ds in made:
        ds.PixelData = encapsulate([b"\xff\xd8\xff\xd9" * 8])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = syntax
    with pytest.raises((MissingDependencyError, InputError)) as caught:
        _volume(save(tmp_path, made))
    assert syntax.name in str(caught.value) and package in str(caught.value)


def test_missing_slice_is_named_by_its_place(
    image: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    array = image[0]
    affine = np.diag([-5.0, -5, 5, 1])
    affine[2, 3] = -40.0
    made = slices(array, affine, uids())
    del made[7]
    with pytest.raises(GeometryError) as caught:
        _volume(save(tmp_path, made))
    text = str(caught.value)
    assert "1 slice(s) are missing at -5.00 mm" in text
    assert "instance 7 at -10.00 mm and instance 9 at 0.00 mm" in text


def test_varying_spacing(image: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    made = slices(image[0], np.diag([-5.0, -5, 5, 1]), uids())
    for ds in made[6:]:
        ds.ImagePositionPatient[2] = float(ds.ImagePositionPatient[2]) + 1.7
    with pytest.raises(GeometryError, match="varies.*5.000 to 6.700 mm"):
        _volume(save(tmp_path, made))


def test_doubled_position(image: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    own = uids()
    made = slices(image[0], np.diag([-5.0, -5, 5, 1]), own)
    made += slices(image[0], np.diag([-5.0, -5, 5, 1]), own)[3:4]
    with pytest.raises(GeometryError, match="share positions.*at 15.00 mm"):
        _volume(save(tmp_path, made))


def test_truncated_pixels(image: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    save(tmp_path, slices(image[0], image[1], uids()))
    file = tmp_path / "IM0004"
    file.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(InputError, match="instance 5 truncated or damaged"):
        _volume(tmp_path)


def test_monochrome1_and_signed(
    image: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    array, affine = image
    tags = {"PhotometricInterpretation": "MONOCHROME1"}
    plain = _volume(save(tmp_path / "2", slices(array, affine, uids()))).array
    volume = _volume(save(tmp_path / "1", slices(array, affine, uids(), **tags)))
    assert volume.array.dtype == np.uint16
    assert np.array_equal(volume.array, 4095 - plain)
    signed = (array.astype(np.int16) - 2048).astype(np.int16)
    tags = {"PixelRepresentation": 1}
    volume = _volume(save(tmp_path / "s", slices(signed, affine, uids(), **tags)))
    assert volume.array.dtype == np.int16
    assert np.array_equal(volume.array, plain.astype(np.int16) - 2048)
