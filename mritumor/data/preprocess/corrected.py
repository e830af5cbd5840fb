"""A study's sequences as read, their bias fields taken out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mritumor.data.preprocess.bias_field import correct_bias
from mritumor.data.preprocess.rough_brain import looks_stripped
from mritumor.data.preprocess.volume import Volume, read_sequence


def read_corrected(
    paths: Mapping[str, Path], n4: bool, warnings: list[str]
) -> tuple[dict[str, Volume], dict[str, float]]:
    """Read sequences and, if asked for, correct their bias.

    Args:
        paths: file of each sequence.
        n4: whether to correct.
        warnings: receives a sentence for each thing done unasked.

    Returns:
        The sequences (float32), and the strength of each one's bias field.

    Raises:
        InputError: a file that cannot be used, or N4 cannot be done.
    """
    volumes, strengths = {}, {}
    for name, path in paths.items():
        volume = _zero_background(read_sequence(path), path, warnings)
        if n4:
            correction = correct_bias(volume, name=path)
            volume, strengths[name] = correction.volume, correction.strength
        volumes[name] = volume
    return volumes, strengths


def _zero_background(volume: Volume, path: Path, warnings: list[str]) -> Volume:
    """Return the volume with the background of a stripped one 0.

    Outside a volume resampling puts 0, which must mean the same as its background.
    """
    background = volume.array[0, 0, 0]
    if background == 0 or not looks_stripped(volume):
        return volume
    warnings.append(f"{path}: its background {background:g} was set to 0")
    array = np.where(volume.array == background, np.float32(0), volume.array)
    return Volume(array, volume.affine)
