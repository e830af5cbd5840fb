"""The volumes of one study, on the grid of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mritumor.data.preprocess import resample
from mritumor.errors import GeometryError, InputError, did_you_mean
from mritumor.geometry import grid_difference
from mritumor.slicer.nodes import Channel, read_channels, shown_by
from mritumor.types import Affine


@dataclass(frozen=True)
class Study:
    """What a bundle's network is asked about.

    Args:
        image: (C, I, J, K) float32, channels as the bundle wants them.
        affine: voxel index to RAS+ mm of the world.
        reference: the node whose grid this is.
        resampled: sequences that lay on other grids and were interpolated.
        missing: sequences that are zeros.
    """

    image: np.ndarray
    affine: Affine
    reference: Any
    resampled: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def gather(
    nodes: Mapping[str, Any] | Any,
    modalities: Sequence[str],
    reference: str | None = None,
    fill_missing: bool = False,
) -> Study:
    """Bring loaded volumes to one grid, in the order of a bundle's channels.

    Args:
        nodes: sequence name to volume node; or one node that holds all channels, in
            the bundle's order, on one grid.
        modalities: the bundle's channel names in order.
        reference: the sequence whose grid is taken; default the first one given.
            Others are interpolated linearly to it, 0 outside of them.
        fill_missing: a sequence without node becomes zeros.

    Raises:
        InputError: a sequence is missing or unknown, or a node has not one channel.
        GeometryError: a volume does not meet the reference's field of view.
    """
    if not isinstance(nodes, Mapping):
        return _whole(nodes, modalities)
    given = {name: node for name, node in nodes.items() if node is not None}
    missing = _missing(given, modalities, fill_missing)
    present = [m for m in modalities if m in given]
    named = present[0] if reference is None else reference
    if named not in present:
        raise InputError(
            "the reference is none of the sequences given",
            where="reference",
            got=named,
            expected="one of " + ", ".join(present),
        )
    channels = {m: _single(given[m], m) for m in present}
    grid = channels[named]
    image = np.zeros((len(modalities), *grid.volume.array.shape), np.float32)
    resampled = []
    for index, modality in enumerate(modalities):
        if modality in channels:
            image[index], moved = _onto(channels[modality], grid)
            resampled += [modality] if moved else []
    return Study(image, grid.affine, given[named], tuple(resampled), missing)


def _whole(node: Any, modalities: Sequence[str]) -> Study:
    channels = read_channels(node)
    if len(channels) != len(modalities):
        raise InputError(
            "the volume does not have the channels that the bundle needs",
            where=node.GetName(),
            got=f"{len(channels)} channel(s)",
            expected=f"{len(modalities)} ({', '.join(modalities)})",
            remedy="choose one volume per sequence",
        )
    first = channels[0]
    image = np.stack([_onto(channel, first)[0] for channel in channels])
    return Study(image, first.affine, shown_by(node))


def _single(node: Any, modality: str) -> Channel:
    channels = read_channels(node)
    if len(channels) != 1:
        raise InputError(
            f"the volume chosen for {modality} is not one scalar volume",
            where=node.GetName(),
            got=f"{len(channels)} channels",
            remedy="choose a single volume, or give this one for all sequences",
        )
    return channels[0]


def _missing(
    given: Mapping[str, Any], modalities: Sequence[str], fill: bool
) -> tuple[str, ...]:
    unknown = [name for name in given if name not in modalities]
    if unknown:
        raise InputError(
            "the bundle knows no such sequence",
            got=", ".join(unknown),
            expected=", ".join(modalities),
            remedy=did_you_mean(unknown[0], modalities),
        )
    missing = tuple(m for m in modalities if m not in given)
    if missing and (not fill or not given):
        raise InputError(
            f"no volume is chosen for {' and '.join(missing)}",
            got=", ".join(given) or "none",
            expected=", ".join(modalities),
            remedy="choose one volume per sequence",
        )
    return missing


def _onto(channel: Channel, reference: Channel) -> tuple[np.ndarray, bool]:
    """Return a channel on the reference's voxels, and whether it was interpolated."""
    array, grid = channel.volume.array, reference.volume.grid
    difference = grid_difference(
        grid.shape, reference.affine, array.shape, channel.affine
    )
    if difference is None:
        return array, False
    # Each node's own frame is free of shear, which ITK's images cannot have; what the
    # transforms above the nodes do goes into the matrix.
    matrix = np.linalg.inv(channel.to_world) @ reference.to_world
    moved = resample(channel.volume, grid, matrix).array
    if array.any() and not moved.any():
        raise GeometryError(
            "the volume does not meet the reference's field of view",
            where=channel.name,
            expected=f"a scan of the same head as {reference.name}",
            remedy="choose volumes of one study, or register them first",
        )
    return moved, True
