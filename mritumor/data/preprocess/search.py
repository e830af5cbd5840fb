"""The searches that a registration is made of: descend from a start, then polish."""

from __future__ import annotations

import SimpleITK as sitk

from mritumor.data.preprocess.pyramid import coarse, smoothed
from mritumor.data.preprocess.volume import Volume, to_itk

Pair = tuple[sitk.Image, sitk.Image]
"""The fixed and the moving image, float32."""

BINS = 32
SEED = 7  # of the samples' places: equal inputs give equal transforms
SAMPLES = 60_000
HEAD_RADIUS = 80.0  # mm; a turn by 1/80 rad moves the scalp by 1 mm


def pair_at(fixed: Volume, moving: Volume, edge: float) -> Pair:
    """Return both volumes with voxels of about `edge` mm, lightly smoothed."""
    first, second = (smoothed(coarse(v, edge), edge / 2) for v in (fixed, moving))
    return to_itk(first), to_itk(second)


def descend(
    pair: Pair, start: sitk.Transform, step: float = 4.0, iterations: int = 100
) -> tuple[float, sitk.Transform]:
    """Improve a transform by gradient descent: fast, far, and not quite exact.

    Args:
        pair: the images.
        start: Euler or affine about a centre in the head, LPS+ mm.
        step: mm that the first step moves the image's corners.
        iterations: at most.

    Returns:
        The metric (minus the mutual information in nats: lower is better) and the
        transform.

    Raises:
        RuntimeError: ITK's, such as when the images no longer overlap.
    """
    work = _work(pair)
    work.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0,
        minStep=step / 500,
        numberOfIterations=iterations,
        relaxationFactor=0.8,
        gradientMagnitudeTolerance=1e-8,
        estimateLearningRate=work.Once,
        maximumStepSizeInPhysicalUnits=step,
    )
    work.SetOptimizerScalesFromPhysicalShift()
    return _execute(work, pair, start)


def polish(
    pair: Pair, start: sitk.Transform, step: float, iterations: int = 20
) -> tuple[float, sitk.Transform]:
    """Improve a transform by Powell's line searches on the metric's value.

    The metric's gradient leaves out what enters and leaves the field of view; near
    the optimum descent therefore stops 1 to 2 mm short where the head is cut off.

    Args:
        pair: the images.
        start: near the optimum.
        step: mm of the first steps.
        iterations: at most; each searches along every parameter.

    Returns:
        As `descend`.

    Raises:
        RuntimeError: ITK's.
    """
    work = _work(pair)
    work.SetOptimizerAsPowell(
        numberOfIterations=iterations,
        maximumLineIterations=100,
        stepLength=step,
        stepTolerance=0.01,
        valueTolerance=1e-6,
    )
    turns = start.GetNumberOfParameters() - 3
    work.SetOptimizerScales([HEAD_RADIUS] * turns + [1.0] * 3)
    return _execute(work, pair, start)


def _work(pair: Pair) -> sitk.ImageRegistrationMethod:
    """Return ITK's worker with the metric set.

    Mattes et al., IEEE Trans Med Imaging 2003;22:120-128. One thread, one work
    unit and a fixed seed: equal inputs give equal sums, on any number of cores.
    """
    work = sitk.ImageRegistrationMethod()
    work.SetNumberOfThreads(1)
    work.SetNumberOfWorkUnits(1)
    work.SetMetricAsMattesMutualInformation(BINS)
    work.SetMetricSamplingStrategy(work.REGULAR)
    share = min(1.0, SAMPLES / pair[0].GetNumberOfPixels())
    work.SetMetricSamplingPercentage(share, SEED)
    work.SetInterpolator(sitk.sitkLinear)
    return work


def _execute(
    work: sitk.ImageRegistrationMethod, pair: Pair, start: sitk.Transform
) -> tuple[float, sitk.Transform]:
    work.SetInitialTransform(start, inPlace=False)
    found = work.Execute(*pair)
    # ITK wraps its answer into a list of one.
    while found.GetTransformEnum() == sitk.sitkComposite:
        found = sitk.CompositeTransform(found).GetBackTransform()
    return float(work.GetMetricValue()), found.Downcast()
