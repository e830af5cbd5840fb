"""The process that predicts, so that the page stays quick."""

from __future__ import annotations

import logging
import signal
import warnings
from pathlib import Path
from typing import Any

from mritumor.errors import MRITumorError, first_line
from mritumor.web.predicting import TASKS, Models
from mritumor.web.problems import without_paths

logger = logging.getLogger(__name__)


def work(pipe: Any, device: str | None) -> None:
    """Answer tasks until the pipe is closed.

    Sends ``("step", words)`` while it works, then ``("done", facts)`` or
    ``("problem", sentence)``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the server's
    warnings.simplefilter("ignore")
    models = Models(device)
    import mritumor.inference.predictor  # noqa: F401  heavy: before the first task

    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(models, task, pipe))


def _answer(models: Models, task: dict[str, Any], pipe: Any) -> tuple[str, Any]:
    try:
        facts = TASKS[task["kind"]](
            models, task, lambda words: pipe.send(("step", words))
        )
        return "done", facts
    except MRITumorError as error:
        return "problem", without_paths(str(error), Path(task["folder"]))
    except Exception as error:  # a reader's own complaint: told, never a traceback
        logger.warning("unexpected failure", exc_info=True)
        words = first_line(error)
        told = without_paths(words, Path(task["folder"]))
        return "problem", f"The files could not be predicted: {told}"
