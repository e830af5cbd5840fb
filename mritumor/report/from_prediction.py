"""A prediction to the facts that a study's report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mritumor import overlay
from mritumor.inference.prediction import Prediction
from mritumor.report.facts import Row, StudyFacts


def study_facts(
    prediction: Prediction,
    provenance: Mapping[str, str] | None = None,
    channel: int | None = None,
    abstain_below: float = 0.0,
    **more: Any,
) -> StudyFacts:
    """Return what is to be shown of a prediction.

    Of a patient's pictures the fullest slice is shown; sizes are of all of them.

    Args:
        prediction: of any bundle.
        provenance: as `bundle_provenance` gives it.
        channel: of the image, that is shown; default where a tumour is seen best.
        abstain_below: the bundle's threshold.
        more: further fields of `StudyFacts`, such as ``heat``.
    """
    shown = prediction.shown if channel is None else channel
    image, labels = prediction.image[shown], prediction.labels
    entropy, notes = prediction.uncertainty, list(prediction.notes)
    if prediction.affine is None and image.ndim == 3:
        index = shown_slice(prediction)
        notes.append(f"slice {index + 1} of {image.shape[2]} is shown")
        image = image[..., index]
        labels = None if labels is None else labels[..., index]
        entropy = None if entropy is None else entropy[..., index]
    if prediction.missing:
        notes.append("predicted without " + ", ".join(prediction.missing))
    return StudyFacts(
        case=prediction.case,
        image=np.asarray(image, np.float32),
        labels=labels,
        names=dict(prediction.names),
        affine=prediction.affine,
        probabilities=dict(prediction.probabilities),
        abstain_below=abstain_below,
        uncertainty=entropy,
        measures=measure_rows(prediction),
        provenance=dict(provenance or {}),
        notes=notes,
        **more,
    )


def shown_slice(prediction: Prediction) -> int:
    """Return the index of a patient's picture that is shown: the fullest."""
    labels = prediction.labels
    return 0 if labels is None else overlay.fullest_slice(labels)


def measure_rows(prediction: Prediction) -> list[Row]:
    """Return the measures as a table: numbers of several axes as words."""
    rows: list[Row] = []
    for measured in prediction.measures:
        row = {key.replace("_", " "): _cell(v) for key, v in measured.items()}
        if prediction.ranges:
            low, high = prediction.ranges.get(measured["region"], (None, None))
            row["range"] = "" if low is None else f"{low:,.0f} to {high:,.0f}"
        rows.append(row)
    return rows


def _cell(value: Any) -> Any:
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(f"{v:g}" for v in value)
    return value
