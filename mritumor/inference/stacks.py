"""Volumes, pictures and a patient's slices to one prediction each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.geometry import voxel_volume
from mritumor.inference.answers import Answer, answer_each
from mritumor.inference.pictures import (
    load_picture,
    one_scale,
    picture_tensor,
    slicing,
)
from mritumor.inference.prediction import Prediction
from mritumor.types import LabelMap

BATCH = 8


def predict_volume(predictor: Any, image: Any, case: str) -> Prediction:
    """Predict a volume whole.

    Args:
        predictor: of volumes.
        image: MetaTensor (C, I, J, K).
        case: its name.
    """
    began = time.monotonic()
    affine = image.affine.numpy().astype(np.float64)
    (answer,) = predictor.answer([image])
    size = voxel_volume(affine)
    return Prediction(
        case=case,
        labels=answer.labels,
        affine=affine,
        names=predictor.names,
        image=image.numpy(),
        missing=tuple(image.meta.get("missing", ())),
        seconds=time.monotonic() - began,
        probabilities=answer.probabilities,
        uncertainty=answer.entropy,
        ranges={n: (a * size, b * size) for n, (a, b) in answer.ranges.items()},
        notes=tuple(predictor.notes),
        shown=seen_best(predictor.modalities, len(image)),
    )


def predict_slices(
    predictor: Any,
    image: Any,
    case: str,
    keep: Sequence[bool] | None = None,
    as_stored: bool = False,
) -> Prediction:
    """Predict a volume with a bundle of slices; the labels keep its geometry.

    Args:
        predictor: of slices.
        image: MetaTensor (C, I, J, K).
        case: its name.
        keep: which slices to look at.
        as_stored: as for `slicing`.
    """
    began = time.monotonic()
    affine = image.affine.numpy().astype(np.float64)
    array = image.numpy()
    cuts = slicing(array.shape[1:], affine, as_stored)
    scaled = one_scale(array)
    pictures = [cuts.cut(scaled, k) for k in range(array.shape[cuts.axis + 1])]
    answers = _answers(predictor, pictures, [case] * len(pictures), keep)
    labels, entropy = None, None
    if not predictor.is_classifier:
        labels = np.zeros(array.shape[1:], np.uint8)
        entropy = (
            np.zeros(array.shape[1:], np.float32) if predictor.uncertainty else None
        )
    for k, answer in enumerate(answers):
        if answer is not None and labels is not None and answer.labels is not None:
            cuts.paste(labels, k, answer.labels.T)
            if entropy is not None and answer.entropy is not None:
                cuts.paste(entropy, k, answer.entropy.T)
    size = voxel_volume(affine)
    return Prediction(
        case=case,
        labels=labels,
        affine=affine,
        names=predictor.names,
        image=array,
        missing=tuple(image.meta.get("missing", ())),
        seconds=time.monotonic() - began,
        probabilities=_mean(answers),
        slices=_each(answers),
        uncertainty=entropy,
        ranges={n: (a * size, b * size) for n, (a, b) in _ranges(answers).items()},
        notes=tuple(predictor.notes),
        shown=seen_best(predictor.modalities, len(image)),
    )


def predict_pictures(
    predictor: Any,
    pictures: Sequence[Path | NDArray[np.float32]],
    case: str,
    is_patient: bool = False,
    keep: Sequence[bool] | None = None,
) -> Prediction:
    """Predict one picture, or a patient's pictures together.

    Args:
        predictor: of slices.
        pictures: files, or arrays (C, H, W) as seen.
        case: its name.
        is_patient: whether they are stacked, as (H, W, N).
        keep: which of them to look at.

    Raises:
        InputError: one that cannot be read, or several of different sizes.
    """
    began = time.monotonic()
    _check_dims(predictor, case)
    files = tuple(p for p in pictures if isinstance(p, Path))
    images = [load_picture(p) if isinstance(p, Path) else p for p in pictures]
    where = [str(f) for f in files] or [case] * len(images)
    if len({image.shape[1:] for image in images}) > 1:
        raise InputError(
            "a patient's slices have different sizes",
            where=case,
            got=", ".join(sorted({"×".join(map(str, i.shape[1:])) for i in images})),
            remedy="give the files one by one",
        )
    answers = _answers(
        predictor, _alike(images, is_patient), where, keep, skip_flat=is_patient
    )
    shape = images[0].shape[1:]
    labels = [_upright(a, shape) for a in answers]
    entropy = [_entropy(a, shape) for a in answers] if predictor.uncertainty else []
    outlined = not predictor.is_classifier
    stack = (
        (lambda parts: np.stack(parts, -1)) if is_patient else lambda parts: parts[0]
    )
    return Prediction(
        case=case,
        labels=stack(labels) if outlined else None,
        affine=None,
        names=predictor.names,
        image=stack([_channels(i, images) for i in images]),
        seconds=time.monotonic() - began,
        probabilities=_mean(answers),
        slices=_each(answers) if is_patient else (),
        files=files,
        uncertainty=stack(entropy) if outlined and entropy else None,
        ranges=_ranges(answers),
        notes=tuple(predictor.notes),
        shown=seen_best(predictor.modalities, len(images[0])),
    )


def seen_best(modalities: Sequence[str], channels: int) -> int:
    """Return the channel in which a tumour is seen best: FLAIR, else contrast, else last.

    Args:
        modalities: that the bundle takes.
        channels: of the image; a grey picture may have fewer.
    """
    for name in ("t2f", "t1c"):
        if name in modalities and channels == len(modalities):
            return list(modalities).index(name)
    return -1


def _answers(
    predictor: Any,
    pictures: Sequence[NDArray],
    where: Sequence[str],
    keep: Sequence[bool] | None,
    skip_flat: bool = True,
) -> list[Answer | None]:
    """Answer pictures (C, H, W); None for those of one value, or not to be looked at."""
    chosen = [
        i
        for i, picture in enumerate(pictures)
        if (keep is None or keep[i]) and not (skip_flat and _is_flat(picture))
    ]
    tensors = [picture_tensor(pictures[i], where[i]) for i in chosen]
    batch = 1 if predictor.low_memory else BATCH
    found = answer_each(predictor.answer, tensors, batch)
    answers: list[Answer | None] = [None] * len(pictures)
    for i, answer in zip(chosen, found):
        answers[i] = answer
    return answers


def _alike(images: Sequence[NDArray], is_patient: bool) -> Sequence[NDArray]:
    """Bring a patient's pictures of more than 8 bits to one scale; others have one."""
    deep = any(image.min() < 0 or image.max() > 255 for image in images)
    if not (is_patient and deep):
        return images
    scaled = one_scale(np.stack([_channels(i, images) for i in images], 1))
    return [scaled[:, index] for index in range(scaled.shape[1])]


