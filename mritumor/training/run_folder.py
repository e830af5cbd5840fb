"""The folder that tells, a year later, what a run was."""

from __future__ import annotations

import csv
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events

from mritumor.bundle.workflow import running_config
from mritumor.training.provenance import now, run_facts
from mritumor.types import PathLike

logger = logging.getLogger(__name__)

# What a run writes, and a later run in the same folder must not mix with or lose.
TRACES = ("run.json", "config.json", "metrics.csv", "last.pt", "tensorboard")


class RunFolder:
    """Write ``run.json``, ``config.json`` and ``metrics.csv`` of a training run.

    ``run.json`` holds versions, commit, data hash, device, start and end;
    ``config.json`` the merged config with every override; ``metrics.csv`` one line an
    epoch.

    Args:
        folder: the run's ``output_dir``.
        evaluator: the validating engine.
        datalist: the datalist file, for the data hash; may not exist.
    """

    def __init__(
        self,
        folder: PathLike,
        evaluator: Engine | None = None,
        datalist: PathLike | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.evaluator = evaluator
        self.datalist = datalist
        self._facts: dict[str, Any] = {}

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, before the handlers that write into the folder."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.COMPLETED, self._complete)

    def write_metrics(self, engine: Engine) -> None:
        """Append the line of the epoch that has just been validated."""
        if getattr(engine.state, "rank", 0):
            return
        row = {
            "epoch": engine.state.epoch,
            "train_loss": getattr(engine.state, "mean_loss", ""),
            "learning_rate": getattr(engine.state, "learning_rate", ""),
            "seconds_per_step": getattr(engine.state, "seconds_per_step", ""),
        }
        row.update(self._scores_of(engine.state.epoch))
        append_row(self.folder / "metrics.csv", row)

    def _scores_of(self, epoch: int) -> dict[str, Any]:
        """Return the scores of an epoch's validation, nothing when it had none."""
        if self.evaluator is None or self.evaluator.state.epoch != epoch:
            return {}
        scores = self.evaluator.state.metrics.items()
        return {k: v for k, v in scores if not isinstance(v, dict)}

    def _start(self, engine: Engine) -> None:
        # Here, not in attach: handlers attach in the order of the list, and this one
        # stands first, while validation must have run before its line is written.
        engine.add_event_handler(Events.EPOCH_COMPLETED, self.write_metrics)
        if getattr(engine.state, "rank", 0):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        config = running_config()
        if config is not None:
            _write_json(self.folder / "config.json", config)
        self._facts = run_facts(engine, self.datalist)
        _write_json(self.folder / "run.json", self._facts)

    def _complete(self, engine: Engine) -> None:
        if getattr(engine.state, "rank", 0) or not self._facts:
            return
        # A run that was stopped is no finished one: who scores it waits for the rest.
        end = "stopped" if getattr(engine.state, "was_stopped", False) else "ended"
        self._facts.update({end: now(), "epochs_done": engine.state.epoch})
        if self.evaluator is not None:
            state = self.evaluator.state
            self._facts["best"] = {
                "metric": state.key_metric_name,
                "value": state.best_metric,
                "epoch": state.best_metric_epoch,
            }
        _write_json(self.folder / "run.json", self._facts)


def put_earlier_run_aside(
    folder: PathLike, best_path: PathLike | None = None, resume: bool = False
) -> Path | None:
    """Make room for a run where an earlier one has been.

    What that one left in the folder is moved to ``earlier/<its start>/``; the weights
    that the new run will replace are copied there. Nothing is deleted.

    Args:
        folder: the ``output_dir`` of the run that begins.
        best_path: its ``model.pt``.
        resume: it continues the earlier one: leave all in place.

    Returns:
        Where the earlier run now lies, None when there was none or it is resumed.
    """
    traces = [p for p in (Path(folder) / t for t in TRACES) if p.exists()]
    if resume or not traces:
        return None
    aside = _fresh(Path(folder) / "earlier" / _start_of(Path(folder) / "run.json"))
    aside.mkdir(parents=True)
    for trace in traces:
        shutil.move(str(trace), str(aside / trace.name))
    if best_path is not None and Path(best_path).is_file():
        shutil.copy2(best_path, aside / Path(best_path).name)
    logger.info(f"an earlier run in this folder now lies in {aside}")
    return aside


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append a line to a CSV file; columns that it lacks are added, empty above."""
    rows = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    columns = dict.fromkeys(key for line in [*rows, row] for key in line)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns), restval="")
        writer.writeheader()
        writer.writerows([*rows, row])


def _start_of(record: Path) -> str:
    """Return when a run started, for a folder name."""
    try:
        started = json.loads(record.read_text(encoding="utf-8"))["started"]
    except (OSError, ValueError, KeyError):
        started = "unknown"
    return str(started).replace(":", "").replace("-", "")


def _fresh(folder: Path) -> Path:
    candidates = [
        folder,
        *(folder.with_name(f"{folder.name}_{i}") for i in range(2, 1000)),
    ]
    return next(c for c in candidates if not c.exists())


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")
