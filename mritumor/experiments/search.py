"""Search for good settings: each trial a training of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mritumor._optional import require
from mritumor.charts import new_chart, save
from mritumor.errors import InputError
from mritumor.experiments.comparing import sentence
from mritumor.experiments.plan import Experiment
from mritumor.experiments.space import Space, make_sampler, suggest
from mritumor.experiments.training import best_value, train_once
from mritumor.types import PathLike

Row = dict[str, Any]


def tune(
    experiment: Experiment,
    space: Space,
    out: PathLike,
    overrides: Mapping[str, Any],
    seed: int = 0,
) -> list[Row]:
    """Try settings, the best validation counting; a second call goes on.

    Args:
        experiment: the bundle and what is laid over it.
        space: the ids to change.
        out: receives ``trials.db``, a folder a trial, ``trials.csv``, ``trials.json``
            and ``trials.png``.
        overrides: for all trials; ``dataset_dir`` among them.
        seed: of the search.

    Returns:
        One row per trial, the best first, failed ones last: ``trial``, ``value``,
        ``metric``, ``settings``, ``folder``, ``error``.

    Raises:
        InputError: the folder holds a search over other ids.
        MissingDependencyError: Optuna is not installed.
    """
    optuna = require("optuna", extra="tune")
    out = Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    _check_same(space, out / "space.json")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=f"sqlite:///{out / 'trials.db'}",
        study_name="trials",
        direction="maximize",
        sampler=make_sampler(space, seed),
        load_if_exists=True,
    )
    _go_on(study, optuna)

    def objective(trial: Any) -> float:
        settings = suggest(trial, space)
        folder = out / f"trial_{trial.number:03d}"
        trial.set_user_attr("settings", json.dumps(settings))
        own = replace(experiment, overrides={**experiment.overrides, **settings})
        try:
            train_once(own, folder, overrides)
            metric, value = best_value(folder)
        except Exception as error:
            trial.set_user_attr("error", sentence(error))
            raise
        trial.set_user_attr("metric", metric)
        return value

    done = sum(t.state.is_finished() for t in study.trials)
    if space.count > done:
        study.optimize(objective, n_trials=space.count - done, catch=(Exception,))
    rows = _rows(study, out)
    _write(rows, list(space.ranges), out)
    return rows


def _check_same(space: Space, note: Path) -> None:
    asked = json.dumps([space.sampler, space.ranges], sort_keys=True)
    if note.is_file() and note.read_text("utf-8") != asked:
        raise InputError(
            "this folder holds another search",
            where=note.parent,
            remedy="choose another --out",
        )
    note.write_text(asked, encoding="utf-8")


def _go_on(study: Any, optuna: Any) -> None:
    """Close trials that a killed process left open, and put their settings first."""
    state = optuna.trial.TrialState
    for trial in study.get_trials(states=(state.RUNNING,)):
        study.tell(trial.number, state=state.FAIL)
        if trial.params and not isinstance(study.sampler, optuna.samplers.GridSampler):
            study.enqueue_trial(trial.params)


def _rows(study: Any, out: Path) -> list[Row]:
    rows = [
        {
            "trial": t.number,
            "value": t.value,
            "metric": t.user_attrs.get("metric"),
            "settings": json.loads(t.user_attrs.get("settings", "{}")),
            "folder": str(out / f"trial_{t.number:03d}"),
            "error": t.user_attrs.get(
                "error", "" if t.value is not None else "stopped"
            ),
        }
        for t in study.trials
        if t.state.is_finished()
    ]
    return sorted(rows, key=lambda r: (r["value"] is None, -(r["value"] or 0.0)))


def _write(rows: list[Row], ids: list[str], out: Path) -> None:
    (out / "trials.json").write_text(
        json.dumps(rows, indent=1) + "\n", encoding="utf-8"
    )
    with (out / "trials.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["trial", "metric", "value", *ids, "error"])
        for r in rows:
            chosen = [r["settings"].get(i) for i in ids]
            writer.writerow([r["trial"], r["metric"], r["value"], *chosen, r["error"]])
    good = [r for r in rows if r["value"] is not None]
    if good:
        save(trials_figure(good, ids), out / "trials.png")


def trials_figure(rows: list[Row], ids: list[str]) -> Any:
    """Draw the key metric over each setting, one chart beside the other."""
    figure, first = new_chart(size=(3.2 * len(ids) + 0.6, 3.2))
    first.remove()
    many: Any = figure.subplots(1, len(ids), squeeze=False, sharey=True)[0]
    for axes, id_ in zip(many, ids):
        values = [r["settings"].get(id_) for r in rows]
        if not all(isinstance(v, (int, float)) for v in values):
            values = [str(v) for v in values]
        elif min(values) > 0 and max(values) > 20 * min(values):
            axes.set_xscale("log")
        axes.plot(values, [r["value"] for r in rows], "o", ms=5)
        axes.plot(values[:1], [rows[0]["value"]], "s", ms=8, mfc="none", color="black")
        if axes.get_xscale() == "linear" and not isinstance(values[0], str):
            axes.locator_params(axis="x", nbins=4)
        axes.set_xlabel(id_)
        axes.grid(True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    many[0].set_ylabel(f"{rows[0]['metric']}, best of the run")
    return figure
