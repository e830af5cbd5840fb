"""What `mritumor predict` writes beside label maps: figures, reports, DICOM."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULT_OPTIONS = (
    "bundle",
    "classify",
    "gate",
    "weights",
    "ensemble",
    "tta",
    "uncertainty",
    "runtime",
    "low_memory",
    "fill_missing",
    "figure",
    "report",
    "heat",
    "seg",
    "rtstruct",
)


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what a result depends on: options, and checksums of the weights."""
    from mritumor.report.provenance import sha256

    settings: dict[str, Any] = {}
    for name in RESULT_OPTIONS:
        value = getattr(arguments, name)
        if isinstance(value, list):
            value = [str(v) for v in value]
        settings[name] = str(value) if isinstance(value, Path) else value
    used = [*arguments.ensemble, arguments.weights]
    for bundle in filter(None, (arguments.bundle, arguments.classify)):
        used += [bundle / "models/model.pt", bundle / "configs/inference.json"]
    for file in filter(None, used):
        if file.is_file():
            settings[f"sha256 {file}"] = sha256(file)
    return settings


class Writer:
    """Write what was asked for of a prediction.

    Args:
        predictor: a `Predictor` or a `Pipeline`.
        arguments: of the command.
    """

    def __init__(self, predictor: Any, arguments: argparse.Namespace) -> None:
        self.whole = predictor
        self.predictor = predictor.segment
        self.explained = predictor.classify
        self.arguments = arguments
        self._provenance: dict[str, str] | None = None

    def __call__(self, prediction: Any) -> Iterator[Path]:
        """Give the files, each after it was written."""
        from mritumor.inference.saving import save_dicom, save_uncertainty

        out = self.arguments.out
        if self.arguments.figure:
            yield _draw(prediction, out)
        if self.arguments.uncertainty and prediction.uncertainty is not None:
            yield save_uncertainty(prediction, out)  # type: ignore[misc]
        if self.arguments.seg or self.arguments.rtstruct:
            yield from save_dicom(
                prediction, out, self._algorithm(), self.arguments.rtstruct
            )
        if self.arguments.report:
            yield self._report(prediction)

    def _report(self, prediction: Any) -> Path:
        from mritumor.report import study_facts, study_report

        calibration = self.predictor.metadata.get("calibration", {})
        facts = study_facts(
            prediction,
            self._origin(),
            abstain_below=float(calibration.get("abstain_below", 0.0)),
            **self._heat(prediction),
        )
        return study_report(facts, self.arguments.out / f"{prediction.case}.html")

    def _heat(self, prediction: Any) -> dict[str, Any]:
        """Return the heat map of a picture, or of a patient's slice that is shown."""
        if not self.arguments.heat or prediction.affine is not None:
            return {}
        from mritumor.explain import picture_heat
        from mritumor.report.from_prediction import shown_slice

        image = prediction.image
        if image.ndim == 4:
            image = image[..., shown_slice(prediction)]
        told = prediction.class_name
        names = self.explained.class_names
        target = names.index(told) if told in names else None
        heat = picture_heat(self.explained, image, target, prediction.case)
        return {"heat": heat, "heat_of": told or ""}

    def _origin(self) -> dict[str, str]:
        from mritumor.report import predictor_provenance

        if self._provenance is None:
            self._provenance = predictor_provenance(self.whole)
        return self._provenance

    def _algorithm(self) -> tuple[str, str, str]:
        origin = self._origin()
        version = str(self.predictor.metadata.get("version", "unknown"))
        name = self.predictor.bundle.resolve().name
        return name, version, origin.get("weights (SHA-256)", "")[:32]


def _draw(prediction: Any, folder: Path) -> Path:
    from mritumor.inference.looks import as_png
    from mritumor.report import prediction_figure

    path = folder / f"{prediction.case}.png"
    if prediction.labels is None or prediction.affine is None:
        # Another name than the picture's own, which may lie in the same folder.
        path = folder / f"{prediction.case}_outline.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_png(prediction.picture()))
        return path
    return prediction_figure(
        path,
        prediction.image[prediction.shown],
        prediction.labels,
        prediction.affine,
        prediction.names,
        title=prediction.case,
    )
