from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mritumor.data.read import read_geometry, read_volume
from mritumor.errors import InputError

FORMATS = (".nii.gz", ".nii", ".nrrd", ".mha")


@pytest.fixture
def image():
    """Oblique, anisotropic, of three different lengths, (I, J, K) = (4, 5, 6)."""
    array = np.random.default_rng(0).integers(-900, 900, (6, 5, 4)).astype(np.int16)
    image = sitk.GetImageFromArray(array)
    turn = Rotation.from_euler("xyz", (12, -25, 40), degrees=True).as_matrix()
    image.SetDirection(turn.ravel().tolist())
    image.SetSpacing((0.8, 1.1, 6.5))
    image.SetOrigin((-31.5, 12.25, 88.0))
    return image


def written(image, folder):
    files = {end: folder / f"scan{end}" for end in FORMATS}
    for file in files.values():
        sitk.WriteImage(image, str(file))
    return files


@pytest.mark.parametrize("end", FORMATS)
def test_every_format_gives_the_voxels_of_simpleitk(image, tmp_path, end):
    array, _ = read_volume(written(image, tmp_path)[end])
    assert array.shape == (4, 5, 6) and array.dtype == np.int16
    np.testing.assert_array_equal(array, sitk.GetArrayFromImage(image).T)


@pytest.mark.parametrize("end", FORMATS)
def test_every_format_gives_the_affine_of_nibabel(image, tmp_path, end):
    files = written(image, tmp_path)
    _, affine = read_volume(files[end])
    reference = nib.load(files[".nii.gz"]).affine
    np.testing.assert_allclose(affine, reference, rtol=0, atol=1e-5)


@pytest.mark.parametrize("end", FORMATS)
def test_a_voxel_lies_where_simpleitk_says(image, tmp_path, end):
    _, affine = read_volume(written(image, tmp_path)[end])
    point = image.TransformIndexToPhysicalPoint((3, 1, 5))
    lps = np.array([-1, -1, 1]) * (affine @ [3, 1, 5, 1])[:3]
    np.testing.assert_allclose(lps, point, atol=1e-4)


@pytest.mark.parametrize("end", FORMATS)
def test_geometry_is_that_of_the_volume(image, tmp_path, end):
    file = written(image, tmp_path)[end]
    array, affine = read_volume(file)
    shape, alone = read_geometry(file)
    assert tuple(shape) == array.shape
    np.testing.assert_array_equal(alone, affine)


@pytest.mark.parametrize("end", [".nrrd", ".mha"])
def test_channels_come_last(tmp_path, end):
    array = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(4, 3, 2, 5)
    file = tmp_path / f"many{end}"
    sitk.WriteImage(sitk.GetImageFromArray(array, isVector=True), str(file))
    read, _ = read_volume(file)
    assert read.shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(read, array.transpose(2, 1, 0, 3))


def test_channels_that_itk_wrote_on_a_fifth_axis_come_last(image, tmp_path):
    """NIfTI's fourth axis is time: SimpleITK and 3D Slicer put channels behind it."""
    both = sitk.Compose(image, image + 1)
    sitk.WriteImage(both, str(tmp_path / "both.nii.gz"))
    assert nib.load(tmp_path / "both.nii.gz").shape == (4, 5, 6, 1, 2)
    array, affine = read_volume(tmp_path / "both.nii.gz")
    first = sitk.GetArrayFromImage(image).T
    np.testing.assert_array_equal(array, np.stack([first, first + 1], axis=-1))
    shape, same = read_geometry(tmp_path / "both.nii.gz")
    assert shape == array.shape == (4, 5, 6, 2) and (affine == same).all()


def test_4d_nifti_keeps_its_four_axes(tmp_path):
    file = tmp_path / "many.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros((2, 3, 4, 5), np.uint8), np.eye(4)), file)
    assert read_volume(file)[0].shape == (2, 3, 4, 5)


def test_scaled_nifti_is_read_scaled(tmp_path):
    file = tmp_path / "scaled.nii"
    scan = nib.Nifti1Image(np.array([[[0, 2]]], np.int16), np.eye(4))
    scan.header.set_slope_inter(0.5, 1)
    nib.save(scan, file)
    stored = nib.load(file).get_fdata()
    np.testing.assert_array_equal(read_volume(file)[0], stored)


def _nifti(shape=(9, 9, 9)):
    voxels = np.random.default_rng(0).integers(0, 999, shape).astype(np.int16)
    return nib.Nifti1Image(voxels, np.eye(4)).to_bytes()


def _flat_nrrd(folder):
    file = folder / "flat.nrrd"
    sitk.WriteImage(sitk.Image(4, 4, sitk.sitkUInt8), str(file))
    return file.read_bytes()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
BROKEN = {
    "empty.nii.gz": b"",
    "empty.nrrd": b"",
    "cut_voxels.nii.gz": gzip.compress(_nifti())[:-300],
    "cut_header.nii.gz": gzip.compress(_nifti())[:60],
    "cut.nii": _nifti()[:-300],
    "cut_header.nii": _nifti()[:100],
    "pointer.nii.gz": POINTER,
    "pointer.mha": POINTER,
    "text.nii.gz": b"Dear colleague, the scan is attached.\n" * 20,
    "text.nii": b"Dear colleague, the scan is attached.\n" * 20,
    "text.nrrd": b"Dear colleague, the scan is attached.\n",
    "text.mha": b"Dear colleague, the scan is attached.\n",
    "page.nii.gz": gzip.compress(b"<html>Sign in</html>" * 50),
    "two_axes.nii": _nifti((9, 9)),
    "two_axes.nii.gz": gzip.compress(_nifti((9, 9))),
    "slides.pptx": b"PK",
}


HEADER_IS_WHOLE = {"cut_voxels.nii.gz", "cut.nii"}


@pytest.mark.parametrize(
    "name, read",
    [(name, read_volume) for name in BROKEN]
    + [(name, read_geometry) for name in BROKEN if name not in HEADER_IS_WHOLE],
)
def test_broken_file_is_named_in_one_sentence(tmp_path, name, read):
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(InputError) as caught:
        read(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_flat_nrrd_is_no_volume(tmp_path):
    (tmp_path / "flat.nrrd").write_bytes(_flat_nrrd(tmp_path))
    with pytest.raises(InputError, match="flat.nrrd"):
        read_volume(tmp_path / "flat.nrrd")


@pytest.mark.parametrize("name", ["none.nii.gz", "none.nrrd"])
def test_missing_file_and_folder_are_named(tmp_path, name):
    with pytest.raises(InputError, match=name):
        read_volume(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=name):
        read_volume(tmp_path / name)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 351), value=st.integers(0, 255))
def test_a_damaged_header_is_read_or_refused_but_never_crashes(
    tmp_path_factory, place, value
):
    file = tmp_path_factory.getbasetemp() / "damaged.nii"
    content = bytearray(_nifti((3, 3, 3)))
    content[place] = value
    file.write_bytes(content)
    try:
        read_volume(file)
    except InputError as error:
        assert "damaged.nii" in str(error)
