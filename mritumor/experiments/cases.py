"""What a trained bundle answers for each case of a section."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ignite.engine import Engine, Events
from monai.bundle import ConfigWorkflow

from mritumor.bundle.launch import run_bundle
from mritumor.data import owner
from mritumor.errors import InputError
from mritumor.experiments.plan import Experiment, as_words
from mritumor.metrics import Counts, count
from mritumor.types import PathLike


@dataclass(frozen=True)
class CaseRow:
    """One image, and what was answered.

    Attributes:
        case: its file's name.
        patient: whose it is.
        regions: right and wrong voxels by region.
        label: class, -1 where unknown or not asked.
        probabilities: (K,) by class.
    """

    case: str
    patient: str
    regions: Mapping[str, Counts] = field(default_factory=dict)
    label: int = -1
    probabilities: tuple[float, ...] = ()


def score_cases(
    experiment: Experiment,
    weights: PathLike,
    overrides: Mapping[str, Any],
    folder: PathLike,
) -> list[CaseRow]:
    """Run a bundle's own evaluation and keep the answer of every case.

    Args:
        experiment: the model.
        weights: its ``model.pt``.
        overrides: common ones, such as ``dataset_dir`` and ``section``.
        folder: receives the evaluation's files and ``cases.json``.

    Returns:
        One row per image, in the order of the datalist.

    Raises:
        MRITumorError: what the run raises; no case at all.
    """
    folder = Path(folder)
    places = {"output_dir": str(folder), "ckpt_path": str(weights)}
    words = as_words({**experiment.overrides, **overrides, **places})
    found: list[CaseRow] = []

    def listen(workflow: ConfigWorkflow) -> None:
        evaluate = workflow.parser.get_parsed_content
        names = evaluate("region_names") if "region_names" in workflow.parser else ()

        def collect(engine: Engine) -> None:
            for answer, item in zip(engine.state.output, engine.state.batch):
                found.append(_row(answer, item, names))

        evaluate("validate#evaluator").add_event_handler(
            Events.ITERATION_COMPLETED, collect
        )

    run_bundle(experiment.bundle, "evaluating", experiment.configs, words, listen)
    if not found:
        raise InputError("no case was scored", where=experiment.name)
    write_cases(found, folder / "cases.json")
    return found


def write_cases(rows: list[CaseRow], path: PathLike) -> None:
    """Write rows as JSON."""
    text = json.dumps([asdict(row) for row in rows], indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def read_cases(path: PathLike) -> list[CaseRow]:
    """Read what `write_cases` wrote."""
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    return [
        CaseRow(
            row["case"],
            row["patient"],
            {name: Counts(**own) for name, own in row["regions"].items()},
            row["label"],
            tuple(row["probabilities"]),
        )
        for row in rows
    ]


def _row(answer: Mapping[str, Any], item: Mapping[str, Any], names: Any) -> CaseRow:
    meta = getattr(item["image"], "meta", {})
    case = Path(str(meta.get("filename_or_obj", "case"))).name
    patient = owner(item) or case
    if not names:
        label, p = int(answer["label"]), _numbers(answer["pred"])
        return CaseRow(case, patient, {}, label, p)
    pred, truth = (np.asarray(answer[key].cpu()) > 0.5 for key in ("pred", "label"))
    regions = {name: count(pred[i], truth[i]) for i, name in enumerate(names)}
    if "class_pred" not in answer:
        return CaseRow(case, patient, regions)
    label = int(answer["true_class"])
    return CaseRow(case, patient, regions, label, _numbers(answer["class_pred"]))


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in np.asarray(values.cpu()).ravel())
