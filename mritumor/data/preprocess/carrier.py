"""The way there and back between a study's own grids and the preprocessed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.label_splines import resample_smoothly
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume
from mritumor.errors import GeometryError, InputError
from mritumor.geometry import as_affine
from mritumor.types import Affine


@dataclass(frozen=True)
class Carrier:
    """Where preprocessed voxels came from, and how to bring masks back.

    Args:
        reference: the sequence that masks go back to when none is named.
        grid: of the preprocessed volumes.
        own: grid of each sequence as it was read.
        matrices: for each sequence 4×4, preprocessed positions to its own, RAS+ mm.
    """

    reference: str
    grid: Grid
    own: Mapping[str, Grid]
    matrices: Mapping[str, Affine]

    def to_original(self, label: np.ndarray, sequence: str | None = None) -> Volume:
        """Carry a label map back to the study's own grid.

        Args:
            label: (I, J, K) integers on the preprocessed grid.
            sequence: whose grid; None the reference's.

        Returns:
            The labels there, of the same number type; 0 outside what was kept.

        Raises:
            GeometryError: the label map lies on another grid.
            InputError: no such sequence.
        """
        name = self._known(sequence)
        self._check(label, self.grid)
        back = np.linalg.inv(self.matrices[name])
        volume = Volume(label, self.grid.affine)
        return resample(volume, self.own[name], back, label=True)

    def to_preprocessed(self, label: np.ndarray, sequence: str | None = None) -> Volume:
        """Carry a label map, drawn on a sequence, to the preprocessed grid.

        Args:
            label: (I, J, K) integers on the sequence's own grid.
            sequence: on which it was drawn; None the reference.

        Raises:
            GeometryError: the label map lies on another grid.
            InputError: no such sequence.
        """
        name = self._known(sequence)
        self._check(label, self.own[name])
        volume = Volume(label, self.own[name].affine)
        return resample_smoothly(volume, self.grid, self.matrices[name])

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        sequences = {
            name: {
                "own_grid": self.own[name].to_json(),
                "preprocessed_to_own_ras_mm": self.matrices[name].tolist(),
            }
            for name in self.own
        }
        return {
            "reference": self.reference,
            "grid": self.grid.to_json(),
            "sequences": sequences,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], where: object = None) -> Carrier:
        """Return the carrier of `to_json`'s values.

        Raises:
            InputError: they are not complete.
        """
        try:
            sequences = values["sequences"]
            own = {
                n: Grid.from_json(s["own_grid"], where) for n, s in sequences.items()
            }
            matrices = {
                name: as_affine(part["preprocessed_to_own_ras_mm"], where)
                for name, part in sequences.items()
            }
            grid = Grid.from_json(values["grid"], where)
            return cls(str(values["reference"]), grid, own, matrices)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"this is no record of a preprocessing: {error!r}", where=where
            ) from None

    def _known(self, sequence: str | None) -> str:
        name = sequence or self.reference
        if name not in self.own:
            raise InputError(
                "the study has no such sequence", got=name, expected=", ".join(self.own)
            )
        return name

    @staticmethod
    def _check(label: np.ndarray, grid: Grid) -> None:
        if label.shape != grid.shape:
            raise GeometryError(
                "the label map lies on another grid",
                got=label.shape,
                expected=grid.shape,
            )
        if label.dtype.kind not in "biu":
            raise InputError(
                "a label map holds whole numbers", got=label.dtype, expected="integers"
            )
