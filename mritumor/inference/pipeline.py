"""Bundles one after the other: a class, then an outline, perhaps only where there is one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from mritumor.errors import BundleError
from mritumor.inference.cases import CASES, Case, FoundInputs
from mritumor.inference.no_tumour import NO_TUMOUR
from mritumor.inference.prediction import Prediction
from mritumor.inference.predictor import Predictor
from mritumor.types import PathLike


class Pipeline:
    """A classifier and a bundle that outlines, asked about the same input.

    Called and used as a `Predictor`: the prediction has the class of the one and the
    labels of the other. A joint bundle needs no pipeline: its `Predictor` gives both.

    Args:
        classify: tells the class; of slices.
        segment: outlines.
        gate: outline only slices that are not called free of tumour; a volume is then
            cut into slices for both.

    Raises:
        BundleError: roles that the bundles cannot play.

    Example:
        >>> pipeline = Pipeline(
        ...     Predictor("bundles/lgg_classification"),
        ...     Predictor("bundles/lgg_segmentation"), gate=True)  # doctest: +SKIP
        >>> pipeline.predict("TCGA_CS_4941_19960909/").volumes  # doctest: +SKIP

    Source:
        Alshomrani (classify, then segment), Amin (detect, then segment what is called a
        tumour).
    """

    def __init__(
        self, classify: Predictor, segment: Predictor, gate: bool = False
    ) -> None:
        self.classify = classify
        self.segment = segment
        self.gate = gate
        self._check()
        self.bundle = segment.bundle
        self.modalities = segment.modalities
        self.names = segment.names
        self.class_names = classify.class_names
        self.fills_missing = segment.fills_missing
        self.notes = [*classify.notes, *segment.notes]

    def find(self, paths: Any, **options: Any) -> FoundInputs:
        """Find the cases under files and folders, as the outlining bundle does."""
        return self.segment.find(paths, **options)

    def __call__(
        self, image: ArrayLike, affine: ArrayLike | None = None, case: str = "array"
    ) -> Prediction:
        """Predict an array, as `Predictor` does; a gate needs a `PictureCase` or file.

        Of an array, the gate closes for the whole.
        """
        began = time.monotonic()
        told = self.classify(image, affine, case)
        outlined = self.segment(image, affine, case)
        if self.gate and not any(self._open(told)):
            empty = outlined.labels * 0 if outlined.labels is not None else None
            outlined = replace(outlined, labels=empty)
        return self._joined(told, outlined, began)

    def predict(self, case: Case | PathLike, fill_missing: bool = False) -> Prediction:
        """Predict the files of a case, as `Predictor.predict` does."""
        began = time.monotonic()
        if not isinstance(case, CASES):
            case = self.segment.only(case)
        told = self.classify.predict(case)
        keep = self._open(told) if self.gate else None
        outlined = self.segment.predict(case, fill_missing, keep)
        return self._joined(told, outlined, began)

    def _open(self, told: Prediction) -> list[bool]:
        """Return for each slice whether it goes on to be outlined."""
        each: Sequence[Any] = told.slices or [told.probabilities]
        return [bool(p) and max(p, key=p.get) not in self._negative for p in each]

    def _joined(
        self, told: Prediction, outlined: Prediction, began: float
    ) -> Prediction:
        notes = list(outlined.notes)
        if self.gate:
            passed = self._open(told)
            notes.append(
                f"{sum(passed)} of {len(passed)} slice(s) called a tumour and outlined"
            )
        return replace(
            outlined,
            probabilities=told.probabilities,
            slices=told.slices,
            notes=tuple(notes),
            seconds=time.monotonic() - began,
        )

    @property
    def _negative(self) -> set[str]:
        return {n for n in self.classify.class_names if n.lower() in NO_TUMOUR}

    def _check(self) -> None:
        if not self.classify.class_names or self.segment.is_classifier:
            raise BundleError(
                "a pipeline is a classifier and a bundle that outlines",
                got=f"{self.classify.bundle.name}, {self.segment.bundle.name}",
            )
        if self.gate and not self._negative:
            raise BundleError(
                "this classifier has no class that says 'no tumour', so it is no gate",
                where=self.classify.bundle,
                got=", ".join(self.classify.class_names),
                expected="one of " + ", ".join(NO_TUMOUR),
            )
        if self.gate and self.segment.dims != 2:
            raise BundleError(
                "a gate of slices needs a bundle that outlines slices",
                where=self.segment.bundle,
                remedy="leave the gate out, or choose a bundle of slices",
            )
