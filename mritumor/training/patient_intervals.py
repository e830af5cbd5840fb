"""Evaluation results with the interval that their number of patients allows."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ignite.engine import Engine, Events

from mritumor.metrics import bootstrap_interval
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


class PatientIntervals:
    """Log and write ``intervals.json``: mean, 95 % bootstrap interval and n by region.

    Args:
        folder: where to write.
        metric: whose details are read, (N patients, R regions) values.
        names: of the regions.
        patients: (N,) patient of each case, so that a patient with several scans
            counts once; default: each case another patient. Several processes deliver
            cases in another order than the datalist: leave it out there.
    """

    def __init__(
        self,
        folder: PathLike,
        metric: str,
        names: Sequence[str],
        patients: Sequence[str] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.metric = metric
        self.names = list(names)
        self.patients = patients

    def attach(self, engine: Engine) -> None:
        """Attach to an evaluator."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Write the intervals; the first process of a group speaks for all."""
        if getattr(engine.state, "rank", 0):
            return
        details = np.asarray(engine.state.metric_details[self.metric].cpu())
        results: dict[str, Any] = {}
        for name, scores in zip(self.names, details.T):
            interval = bootstrap_interval(scores, self.patients)
            results[name] = interval._asdict()
            logger.info(f"{self.metric} {name}: {interval}")
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {"metric": self.metric, "confidence": 0.95, **results}, indent=1
        )
        (self.folder / "intervals.json").write_text(text + "\n", encoding="utf-8")