def _is_flat(picture: NDArray) -> bool:
    return bool(picture.min() == picture.max())


def _upright(answer: Answer | None, shape: tuple[int, ...]) -> LabelMap:
    if answer is None or answer.labels is None:
        return np.zeros(shape, np.uint8)
    return np.ascontiguousarray(answer.labels.T)


def _entropy(answer: Answer | None, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if answer is None or answer.entropy is None:
        return np.zeros(shape, np.float32)
    return np.ascontiguousarray(answer.entropy.T)


def _channels(image: NDArray, images: Sequence[NDArray]) -> NDArray:
    """Give grey slices among coloured ones as many channels."""
    most = max(i.shape[0] for i in images)
    return image if image.shape[0] == most else np.repeat(image[:1], most, axis=0)


def _each(answers: Sequence[Answer | None]) -> tuple[dict[str, float], ...]:
    found = tuple(a.probabilities if a is not None else {} for a in answers)
    return found if any(found) else ()


def _mean(answers: Sequence[Answer | None]) -> dict[str, float]:
    told = [a.probabilities for a in answers if a is not None and a.probabilities]
    if not told:
        return {}
    return {name: float(np.mean([t[name] for t in told])) for name in told[0]}


def _ranges(answers: Sequence[Answer | None]) -> dict[str, tuple[float, float]]:
    told = [a.ranges for a in answers if a is not None and a.ranges]
    if not told:
        return {}
    return {
        name: (sum(t[name][0] for t in told), sum(t[name][1] for t in told))
        for name in told[0]
    }


def _check_dims(predictor: Any, case: str) -> None:
    if predictor.dims != 2:
        raise InputError(
            "this bundle takes volumes, not pictures",
            where=case,
            remedy="give NIfTI or DICOM, or choose a bundle of slices",
        )
