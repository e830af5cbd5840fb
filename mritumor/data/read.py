"""Volumes from files: array and affine, or a sentence that says what is wrong."""

from __future__ import annotations

import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from mritumor.data.present import check_present
from mritumor.errors import InputError, first_line
from mritumor.geometry import as_affine, ras_lps
from mritumor.types import Affine, PathLike

NIFTI = (".nii", ".nii.gz")
OTHERS = (".nrrd", ".nhdr", ".mha", ".mhd")
UNREADABLE = (
    ImageFileError,
    HeaderDataError,
    WrapStructError,
    OSError,
    EOFError,
    OverflowError,
    ValueError,
    zlib.error,
)


def read_volume(path: PathLike) -> tuple[np.ndarray, Affine]:
    """Read a whole volume.

    Args:
        path: NIfTI, NRRD or MetaImage.

    Returns:
        (I, J, K) or (I, J, K, C) in the file's own number type (scaled where the
        header says so), and the affine, voxel index to RAS+ mm.

    Raises:
        InputError: no such file, empty, truncated, a Git-LFS pointer, or not an image.
    """
    path = Path(path)
    _check_bytes(path)
    if path.name.lower().endswith(NIFTI):
        image = _open_nifti(path)
        try:
            array = np.asanyarray(image.dataobj)
        except UNREADABLE as error:
            raise _broken(path, error) from None
        array = array[:, :, :, 0] if _is_vector(image) else array
        return array, as_affine(image.affine, where=path)
    return _read_itk(path)


def read_geometry(path: PathLike) -> tuple[tuple[int, ...], Affine]:
    """Read shape and affine from a file's header, without its voxels.

    Returns:
        (I, J, K) or (I, J, K, C), and the affine, voxel index to RAS+ mm.

    Raises:
        InputError: as for `read_volume`, as far as the header tells.
    """
    path = Path(path)
    _check_bytes(path)
    if path.name.lower().endswith(NIFTI):
        image = _open_nifti(path)
        shape = image.shape[:3] + image.shape[4 if _is_vector(image) else 3 :]
        return shape, as_affine(image.affine, where=path)
    array, affine = _read_itk(path)
    return array.shape, affine


def _check_bytes(path: Path) -> None:
    if path.is_file() and not path.name.lower().endswith(NIFTI + OTHERS):
        raise InputError(
            "this is no volume that can be read",
            where=path,
            got=path.suffix or "no extension",
            expected=", ".join(NIFTI + OTHERS),
        )
    check_present(path)


def _open_nifti(path: Path) -> nib.Nifti1Image:
    try:
        image = nib.load(path)
    except UNREADABLE as error:
        raise _broken(path, error) from None
    if len(image.shape) < 3 or min(image.shape) < 1:
        raise InputError(
            "this is not a volume",
            where=path,
            got=f"shape {image.shape}",
            expected="3-D or 4-D",
        )
    return image


def _is_vector(image: nib.Nifti1Image) -> bool:
    """Whether it is (I, J, K, 1, C), as ITK writes several channels.

    NIfTI keeps its fourth axis for time, so the channels are the fifth.
    """
    return len(image.shape) == 5 and image.shape[3] == 1


def _read_itk(path: Path) -> tuple[np.ndarray, Affine]:
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise _broken(path, error) from None
    if image.GetDimension() != 3:
        raise InputError(
            "this is not a volume", where=path, got=f"{image.GetDimension()} dimensions"
        )
    array = sitk.GetArrayViewFromImage(image)
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.asarray(
        image.GetSpacing()
    )
    affine[:3, 3] = image.GetOrigin()
    # SimpleITK's arrays run K, J, I (then components).
    axes = (2, 1, 0, 3)[: array.ndim]
    return np.transpose(array, axes).copy(), as_affine(ras_lps(affine), where=path)


def _broken(path: Path, error: Exception) -> InputError:
    first = first_line(error)
    kind = "NIfTI" if path.name.lower().endswith(NIFTI) else "image"
    return InputError(
        f"this is no readable {kind}: {first}",
        where=path,
        remedy="it may be truncated or of another format; fetch or export it again",
    )
