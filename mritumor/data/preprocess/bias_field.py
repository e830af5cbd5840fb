"""N4: take out the slow brightness changes of the receive coil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.match import foreground
from mritumor.data.preprocess.volume import Volume, from_itk, to_itk
from mritumor.errors import InputError

EDGE = 6.0  # mm; the field is far smoother than the voxels it is estimated on
ITERATIONS = (50, 50, 30)  # at most, for fields of ever finer detail
CONVERGENCE = 1e-3
NEGATIVE = 0.02
"""Share of the voxels that may lie below 0: earlier resampling rings at edges."""


@dataclass(frozen=True)
class BiasCorrection:
    """A corrected volume and what was taken out.

    Args:
        volume: (I, J, K) float32, the volume divided by the field.
        field: (I, J, K) float32, above 0; its mean in the head is 1.
    """

    volume: Volume
    field: Volume

    @property
    def strength(self) -> float:
        """How far the field strays from 1 in the head: 95th minus 5th percentile."""
        inside = self.field.array[foreground(self.volume)]
        low, high = np.percentile(inside if inside.size else 1.0, (5, 95))
        return float(high - low)


def correct_bias(
    volume: Volume,
    *,
    iterations: Sequence[int] = ITERATIONS,
    edge: float = EDGE,
    name: object = None,
) -> BiasCorrection:
    """Estimate the bias field and divide by it.

    N4 of Tustison et al., IEEE Trans Med Imaging 2010;29:1310-1320,
    doi:10.1109/TMI.2010.2046908, on a coarse copy, within Otsu's mask.

    Args:
        volume: (I, J, K), raw intensities; few may lie below 0, they are passed over.
        iterations: at most, one number for each level of detail.
        edge: mm of the coarse copy's voxels; thick slices are not thinned further.
        name: of the volume, for the error.

    Raises:
        InputError: intensities below 0, as after a z-score, or no head to be seen.
    """
    if (volume.array < 0).mean() > NEGATIVE * (volume.array != 0).mean():
        raise InputError(
            "N4 needs raw intensities",
            where=name,
            got=f"values down to {float(volume.array.min()):g}",
            expected=f"0 or more in all but {100 * NEGATIVE:g} % of voxels",
            remedy="leave it out with --no-n4 where a volume was normalised before",
        )
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    mask = foreground(volume) & (volume.array > 0)
    shape = zip(volume.grid.spacing, volume.array.shape)
    factors = [max(1, min(int(edge / step + 0.5), n // 8)) for step, n in shape]
    small = sitk.Shrink(image, factors)
    inside = to_itk(Volume(mask.astype(np.uint8), volume.affine))
    log_field = _n4(small, sitk.Shrink(inside, factors), image, iterations, name)
    field = np.exp(from_itk(log_field).array)
    field /= field[mask].mean()
    corrected = (volume.array / field).astype(np.float32)
    return BiasCorrection(
        Volume(corrected, volume.affine), Volume(field.astype("f4"), volume.affine)
    )


def _n4(
    small: sitk.Image,
    mask: sitk.Image,
    image: sitk.Image,
    iterations: Sequence[int],
    name: object,
) -> sitk.Image:
    """Return the logarithm of the field on the grid of `image`."""
    work = sitk.N4BiasFieldCorrectionImageFilter()
    work.SetMaximumNumberOfIterations([int(n) for n in iterations])
    work.SetConvergenceThreshold(CONVERGENCE)
    try:
        work.Execute(small, mask)
        return work.GetLogBiasFieldAsImage(image)
    except RuntimeError as error:
        raise InputError(
            f"N4 failed: {str(error).strip().splitlines()[-1].strip()}",
            where=name,
            remedy="look at the volume, or leave it out with --no-n4",
        ) from None
