"""Many cases, where one that fails does not stop the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mritumor.data.inputs import InputCase
from mritumor.errors import MRITumorError
from mritumor.inference.prediction import Prediction
from mritumor.inference.predictor import Predictor
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Attributes:
        case: its name.
        prediction: None when it failed.
        file: the label map written.
        problem: one sentence, None when it succeeded.
    """

    case: str
    prediction: Prediction | None = None
    file: Path | None = None
    problem: str | None = None


def predict_cases(
    predictor: Predictor,
    cases: Sequence[InputCase],
    folder: PathLike,
    fill_missing: bool = False,
    then: Callable[[Prediction], None] | None = None,
    watch: Callable[[Sequence[InputCase]], Iterable[InputCase]] = iter,
) -> list[Outcome]:
    """Predict and save cases one after the other.

    Args:
        predictor: the bundle.
        cases: what to predict.
        folder: where ``<case>_seg.nii.gz`` are written, each as soon as it is done.
        fill_missing: as for `Predictor.predict`.
        then: called with each prediction, such as to draw it; its failure fails the
            case's outcome, not its label map.
        watch: wraps the cases to show progress, such as ``tqdm``.

    Returns:
        One outcome per case, in order.
    """
    outcomes = []
    for case in watch(cases):
        began = time.monotonic()
        try:
            prediction = predictor.predict(case, fill_missing)
            file = prediction.save(folder)
            if then is not None:
                then(prediction)
            outcomes.append(Outcome(case.name, prediction, file))
        except MRITumorError as error:
            outcomes.append(Outcome(case.name, problem=str(error)))
        except (RuntimeError, OSError, MemoryError, ValueError) as error:
            logger.debug("unexpected failure", exc_info=True)
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            outcomes.append(Outcome(case.name, problem=f"{case.name}: {first}"))
        logger.debug(f"{case.name}: {time.monotonic() - began:.1f} s")
    return outcomes
