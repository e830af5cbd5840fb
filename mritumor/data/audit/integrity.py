"""Checks of one item: numbers, grids and the order of its sequences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mritumor.data.audit.decode import Decoded, is_picture
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.loaded import Loaded
from mritumor.data.audit.record import Record
from mritumor.data.modalities import canonical, recognise
from mritumor.errors import InputError
from mritumor.geometry import grid_difference


def check_item(loaded: Loaded) -> Iterator[Finding]:
    """Yield what is wrong with the images of an item, as errors.

    Kinds: ``not-finite``, ``constant``, ``grid``, ``modality-count``,
    ``modality-swapped``.
    """
    for kind, sentence in _problems(loaded):
        record = loaded.record
        yield Finding("error", kind, str(record), sentence, (record.number,))


def check_record(record: Record) -> Iterator[Finding]:
    """Yield an error of kind ``item-keys`` for a class or label that means nothing."""
    if record.fault is not None:
        yield Finding("error", "item-keys", str(record), record.fault, (record.number,))


def _problems(loaded: Loaded) -> Iterator[tuple[str, str]]:
    for path, content in loaded.images:
        for channel in content.channels:
            yield from _numbers(path, channel)
    if loaded.outline is not None:
        path, content = loaded.outline
        if not _is_finite(content.array):
            yield "not-finite", f"{path.name} holds NaN or infinity"
    yield from _grids(loaded)
    yield from _count(loaded)
    yield from _names(loaded)


def _numbers(path: Path, channel: NDArray[np.generic]) -> Iterator[tuple[str, str]]:
    if not _is_finite(channel):
        yield "not-finite", f"{path.name} holds NaN or infinity"
    elif channel.min() == channel.max():
        yield "constant", f"{path.name} has one value only, {channel.flat[0]}"


def _is_finite(array: NDArray[np.generic]) -> bool:
    return array.dtype.kind in "biu" or bool(np.isfinite(array).all())


def _grids(loaded: Loaded) -> Iterator[tuple[str, str]]:
    others = [*loaded.images[1:], *([loaded.outline] if loaded.outline else [])]
    if not loaded.images or not others:
        return
    first_path, first = loaded.images[0]
    for path, other in others:
        difference = _difference(first, other)
        if difference:
            yield "grid", f"{path.name} is on another grid than {first_path.name}: " + (
                difference
            )


def _difference(first: Decoded, other: Decoded) -> str | None:
    shapes = [
        content.array.shape[: 2 if content.affine is None else 3]
        for content in (first, other)
    ]
    if first.affine is None or other.affine is None:
        return None if shapes[0] == shapes[1] else f"shapes {shapes[0]} and {shapes[1]}"
    return grid_difference(shapes[0], first.affine, shapes[1], other.affine)


def _count(loaded: Loaded) -> Iterator[tuple[str, str]]:
    wanted = loaded.record.modalities
    if not wanted or not loaded.images:
        return
    found = len(loaded.record.images)
    path, first = loaded.images[0]
    # A picture's three colours may be three sequences; one file says nothing then.
    if found == 1 and first.affine is not None:
        found = len(first.channels)
    elif found == 1 and is_picture(path):
        return
    if found != len(wanted):
        yield "modality-count", (
            f"{found} image(s) for {len(wanted)} sequence(s): {', '.join(wanted)}"
        )


def _names(loaded: Loaded) -> Iterator[tuple[str, str]]:
    record = loaded.record
    if len(record.images) != len(record.modalities):
        return
    for path, wanted in zip(record.images, record.modalities):
        said = None if is_picture(path) else _said(path)
        if said is not None and said != _canonical(wanted):
            yield "modality-swapped", (
                f"{path.name} says {said} but stands where {wanted} belongs"
            )


def _said(path: Path) -> str | None:
    try:
        return recognise(path.name, path.parent.name)
    except InputError:
        return None


def _canonical(name: str) -> str:
    try:
        return canonical(name)
    except InputError:
        return name
