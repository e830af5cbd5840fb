"""Several opinions on one image: mirrored inputs, several weights, and their mean."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mritumor.bundle.folder import read_config

Flip = tuple[int, ...]


def trained_flips(bundle: Path, dims: int) -> list[Flip]:
    """Return the mirrorings under which a bundle was trained, the plain image first.

    Args:
        bundle: its ``train.json`` says which axes are mirrored; without it left and
            right alone.
        dims: spatial axes.

    Returns:
        Spatial axes (from 0) to mirror, one tuple a member.
    """
    try:
        train = read_config(bundle, "train")
    except Exception:  # a bundle without training is mirrored left and right only
        train = {}
    if dims == 2:
        chances = train.get("flip_probability", [0.5, 0.0])
    else:
        others = train.get("flip_probability_ap_si", 0.0)
        chances = [0.5, others, others]
    axes = [i for i, p in enumerate(chances) if isinstance(p, (int, float)) and p > 0]
    return [
        flip
        for length in range(len(axes) + 1)
        for flip in itertools.combinations(axes, length)
    ]


def mirror(x: torch.Tensor, flip: Flip) -> torch.Tensor:
    """Mirror images (B, C, *spatial); class outputs (B, K) stay as they are."""
    axes = [axis + 2 for axis in flip]
    return torch.flip(x, axes) if axes and x.dim() > 2 else x


def opinions(
    inferer: Any,
    networks: Sequence[torch.nn.Module],
    flips: Sequence[Flip],
    x: torch.Tensor,
) -> Iterator[torch.Tensor]:
    """Give the output (B, …) of every network on every mirrored input, turned back."""
    for network in networks:
        for flip in flips:
            output = inferer(mirror(x, flip), network)
            # Deep supervision gives one output a level: the finest counts.
            output = output[0] if isinstance(output, (list, tuple)) else output
            yield mirror(output.as_subclass(torch.Tensor).float(), flip).cpu()


@dataclass
class Mean:
    """What the members say of one image, taken in one after the other.

    Attributes:
        regions: sum of the probabilities (R, *spatial), on the input's grid.
        classes: sum of the probabilities (K,).
        volumes: voxels of each label, one tuple a member.
        count: members.
    """

    regions: Any = None
    classes: Any = None
    volumes: list[tuple[int, ...]] = field(default_factory=list)
    count: int = 0

    def add(self, regions: Any, classes: Any) -> None:
        """Take in one member's probabilities; either may be None."""
        if regions is not None:
            self.regions = regions if self.regions is None else self.regions + regions
        if classes is not None:
            self.classes = classes if self.classes is None else self.classes + classes
        self.count += 1

    def entropy(self) -> NDArray[np.float32]:
        """Return the entropy of the region that is least sure, 0 to 1, (*spatial)."""
        p = np.asarray(self.regions / self.count, np.float32).clip(1e-7, 1 - 1e-7)
        binary = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
        return np.asarray(binary.max(0), np.float32)

    def volume_ranges(self) -> list[tuple[int, int]]:
        """Return least and greatest voxels of each label among the members."""
        return [(min(v), max(v)) for v in zip(*self.volumes)]
