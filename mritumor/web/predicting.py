"""The one place where this face meets `mritumor.inference`: runs in the worker."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mritumor.errors import InputError

KEPT = "prediction.pickle"  # written and read by the worker alone
Step = Callable[[str], None]


class Models:
    """Predictors and pairs of them, loaded when first asked for and kept warm.

    Args:
        device: as for `Predictor`.
        most: that are kept; the one that was not used for longest goes first.
    """

    def __init__(self, device: str | None = None, most: int = 4) -> None:
        self.device = device
        self.most = most
        self._loaded: dict[str, Any] = {}

    def __call__(self, task: dict[str, Any], step: Step = lambda _: None) -> Any:
        """Return what predicts a task: a bundle's predictor, or a pipeline of two."""
        predictors = [self._one(bundle, step) for bundle in task["bundles"]]
        if len(predictors) == 1:
            return predictors[0]
        from mritumor.inference import Pipeline

        return Pipeline(*predictors, gate=task["gate"])

    def _one(self, bundle: str, step: Step) -> Any:
        from mritumor.inference import Predictor

        if bundle not in self._loaded:
            step("loading the model")
            while len(self._loaded) >= self.most:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[bundle] = Predictor(bundle, device=self.device)
        self._loaded[bundle] = self._loaded.pop(bundle)
        return self._loaded[bundle]


def predict(models: Models, task: dict[str, Any], step: Step) -> dict[str, Any]:
    """Predict a job's input, write its results, and return what is shown of them."""
    from mritumor.web.results import write_results

    folder = Path(task["folder"])
    predictor = models(task, step)
    step("reading the files")
    case = _case(predictor, folder / "input", task["max_unpacked"])
    step("predicting")
    prediction = predictor.predict(case)
    step("drawing")
    with (folder / KEPT).open("wb") as file:
        pickle.dump(prediction, file, protocol=5)
    return write_results(predictor, prediction, folder)


def heat(models: Models, task: dict[str, Any], step: Step) -> dict[str, Any]:
    """Write where the network sees evidence: ``heat.png``, and of a volume its heat."""
    from mritumor.web.heat import write_heat

    folder = Path(task["folder"])
    predictor = models(task, step)
    step("drawing the heat map")
    write_heat(predictor.classify, _kept(folder), folder)
    return {}


def report(models: Models, task: dict[str, Any], step: Step) -> dict[str, Any]:
    """Write ``report.html`` of a job that was predicted."""
    from mritumor.report import predictor_provenance, study_facts, study_report

    folder = Path(task["folder"])
    predictor = models(task, step)
    step("writing the report")
    calibration = predictor.classify.metadata.get("calibration", {})
    facts = study_facts(
        _kept(folder),
        predictor_provenance(predictor),
        abstain_below=float(calibration.get("abstain_below", 0.0)),
    )
    study_report(facts, folder / "report.html")
    return {}


TASKS = {"predict": predict, "heat": heat, "report": report}


def _kept(folder: Path) -> Any:
    with (folder / KEPT).open("rb") as file:
        return pickle.load(file)


def _case(predictor: Any, folder: Path, max_unpacked: int) -> Any:
    """Return the one case of an upload."""
    from mritumor.inference.unzip import unzip

    files = sorted(folder.iterdir())
    if len(files) == 1 and files[0].suffix.lower() == ".zip":
        inside = folder.parent / "unpacked" / files[0].stem
        unzip(files[0], inside, max_unpacked, 50_000)
        files, folder = [inside], inside
    several = len(files) > 1 or folder.name != "input"
    where = folder if several or _dicom(files[0]) else files[0]
    found = predictor.find(where, as_patient=several).cases
    if len(found) != 1:
        raise InputError(
            "several cases were sent at once",
            got=", ".join(c.name for c in found[:5]),
            remedy="send one study at a time",
        )
    return found[0]


def _dicom(path: Path) -> bool:
    return path.suffix.lower() in (".dcm", ".ima")
