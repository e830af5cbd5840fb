"""What a bundle says of one case, ready to be saved, measured and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from mritumor.geometry import spacing, voxel_volume
from mritumor.types import Affine, LabelMap, PathLike


@dataclass(frozen=True)
class Prediction:
    """A label map in the geometry of its input.

    Attributes:
        case: name of the case.
        labels: (I, J, K) uint8, 0 background.
        affine: of the input, voxel index to RAS+ mm.
        names: meaning of each label value but 0.
        image: (C, I, J, K) float32, the input; for pictures.
        missing: sequences that were filled with zeros.
        seconds: that the prediction took.
    """

    case: str
    labels: LabelMap
    affine: Affine
    names: Mapping[int, str]
    image: np.ndarray = field(repr=False)
    missing: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def volumes(self) -> dict[str, float]:
        """Volume of each label in mm³, by name."""
        unit = voxel_volume(self.affine)
        counts = np.bincount(
            self.labels.ravel(), minlength=max(self.names, default=0) + 1
        )
        return {name: float(counts[value] * unit) for value, name in self.names.items()}

    def save(self, folder: PathLike) -> Path:
        """Write ``<case>_seg.nii.gz`` (uint8, the input's affine).

        The file is replaced in one step, so that an interruption leaves no half of it.
        """
        path = Path(folder) / f"{self.case}_seg.nii.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(self.labels, self.affine, dtype=np.uint8)
        image.header.set_xyzt_units("mm")
        unfinished = path.with_name(f".{path.name.removesuffix('.nii.gz')}.part.nii.gz")
        nib.save(image, unfinished)
        unfinished.replace(path)
        return path

    def summary(self) -> dict[str, Any]:
        """Return the facts of the prediction for a table or JSON."""
        return {
            "case": self.case,
            "shape": list(self.labels.shape),
            "spacing_mm": [round(s, 4) for s in spacing(self.affine)],
            "volumes_mm3": {name: round(v, 1) for name, v in self.volumes.items()},
            "missing_sequences": list(self.missing),
            "seconds": round(self.seconds, 2),
        }
