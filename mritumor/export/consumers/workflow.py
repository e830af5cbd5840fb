"""Training, evaluation and inference through MONAI's ConfigWorkflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.bundle import ConfigWorkflow

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.overrides import inference_overrides, training_overrides
from mritumor.export.consumers.results import check_map


def check(case: Case) -> None:
    """Train for an epoch, evaluate what was trained, predict two cases."""
    overrides = training_overrides(case, case.work)
    run(case, ("train",), "training", overrides)
    weights = list(case.work.rglob("model.pt"))
    if "ckpt_dir" in overrides and not weights:
        raise Unsatisfied("training leaves no model.pt in ckpt_dir")
    run(case, ("train", "evaluate"), "evaluating", overrides)
    predict(case, single=False)


def predict(case: Case, single: bool) -> None:
    """Run inference.json on the testing cases and look at what was saved."""
    overrides = inference_overrides(case, case.work, single)
    run(case, ("inference",), "infer", overrides)
    check_output(case, case.work / "output")


def run(
    case: Case, configs: tuple[str, ...], run_id: str, overrides: dict[str, Any]
) -> None:
    """Run a workflow by its id, or by ``run`` where the config has no such id."""
    files = [case.bundle / "configs" / f"{name}.json" for name in configs]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise Unsatisfied(f"there is no configs/{missing[0]}")
    keys = {key for name in configs for key in case.config(name)}
    workflow = ConfigWorkflow(
        config_file=[str(file) for file in files],
        meta_file=str(case.bundle / "configs/metadata.json"),
        run_id=run_id if run_id in keys else "run",
        workflow_type="infer" if run_id == "infer" else "train",
        **overrides,
    )
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def check_output(case: Case, folder: Path) -> None:
    """Hold the saved label maps against the testing images."""
    if case.is_classifier:
        if not any(p.is_file() and p.stat().st_size for p in folder.rglob("*")):
            raise Unsatisfied("inference writes no classes")
        return
    singles = [c["single"] for c in case.items if c["section"] == "testing"]
    suffixes = (".nii.gz", ".nii", ".png")
    saved = sorted(p for p in folder.rglob("*") if p.name.endswith(suffixes))
    saved = [p for p in saved if "seg" in p.name or len(saved) == len(singles)]
    if len(saved) < len(singles):
        raise Unsatisfied(
            f"{len(saved)} label maps were saved for {len(singles)} cases"
        )
    for path, single in zip(saved, singles):
        check_map(case, path, single)
