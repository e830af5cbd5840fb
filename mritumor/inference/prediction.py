"""What a bundle says of one case, ready to be saved, measured and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.geometry import spacing, voxel_volume
from mritumor.inference.measure import measures
from mritumor.types import Affine, LabelMap, PathLike


@dataclass(frozen=True)
class Prediction:
    """Outline and class in the geometry of the input.

    Arrays of a volume are (I, J, K). A picture is (H, W) as it is seen, rows downward;
    a patient's N pictures are (H, W, N), from the first to the last.

    Attributes:
        case: name of the case.
        labels: uint8, 0 background; None when the bundle outlines nothing.
        affine: of a volume, voxel index to RAS+ mm; None for pictures.
        names: meaning of each label value but 0.
        image: (C, …) float32, the input.
        missing: sequences that were filled with zeros.
        seconds: that the prediction took.
        probabilities: by class, adding up to 1; empty when the bundle tells no class.
            Of a patient's slices: the mean.
        slices: probabilities of each slice, where there are several.
        files: the pictures, in the order of the slices.
        uncertainty: entropy of the outline, 0 (sure) to 1, on the voxels of `labels`.
        ranges: least and greatest volume (mm³, or pixels) of each label among the
            members of an ensemble or of test-time augmentation.
        source: of DICOM, the series that the labels lie on.
        notes: what a reader must know, such as which series was chosen.
        shown: channel of the image in which the tumour is seen best.
    """

    case: str
    labels: LabelMap | None
    affine: Affine | None
    names: Mapping[int, str]
    image: NDArray[Any] = field(repr=False)
    missing: tuple[str, ...] = ()
    seconds: float = 0.0
    probabilities: Mapping[str, float] = field(default_factory=dict)
    slices: tuple[Mapping[str, float], ...] = field(default=(), repr=False)
    files: tuple[Path, ...] = field(default=(), repr=False)
    uncertainty: NDArray[Any] | None = field(default=None, repr=False)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    source: Any = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    shown: int = -1

    @property
    def class_name(self) -> str | None:
        """The most probable class, None when the bundle tells none."""
        if not self.probabilities:
            return None
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def is_volume(self) -> bool:
        """Whether it lies in space; else it is of pictures."""
        return self.affine is not None

    @property
    def unit(self) -> str:
        """What `volumes` are counted in: ``"mm³"`` or ``"px"``."""
        return "mm³" if self.is_volume else "px"

    @property
    def volumes(self) -> dict[str, float]:
        """Volume of each label in mm³ (of pictures: area in pixels), by name."""
        if self.labels is None:
            return {}
        size = 1.0 if self.affine is None else voxel_volume(self.affine)
        counts = np.bincount(
            self.labels.ravel(), minlength=max(self.names, default=0) + 1
        )
        return {name: float(counts[value] * size) for value, name in self.names.items()}

    @property
    def measures(self) -> list[dict[str, Any]]:
        """Size, extent, place, side and lesions of each label; see `measure.measures`."""
        if self.labels is None:
            return []
        return measures(self.labels, self.names, self.affine, self.image)

    def save(self, folder: PathLike) -> Path | None:
        """Write the label map in the input's geometry.

        A volume: ``<case>_seg.nii.gz`` (uint8, the input's affine). A picture:
        ``<case>_seg.png`` (0 and 255, or label values when there are several), of the
        input's size. A patient's pictures: ``<case>/<picture>_seg.png`` each. Every
        file is replaced in one step, so that an interruption leaves no half of it.

        Returns:
            The file or, of a patient's pictures, the folder; None without labels.
        """
        from mritumor.inference.saving import save_labels

        return save_labels(self, folder)

    def summary(self) -> dict[str, Any]:
        """Return the facts of the prediction for a table or JSON."""
        facts: dict[str, Any] = {"case": self.case, "shape": list(self.image.shape[1:])}
        if self.affine is not None:
            facts["spacing_mm"] = [round(s, 4) for s in spacing(self.affine)]
        if self.labels is not None:
            key = "volumes_mm3" if self.is_volume else "areas_px"
            facts[key] = {name: round(v, 1) for name, v in self.volumes.items()}
            facts["measures"] = self.measures
        if self.probabilities:
            facts["class"] = self.class_name
            facts["probabilities"] = _rounded(self.probabilities)
        if self.ranges:
            facts["ranges"] = {
                name: [round(low, 1), round(high, 1)]
                for name, (low, high) in self.ranges.items()
            }
        if self.uncertainty is not None:
            facts["mean_entropy_inside"] = _inside(self.uncertainty, self.labels)
        if self.notes:
            facts["notes"] = list(self.notes)
        facts["missing_sequences"] = list(self.missing)
        facts["seconds"] = round(self.seconds, 2)
        return facts

    def picture(self) -> NDArray[np.uint8]:
        """Return (H, W, 3) RGB of the fullest slice with its outline."""
        from mritumor.inference.looks import picture

        return picture(self)

    def _repr_png_(self) -> bytes:
        from mritumor.inference.looks import as_png

        return as_png(self.picture())

    def _repr_html_(self) -> str:
        from mritumor.inference.looks import as_html

        return as_html(self)


def _rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    return {name: round(p, 4) for name, p in probabilities.items()}


def _inside(entropy: NDArray[Any], labels: LabelMap | None) -> float | None:
    """Return the mean entropy where something was outlined."""
    if labels is None or not labels.any():
        return None
    return round(float(entropy[labels > 0].mean()), 4)
