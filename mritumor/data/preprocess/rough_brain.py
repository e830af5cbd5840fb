"""A rough brain mask from threshold and morphology, for want of a better tool."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.data.preprocess.pyramid import coarse
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume

EDGE = 3.0  # mm; on finer voxels every sulcus would be cut out of the brain
SKIN = 9.0  # mm under the scalp's surface that are never brain
DEEP = 25.0  # mm under it there is mostly brain, in any contrast
BRIDGE = 4.0  # mm, half the width of what may tie the brain to the scalp
REGROW = 5.0  # mm that the brain grows back after the bridges are cut
CLOSE = 10.0  # mm, half the width of the sulci and ventricles that are filled
DARK, BRIGHT = 0.5, 2.2  # tissue, relative to the median of what lies deep

Mask: TypeAlias = "NDArray[np.bool_]"


def looks_stripped(volume: Volume) -> bool:
    """Whether the skull was taken off before: a background of exactly one value."""
    array = volume.array
    faces = [np.take(array, (0, -1), axis=axis).ravel() for axis in range(3)]
    edge = np.concatenate(faces)
    return bool((edge == edge[0]).mean() > 0.95 and (array == edge[0]).mean() > 0.3)


def rough_brain(volume: Volume) -> Mask:
    """Return the brain's voxels, (I, J, K), to within some mm.

    A volume that was stripped before keeps what is not background. Phantoms with skull
    give a Dice of 0.96 to 0.98 on T2, 0.95 on FLAIR and 0.87 on T1 (whose dark fluid
    and dark skull look alike); real heads, after surgery above all, give less.
    """
    if looks_stripped(volume):
        return _filled(volume.array != volume.array[0, 0, 0])
    small = coarse(volume, EDGE)
    steps = small.grid.spacing
    depth = _depth(_head(small), steps)
    deep = small.array[depth > min(DEEP, 0.6 * float(depth.max()))]
    usual = float(np.median(deep)) if deep.size else float(small.array.mean())
    bright = (small.array > DARK * usual) & (small.array < BRIGHT * usual)
    core = _largest(_depth(bright & (depth > SKIN), steps) > BRIDGE)
    if not core.any():
        return np.zeros(volume.array.shape, bool)
    inner = depth > SKIN - 2
    grown = (ndimage.distance_transform_edt(~core, sampling=steps) <= REGROW) & inner
    brain = _filled(_closed(grown, steps)) & inner
    found = Volume(brain.astype(np.uint8), small.affine)
    return resample(found, volume.grid, label=True).array > 0


def _head(volume: Volume) -> Mask:
    """Return the head with scalp, its holes filled."""
    array = volume.array
    tissue = array > 0.25 * np.median(array[array > array.mean()])
    closed = ndimage.binary_closing(np.pad(tissue, 3), iterations=3)[3:-3, 3:-3, 3:-3]
    return _filled(_largest(closed))


def _depth(mask: Mask, steps: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return mm under the mask's surface, 0 outside; the array's faces are surface."""
    padded = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=steps)
    return np.asarray(padded[1:-1, 1:-1, 1:-1])


def _closed(mask: Mask, steps: tuple[float, float, float]) -> Mask:
    """Return the mask with gaps up to twice CLOSE wide closed."""
    pad = int(np.ceil(CLOSE / min(steps))) + 1
    away = ndimage.distance_transform_edt(~np.pad(mask, pad), sampling=steps)
    closed = ndimage.distance_transform_edt(away <= CLOSE, sampling=steps) > CLOSE
    return np.asarray(closed[pad:-pad, pad:-pad, pad:-pad], bool)


def _largest(mask: Mask) -> Mask:
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray((parts == int(sizes.argmax())) & mask, bool)


def _filled(mask: Mask) -> Mask:
    return np.asarray(ndimage.binary_fill_holes(mask), bool)
