"""A bundle asked about every item of a test set, and compared with its truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.data import owner
from mritumor.data.inputs import InputCase
from mritumor.data.read import read_volume
from mritumor.errors import InputError, MRITumorError
from mritumor.inference.cases import Case, PictureCase
from mritumor.inference.pictures import load_picture
from mritumor.inference.prediction import Prediction
from mritumor.metrics import Counts, count
from mritumor.types import Item, LabelMap

WHOLE = "whole tumour"


@dataclass
class Scored:
    """One item and what the bundle made of it.

    Attributes:
        case: its name: of the file.
        patient: whose it is.
        site: where it was made, empty where unknown.
        image: the file.
        item: of the datalist.
        counts: by region, on the input's grid; empty without a known mask.
        probabilities: (K,), None when no class is told.
        true_class: number; -1 unknown.
        seconds: that the prediction took.
    """

    case: str
    patient: str
    site: str
    image: str
    item: Item = field(repr=False)
    counts: dict[str, Counts] = field(default_factory=dict)
    probabilities: NDArray[np.float64] | None = None
    true_class: int = -1
    seconds: float = 0.0


@dataclass
class Scoring:
    """All items of a test set.

    Attributes:
        items: those that could be predicted.
        class_names: that the bundle tells.
        regions: that it outlines.
        failures: a sentence for each item that could not.
        is_slices: whether items are slices of patients.
    """

    items: list[Scored]
    class_names: tuple[str, ...]
    regions: tuple[str, ...]
    failures: list[str]
    is_slices: bool


def score_items(
    predictor: Any,
    items: Sequence[Item],
    watch: Callable[[Sequence[Item]], Iterable[Item]] = iter,
    fill_missing: bool = False,
) -> Scoring:
    """Predict every item of a datalist's section and count right and wrong voxels.

    Args:
        predictor: a `Predictor` or a `Pipeline`.
        items: with absolute paths, as `read_datalist` gives them.
        watch: wraps the items to show progress.
        fill_missing: as for `Predictor.predict`.

    Returns:
        The scored items; one that cannot be read is named and the others go on.

    Raises:
        InputError: not one item can be scored.
    """
    scored, failures = [], []
    for item in watch(items):
        try:
            scored.append(_score(predictor, item, fill_missing))
        except MRITumorError as error:
            failures.append(str(error))
    if not scored:
        first = f"; the first of {len(failures)}: {failures[0]}" if failures else ""
        raise InputError(f"no item could be scored{first}")
    names = list(predictor.names.values())
    regions = ([WHOLE] if len(names) > 1 else []) + names
    is_slices = predictor.segment.dims == 2
    told = tuple(predictor.class_names)
    return Scoring(scored, told, tuple(regions), failures, is_slices)


def predict_item(predictor: Any, item: Item, fill_missing: bool = False) -> Prediction:
    """Predict the image of an item of a datalist."""
    return predictor.predict(_case(predictor, item), fill_missing)


def truth_of(item: Item, prediction: Prediction) -> LabelMap | None:
    """Return the expert's label map on the input's grid; None when it is unknown.

    Raises:
        InputError: it cannot be read, or has another size than the image.
    """
    file = item.get("label")
    if not isinstance(file, (str, Path)) or prediction.labels is None:
        return None
    path = Path(file)
    if prediction.affine is None:
        labels = (load_picture(path)[0] > 0).astype(np.uint8)
    else:
        array, _ = read_volume(path)
        array = array[..., 0] if array.ndim == 4 else array
        labels = np.rint(array).astype(np.uint8)
    if labels.shape != prediction.labels.shape:
        raise InputError(
            "mask and image have different sizes",
            where=path,
            got=labels.shape,
            expected=prediction.labels.shape,
        )
    return labels


def compare(
    labels: LabelMap, truth: LabelMap, names: dict[int, str]
) -> dict[str, Counts]:
    """Count right and wrong voxels of each region, of all together first."""
    counts = {WHOLE: count(labels > 0, truth > 0)} if len(names) > 1 else {}
    if len(names) == 1:
        (name,) = names.values()
        return {name: count(labels > 0, truth > 0)}
    return counts | {n: count(labels == v, truth == v) for v, n in names.items()}


def _score(predictor: Any, item: Item, fill_missing: bool) -> Scored:
    prediction = predict_item(predictor, item, fill_missing)
    truth = truth_of(item, prediction)
    names = dict(predictor.names)
    told = prediction.probabilities
    image = item["image"]
    first = image if isinstance(image, str) else image[0]
    scored = Scored(
        case=prediction.case,
        patient=owner(item) or str(first),
        site=str(item.get("site") or ""),
        image=str(first),
        item=item,
        true_class=_class(item, predictor.class_names),
        seconds=prediction.seconds,
    )
    if truth is not None and prediction.labels is not None:
        scored.counts = compare(prediction.labels, truth, names)
    if told:
        scored.probabilities = np.array([told[n] for n in predictor.class_names])
    return scored


def _class(item: Item, names: Sequence[str]) -> int:
    """Return the class by its name, since another set may number it otherwise."""
    name, number = item.get("class_name"), item.get("class", -1)
    if name in names:
        return list(names).index(str(name))
    return int(number) if name is None and 0 <= int(number) < len(names) else -1


def _case(predictor: Any, item: Item) -> Case:
    image = item["image"]
    segment = predictor.segment
    if segment.dims == 2 and isinstance(image, str):
        return PictureCase(Path(image).stem, (Path(image),))
    if isinstance(image, str):
        name = Path(image).name.split(".")[0]
        return InputCase(str(item.get("patient", name)), {"": Path(image)})
    modalities = item.get("modalities", segment.modalities)
    files = {m: Path(f) for m, f in zip(modalities, image, strict=True)}
    return InputCase(str(item.get("patient", Path(image[0]).parent.name)), files)
