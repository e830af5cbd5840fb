"""The temperature of a bundle that tells classes: fitted, and written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import BundleError
from mritumor.inference.evaluation_items import Scored
from mritumor.metrics import Calibration, calibrate, threshold_for_accuracy

TINY = 1e-30
TEMPERATURE, CALIBRATION = "temperature", "calibration"


def uncalibrated_logits(p: NDArray[np.floating], temperature: float) -> NDArray:
    """Return logits (up to a constant an image) from calibrated probabilities (N, K)."""
    return np.log(np.clip(p, TINY, None)) * temperature


def bundle_temperature(bundle: Path) -> float:
    """Return the temperature that a bundle's ``inference.json`` holds.

    Raises:
        BundleError: it has none: it tells no classes.
    """
    config = _read(bundle / "configs/inference.json")
    if TEMPERATURE not in config:
        raise BundleError(
            "this bundle has no temperature to be fitted",
            where=bundle / "configs/inference.json",
            remedy="choose a classification or a joint bundle",
        )
    return float(config[TEMPERATURE])


def fit(
    items: Sequence[Scored], temperature: float, accuracy: float = 0.99
) -> tuple[Calibration, float]:
    """Fit a temperature on items whose class is known.

    Args:
        items: scored with the bundle as it is.
        temperature: that the bundle has now.
        accuracy: that is wanted among the images that are answered.

    Returns:
        The calibration, ``*_before`` of which is without any temperature, and the
        probability from which that accuracy is reached (1 when it never is).
    """
    known = [i for i in items if i.probabilities is not None and i.true_class >= 0]
    p = np.stack([i.probabilities for i in known])
    y = np.array([i.true_class for i in known])
    logits = uncalibrated_logits(p, temperature)
    found = calibrate(logits, y)
    from mritumor.metrics import apply_temperature

    after = apply_temperature(logits, found.temperature)
    sure = threshold_for_accuracy(after.max(1), after.argmax(1) == y, accuracy)
    return found, float(min(sure.threshold, 1.0))


def write_temperature(
    bundle: Path, found: Calibration, fitted_on: str, abstain_below: float
) -> list[Path]:
    """Write a temperature into a compiled bundle's configs.

    Returns:
        The files changed: every config that holds a temperature, and the metadata.
    """
    changed = []
    for name in ("train", "inference"):
        path = bundle / f"configs/{name}.json"
        if not path.is_file():
            continue
        config = _read(path)
        if TEMPERATURE in config:
            config[TEMPERATURE] = round(found.temperature, 4)
            changed.append(_write(path, config))
    path = bundle / "configs/metadata.json"
    metadata = _read(path)
    metadata[CALIBRATION] = found.metadata(fitted_on, abstain_below)
    return [*changed, _write(path, metadata)]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BundleError("this folder is no bundle: it has no such file", where=path)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> Path:
    from mritumor.bundle.build import as_json

    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(as_json(content), encoding="utf-8")
    unfinished.replace(path)
    return path
