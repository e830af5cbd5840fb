"""Coarse copies of a volume, for registration from coarse to fine."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.volume import Volume, from_itk, to_itk


def coarse(volume: Volume, edge: float) -> Volume:
    """Return the volume with voxels averaged to edges of about `edge` mm.

    Whole voxels are put together along each axis by itself, so thick slices stay as
    they are while the plane shrinks; at least four voxels are left along each axis.

    Args:
        volume: (I, J, K).
        edge: mm.
    """
    factors = [
        max(1, min(int(round(edge / step)), length // 4))
        for step, length in zip(volume.grid.spacing, volume.array.shape)
    ]
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    return from_itk(sitk.BinShrink(image, factors))


def smoothed(volume: Volume, sigma: float) -> Volume:
    """Return the volume under a Gaussian of `sigma` mm, where its voxels are finer."""
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    for axis, (step, length) in enumerate(zip(volume.grid.spacing, volume.array.shape)):
        if step < 2 * sigma and length >= 4:
            image = sitk.RecursiveGaussian(image, sigma=sigma, direction=axis)
    return from_itk(image)


def centre_of_mass(volume: Volume) -> np.ndarray:
    """Return the middle of what is bright, (3,) RAS+ mm."""
    weights = volume.array - min(float(volume.array.min()), 0.0)
    weights = np.minimum(weights, np.percentile(weights, 99))
    total = float(weights.sum(dtype=np.float64))
    means = []
    for axis, length in enumerate(weights.shape):
        others = tuple(a for a in range(3) if a != axis)
        profile = weights.sum(axis=others, dtype=np.float64)
        means.append(float(profile @ np.arange(length)) / total)
    return volume.affine[:3, :3] @ np.array(means) + volume.affine[:3, 3]
