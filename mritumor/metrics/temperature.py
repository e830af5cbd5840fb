"""Temperature scaling: the same classes, with probabilities that mean what they say.

A bundle keeps its temperature in ``metadata.json`` under ``calibration``::

    "calibration": {
      "method": "temperature scaling",
      "temperature": 1.37,       logits are divided by it before the softmax
      "fitted_on": "validation", the section of the datalist
      "cases": 412,              how many images it was fitted on
      "nll_before": 0.301, "nll_after": 0.262,
      "ece_before": 0.061, "ece_after": 0.018, "bins": 15,
      "abstain_below": 0.83      a class is given from this probability on; 0 always
    }
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax

from mritumor.errors import InputError
from mritumor.metrics.calibration import calibration_error

RANGE = (0.02, 50.0)  # of temperatures that are searched


class Calibration(NamedTuple):
    """A fitted temperature and what it changed on the data that it was fitted on.

    Attributes:
        temperature: logits are divided by it; above 1 the network was too sure.
        cases: how many images it was fitted on.
        nll_before: mean negative log-likelihood of the true classes.
        nll_after: the same, with the temperature.
        ece_before: expected calibration error.
        ece_after: the same, with the temperature.
        bins: of the calibration error.
    """

    temperature: float
    cases: int
    nll_before: float
    nll_after: float
    ece_before: float
    ece_after: float
    bins: int

    def metadata(
        self, fitted_on: str = "validation", abstain_below: float = 0.0
    ) -> dict[str, Any]:
        """Return the entry ``calibration`` of a bundle's metadata.

        Args:
            fitted_on: section of the datalist; never the one that is tested on.
            abstain_below: "I don't know" below this calibrated probability, as
                `mritumor.metrics.threshold_for_accuracy` finds it.
        """
        numbers = {key: round(value, 6) for key, value in self._asdict().items()}
        return {
            "method": "temperature scaling",
            "fitted_on": fitted_on,
            **numbers,
            "abstain_below": round(abstain_below, 6),
        }


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the temperature under which the true classes are likeliest.

    Args:
        logits: (N, K) of images that were not trained on; (N,) or (N, 1) are those of
            a sigmoid.
        labels: (N,) true classes, from 0.

    Returns:
        Within `RANGE`. When every image is classified rightly the likelihood would make
        sure of everything; the mean probability of the answers is then made the share
        (N + 1) / (N + K) that N of N lets one expect.

    Raises:
        InputError: no images, other shapes, classes out of range, or NaN.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599;
        all right: Laplace's rule of succession.
    """
    values, classes = _check(logits, labels)
    if (values.argmax(1) == classes).all():
        number, kinds = values.shape
        return _as_sure_as(values, (number + 1) / (number + kinds))
    # Convex in 1/T, so unimodal in log T.
    result = minimize_scalar(
        lambda log_t: _nll(values / np.exp(log_t), classes),
        bounds=np.log(RANGE),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(result.x))


def apply_temperature(logits: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return calibrated probabilities (N, K).

    Args:
        logits: (N, K); (N,) or (N, 1) of a sigmoid give two columns.
        temperature: above 0.

    Raises:
        InputError: a temperature of 0 or below.
    """
    if not temperature > 0:
        raise InputError(
            "not possible", where="temperature", got=temperature, expected="above 0"
        )
    return softmax(_columns(logits) / temperature, axis=1)


def calibrate(logits: ArrayLike, labels: ArrayLike, bins: int = 15) -> Calibration:
    """Fit a temperature and measure it on the same images.

    The gain on these images flatters a little: measure a test set with
    `apply_temperature` and `calibration_error`.

    Args:
        logits: as for `fit_temperature`.
        labels: (N,).
        bins: of the calibration error.
    """
    values, classes = _check(logits, labels)
    temperature = fit_temperature(values, classes)
    return Calibration(
        temperature,
        len(classes),
        _nll(values, classes),
        _nll(values / temperature, classes),
        calibration_error(apply_temperature(values, 1.0), classes, bins),
        calibration_error(apply_temperature(values, temperature), classes, bins),
        bins,
    )


def _as_sure_as(logits: NDArray[np.float64], share: float) -> float:
    """Return the temperature within `RANGE` under which answers are so probable."""

    def excess(log_t: float) -> float:
        return float(softmax(logits / np.exp(log_t), axis=1).max(1).mean()) - share

    low, high = np.log(RANGE)  # what is in excess falls from the one to the other
    if excess(low) <= 0:
        return RANGE[0]
    if excess(high) >= 0:
        return RANGE[1]
    return float(np.exp(brentq(excess, low, high)))


def _nll(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def _columns(logits: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(logits, np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim == 2 and values.shape[1] == 1:
        return np.concatenate([np.zeros_like(values), values], 1)
    return values


def _check(
    logits: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    values, classes = _columns(logits), np.asarray(labels, np.int64)
    if values.ndim != 2 or classes.shape != (len(values),) or not len(classes):
        raise InputError(
            "a temperature needs logits and the class of each image",
            where="logits, labels",
            got=f"{np.shape(logits)} and {np.shape(labels)}",
            expected="(N, K) and (N,)",
        )
    if not np.isfinite(values).all():
        raise InputError("not all finite", where="logits")
    if classes.min() < 0 or classes.max() >= values.shape[1]:
        raise InputError(
            "classes out of range",
            where="labels",
            got=f"{classes.min()} to {classes.max()}",
            expected=f"0 to {values.shape[1] - 1}",
            remedy="leave out the images without a class (-1)",
        )
    return values, classes
