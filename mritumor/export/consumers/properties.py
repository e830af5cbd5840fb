"""MONAI's check_properties: the ids that workflows are read by."""

from __future__ import annotations

from monai.bundle import create_workflow

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.overrides import inference_overrides, training_overrides


def check_training(case: Case) -> None:
    """Ask the training workflow what it lacks."""
    _check(case, "train", "train", training_overrides(case, case.work))


def check_inference(case: Case) -> None:
    """Ask the inference workflow what it lacks."""
    _check(
        case, "inference", "infer", inference_overrides(case, case.work, single=False)
    )


def _check(case: Case, config: str, kind: str, overrides: dict) -> None:
    workflow = create_workflow(
        config_file=str(case.bundle / f"configs/{config}.json"),
        workflow_type=kind,
        **overrides,
    )
    missing = workflow.check_properties()
    if missing:
        raise Unsatisfied("missing or not by reference: " + ", ".join(missing))
