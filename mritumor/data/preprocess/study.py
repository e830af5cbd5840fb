"""A raw study to volumes on one grid and one scale, with the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mritumor.data.modalities import in_order
from mritumor.data.preprocess import brain
from mritumor.data.preprocess.carrier import Carrier
from mritumor.data.preprocess.corrected import read_corrected
from mritumor.data.preprocess.crop import cropped
from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.hd_bet import find_hd_bet
from mritumor.data.preprocess.normalisation import Scale, normalise
from mritumor.data.preprocess.options import Options
from mritumor.data.preprocess.placing import Placing, place
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume, read_sequence
from mritumor.errors import InputError
from mritumor.types import PathLike


@dataclass(frozen=True)
class Preprocessed:
    """A study after preprocessing, and everything that was done to it.

    Args:
        case: its name.
        images: (I, J, K) float32 per sequence, on `carrier.grid`.
        mask: (I, J, K) the brain, None where nothing was stripped.
        carrier: the way between this grid and the study's own.
        placing: the registrations.
        bias: how strong the bias field was that N4 took out, per sequence.
        scales: what the normalisation did, per sequence.
        options: as asked for.
        files: as read.
        warnings: one sentence each.
    """

    case: str
    images: dict[str, NDArray[np.float32]]
    mask: NDArray[np.bool_] | None
    carrier: Carrier
    placing: Placing
    bias: dict[str, float]
    scales: dict[str, Scale]
    options: Options
    files: dict[str, str]
    warnings: list[str] = field(default_factory=list)

    def to_original(self, label: np.ndarray, sequence: str | None = None) -> Volume:
        """Carry a label map back to the study's own grid; see `Carrier.to_original`."""
        return self.carrier.to_original(label, sequence)


def preprocess(
    files: Mapping[str, PathLike], options: Options | None = None, case: str = "case"
) -> Preprocessed:
    """Correct, register, resample, crop and normalise a study.

    Every sequence is interpolated once, whatever the number of steps.

    Args:
        files: one file for each sequence, canonical names.
        options: see `Options`.
        case: name for errors and outputs.

    Raises:
        InputError: the reference is missing, a file cannot be used, a match is poor.
        MissingDependencyError: HD-BET was asked for and is not installed.
    """
    options = options or Options()
    paths = _checked(files, options, case)
    warnings: list[str] = []
    volumes, bias = read_corrected(paths, options.n4, warnings)
    atlas = read_sequence(options.atlas) if options.atlas else None
    placing = place(volumes, atlas, options, case, warnings)
    own = {name: volume.grid for name, volume in volumes.items()}
    grid = _target(atlas.grid if atlas else own[options.reference], options)
    carrier = Carrier(options.reference, grid, own, placing.matrices)
    for name in list(volumes):
        volumes[name] = resample(volumes[name], grid, placing.matrices[name])
    mask = None
    if options.skull_strip != "none":
        method = options.skull_strip
        mask = brain.brain_mask(volumes, options.reference, method, name=case)
        warnings += [f"{case}: {brain.WARNING}"] if method == "builtin" else []
    if options.crop and atlas is None:
        carrier, volumes, mask = cropped(carrier, volumes, mask, options.margin)
    images, scales = _scaled(volumes, mask, options)
    named = {name: str(path) for name, path in paths.items()}
    return Preprocessed(
        case, images, mask, carrier, placing, bias, scales, options, named, warnings
    )


def _checked(
    files: Mapping[str, PathLike], options: Options, case: str
) -> dict[str, Path]:
    if options.reference not in files:
        raise InputError(
            f"the reference {options.reference} is missing",
            where=case,
            got=", ".join(n or f"one file {Path(f).name}" for n, f in files.items())
            or "nothing",
            remedy="name one of the sequences that are there with --reference; a file "
            "with several sequences has to be split first",
        )
    if options.skull_strip == "hd-bet":
        find_hd_bet(case)  # rather now than after minutes of work
    return {name: Path(files[name]) for name in in_order(files)}


def _target(grid: Grid, options: Options) -> Grid:
    """Return the grid of the result before it is cropped."""
    steps = options.three_spacings
    return grid.to_ras().with_spacing(steps) if steps else grid.to_ras()


def _scaled(
    volumes: Mapping[str, Volume], mask: NDArray[np.bool_] | None, options: Options
) -> tuple[dict[str, NDArray[np.float32]], dict[str, Scale]]:
    images, scales = {}, {}
    for name, volume in volumes.items():
        array = volume.array if mask is None else volume.array * mask
        images[name], scales[name] = normalise(
            array, options.normalise, mask=mask, name=name
        )
    return images, scales
