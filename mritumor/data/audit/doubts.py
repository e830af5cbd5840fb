"""Does an item look as a prepared one should?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mritumor import geometry
from mritumor.data.audit.appearance import SHIFT_MM, displacement, looks_unstripped
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.loaded import Loaded


def check_look(loaded: Loaded, hashes: Sequence[str]) -> Iterator[Finding]:
    """Yield warnings: ``unstripped``, ``unregistered``, ``copied-channel``.

    Args:
        loaded: an item whose first channel is sound.
        hashes: of its sound channels.
    """
    record = loaded.record
    for kind, sentence in _doubts(loaded, hashes):
        yield Finding("warning", kind, str(record), sentence, (record.number,))


def _doubts(loaded: Loaded, hashes: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(set(hashes)) < len(hashes):
        yield "copied-channel", "two of its sequences are the same image"
    first = loaded.images[0][1]
    if first.affine is None:
        return
    channels = [c for _, content in loaded.images for c in content.channels]
    steps = geometry.spacing(first.affine)
    if looks_unstripped(channels[0], steps):
        yield "unstripped", "the skull seems to be there still"
    for number, channel in enumerate(channels[1:], 1):
        if channel.shape != channels[0].shape or not is_sound(channel):
            continue
        far = displacement(channels[0], channel, steps)
        if far >= SHIFT_MM:
            yield "unregistered", (
                f"{_name(loaded, number)} matches {_name(loaded, 0)} better when moved "
                f"by {far:.0f} mm"
            )


def _name(loaded: Loaded, number: int) -> str:
    names = loaded.record.modalities
    return names[number] if number < len(names) else f"channel {number}"


def is_sound(channel: NDArray[np.generic]) -> bool:
    """Say whether a channel is finite and not constant."""
    if channel.dtype.kind not in "biu" and not np.isfinite(channel).all():
        return False
    return bool(channel.min() < channel.max())
