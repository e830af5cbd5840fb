"""Many cases, where one that fails does not stop the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mritumor.errors import MRITumorError, first_line
from mritumor.inference.cases import Case
from mritumor.inference.prediction import Prediction
from mritumor.inference.resume import Ledger
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Attributes:
        case: its name.
        prediction: while the case is worked on; None afterwards.
        file: the label map written; None for a classifier.
        problem: one sentence, None when it succeeded.
        files: everything written.
        result: its facts for a table or JSON.
    """

    case: str
    prediction: Prediction | None = None
    file: Path | None = None
    problem: str | None = None
    files: tuple[Path, ...] = field(default=())
    result: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the result for a table or JSON."""
        if self.problem is not None:
            return {"case": self.case, "problem": self.problem}
        if self.result is not None:
            return self.result
        facts = self.prediction.summary() if self.prediction is not None else {}
        if self.file is not None:
            facts["file"] = str(self.file)
        return {**facts, "files": [str(f) for f in self.files]}


def predict_cases(
    predictor: Any,
    cases: Sequence[Case],
    folder: PathLike,
    fill_missing: bool = False,
    then: Callable[[Prediction], Iterable[Path] | None] | None = None,
    watch: Callable[[Sequence[Case]], Iterable[Case]] = iter,
    ledger: Ledger | None = None,
) -> list[Outcome]:
    """Predict and save cases one after the other.

    Args:
        predictor: a `Predictor` or a `Pipeline`.
        cases: what to predict.
        folder: where the label maps are written, each as soon as it is done.
        fill_missing: as for `Predictor.predict`; complete cases are not touched.
        then: called with each prediction, such as to draw it; gives the files that it
            wrote. Its failure fails the case's outcome, not its label map.
        watch: wraps the cases to show progress, such as ``tqdm``.
        ledger: keeps account, and knows what an earlier run finished.

    Returns:
        One outcome per case, in order.
    """
    outcomes = []
    for case in watch(cases):
        earlier = ledger.finished(case) if ledger is not None else None
        if earlier is not None and ledger is not None:
            ledger.keep(case, earlier)
            outcomes.append(Outcome(case.name, result=earlier))
            continue
        outcome = _attempt(predictor, case, folder, fill_missing, then)
        if ledger is not None:
            ledger.add(case, outcome.as_dict(), _rows(outcome))
        outcomes.append(_light(outcome))
    return outcomes


def _light(outcome: Outcome) -> Outcome:
    """Let the arrays go: those of hundreds of cases would fill the memory."""
    if outcome.prediction is None:
        return outcome
    return replace(outcome, prediction=None, result=outcome.as_dict())


def _attempt(
    predictor: Any,
    case: Case,
    folder: PathLike,
    fill_missing: bool,
    then: Callable[[Prediction], Iterable[Path] | None] | None,
) -> Outcome:
    began = time.monotonic()
    try:
        prediction = predictor.predict(case, fill_missing)
        file = prediction.save(folder)
        files = [file] if file is not None else []
        if then is not None:
            files += list(then(prediction) or ())
        return Outcome(case.name, prediction, file, files=tuple(files))
    except MRITumorError as error:
        return Outcome(case.name, problem=str(error))
    except (RuntimeError, OSError, MemoryError, ValueError) as error:
        logger.debug("unexpected failure", exc_info=True)
        first = first_line(error)
        return Outcome(case.name, problem=f"{case.name}: {first}")
    finally:
        logger.debug(f"{case.name}: {time.monotonic() - began:.1f} s")


def _rows(outcome: Outcome) -> list[dict[str, str]]:
    from mritumor.inference.saving import csv_rows

    return list(csv_rows(outcome.prediction)) if outcome.prediction is not None else []
