"""All that the audit keeps of one item once its files are closed again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mritumor import geometry
from mritumor.data.audit.doubts import check_look, is_sound
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.integrity import check_item, check_record
from mritumor.data.audit.loaded import Loaded, load, upright, upright_spacing
from mritumor.data.audit.outlines import Values, check_values, count_values
from mritumor.data.audit.record import Record
from mritumor.data.audit.records import DataSet
from mritumor.data.audit.thumbs import (
    Thumb,
    mask_thumbnail,
    pixel_hash,
    plane_thumbnail,
    thumbnail,
)

PERCENTILES = (1, 50, 99)
SAMPLE = 20_000


@dataclass
class Facts:
    """What is known of an item.

    Attributes:
        record: the item.
        findings: what is wrong with it alone.
        hashes: one per channel; constant and broken channels have none.
        thumb: of its first channel, None if that is unreadable, constant or not finite.
        plane: (48, 48) of the picture, or of the volume's slice with most tumour.
        outline: (48, 48) of the mask on that slice, None without a mask.
        shape: of the first channel.
        spacing: mm, None for pictures.
        percentiles: 1st, 50th, 99th of what is not 0, per channel.
        values: of the label map or mask.
        tumour_mm3: volume of all labels (mm³); of pictures, pixels.
    """

    record: Record
    findings: list[Finding] = field(default_factory=list)
    hashes: tuple[str, ...] = ()
    thumb: Thumb | None = None
    plane: Thumb | None = None
    outline: NDArray[np.bool_] | None = None
    shape: tuple[int, ...] = ()
    spacing: tuple[float, float, float] | None = None
    percentiles: tuple[tuple[float, ...], ...] = ()
    values: Values | None = None
    tumour_mm3: float | None = None


def examine(record: Record, data_set: DataSet) -> Facts:
    """Open the files of an item, once each, and say what is in them."""
    loaded = load(record)
    facts = Facts(record, loaded.findings)
    facts.findings += check_item(loaded)
    facts.findings += check_record(record)
    _outline(loaded, facts, data_set)
    channels = [c for _, content in loaded.images for c in content.channels]
    sound = [c for c in channels if is_sound(c)]
    facts.hashes = tuple(pixel_hash(channel) for channel in sound)
    facts.percentiles = tuple(_percentiles(channel) for channel in sound)
    if channels:
        facts.shape = tuple(channels[0].shape)
    if sound and sound[0] is channels[0]:
        _picture(loaded, facts)
        facts.findings += check_look(loaded, facts.hashes)
    return facts


def _outline(loaded: Loaded, facts: Facts, data_set: DataSet) -> None:
    if loaded.outline is None:
        return
    path, content = loaded.outline
    facts.values = count_values(content.array)
    facts.findings += check_values(
        loaded.record, path, facts.values, data_set.labels or None
    )
    voxel = 1.0 if content.affine is None else geometry.voxel_volume(content.affine)
    if facts.values.whole:
        facts.tumour_mm3 = facts.values.foreground * voxel


def _picture(loaded: Loaded, facts: Facts) -> None:
    """Fill in the thumbnails."""
    first = loaded.images[0][1]
    mask = _mask(loaded)
    image = first.channels[0]
    if first.affine is None:
        facts.thumb = facts.plane = thumbnail(image)
        facts.outline = None if mask is None else mask_thumbnail(mask, upright=False)
        return
    volume = upright(image, first.affine)
    facts.spacing = upright_spacing(first.affine)
    facts.thumb = thumbnail(volume, volume=True)
    k = volume.shape[2] // 2
    if mask is not None:
        turned = upright(mask, first.affine)
        k = int(turned.sum(axis=(0, 1)).argmax()) if turned.any() else k
        facts.outline = mask_thumbnail(turned[:, :, k].astype(bool), upright=True)
    facts.plane = plane_thumbnail(volume[:, :, k])


def _mask(loaded: Loaded) -> NDArray[np.bool_] | None:
    """Return what is outlined, if it lies on the grid of the first image."""
    if loaded.outline is None:
        return None
    array = loaded.outline[1].array
    first = loaded.images[0][1]
    dimensions = 2 if first.affine is None else 3
    if array.shape != first.array.shape[:dimensions]:
        return None
    return np.nan_to_num(np.asarray(array, np.float32)) > 0.5


def _percentiles(channel: NDArray[np.generic]) -> tuple[float, ...]:
    flat = channel.ravel()
    some = flat[:: max(1, flat.size // SAMPLE)]
    lit = some[some != 0]
    values = np.percentile(lit if lit.size else some, PERCENTILES)
    return tuple(round(float(value), 4) for value in values)
