"""One training in its own folder, which a second call does not repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mritumor.bundle.launch import run_bundle
from mritumor.errors import InputError
from mritumor.experiments.plan import Experiment, as_words
from mritumor.report.curves import read_history
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


def train_once(
    experiment: Experiment, folder: PathLike, overrides: Mapping[str, Any]
) -> bool:
    """Train, go on with a training that was stopped, or leave a finished one alone.

    Args:
        experiment: what to train.
        folder: receives weights and records.
        overrides: common ones, laid over the experiment's; ``dataset_dir`` among them.

    Returns:
        Whether anything was trained.

    Raises:
        MRITumorError: what the run raises.
        KeyboardInterrupt: Ctrl-C or SIGTERM stopped the training; all is saved, and the
            next call goes on. What would come after it must not take it for finished.
    """
    folder = Path(folder)
    words = as_words({**experiment.overrides, **overrides, **folders(folder)})
    asked = " ".join([str(experiment.bundle), *map(str, experiment.configs), *words])
    note = folder / "experiment.txt"
    if is_finished(folder):
        if note.is_file() and note.read_text("utf-8") != asked:
            raise InputError(
                "this folder holds a run with other settings",
                where=folder,
                remedy="choose another --out, or move it away",
            )
        return False
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(asked, encoding="utf-8")
    if (folder / "last.pt").is_file():
        words += ["--resume", "true"]
    run_bundle(experiment.bundle, "training", experiment.configs, words)
    if "stopped" in _record(folder):
        raise KeyboardInterrupt(f"{folder}: the training was stopped, all is saved")
    return True


def folders(folder: Path) -> dict[str, Any]:
    """Return the overrides that put a run's records and weights into its folder."""
    return {"output_dir": str(folder), "ckpt_dir": str(folder)}


def is_finished(folder: PathLike) -> bool:
    """Tell whether a training ended there by itself."""
    return (Path(folder) / "model.pt").is_file() and "ended" in _record(Path(folder))


def _record(folder: Path) -> dict[str, Any]:
    """Return what a run noted of itself, nothing where none was."""
    file = folder / "run.json"
    if not file.is_file():
        return {}
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def best_value(folder: PathLike) -> tuple[str, float]:
    """Return the key metric of a finished run and its best value.

    Raises:
        InputError: it never validated.
    """
    record = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
    metric = str((record.get("best") or {}).get("metric"))
    values = [v for v in read_history(folder).get(metric, []) if v == v]
    if not values:
        raise InputError(
            "the run has no validation",
            where=folder,
            remedy="train it on to its last epoch, which is always validated",
        )
    return metric, max(values)
