"""MONAI Label's BundleTrainTask: an epoch from a local datastore."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.datastore import write_datastore
from mritumor.export.consumers.outcome import Unsatisfied


def check(case: Case) -> None:
    """Train a copy; its weights must have been written anew, and differ."""
    from monailabel.datastore.local import LocalDatastore
    from monailabel.tasks.train.bundle import BundleTrainTask

    bundle = case.work / "model" / case.name
    shutil.copytree(case.bundle, bundle)
    before = weights(bundle)
    write_datastore(case, case.work / "studies")
    datastore = LocalDatastore(
        str(case.work / "studies"),
        extensions=("*.nii.gz", "*.nii", "*.png", "*.jpg", "*.xml"),
    )
    task = BundleTrainTask(str(bundle), {})
    if not task.is_valid():
        raise Unsatisfied("MONAI Label finds no train.json")
    request = {"model": case.name, "device": "cpu", "max_epochs": 1}
    task({**request, "val_split": 0.5, "multi_gpu": False}, datastore)
    if same(before, weights(bundle)):
        raise Unsatisfied("training leaves models/model.pt as it was")


def weights(bundle: Path) -> dict[str, torch.Tensor]:
    """Return the state dict of a bundle."""
    state = torch.load(bundle / "models/model.pt", map_location="cpu")
    found: dict[str, torch.Tensor] = state.get("model", state)
    return found


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two state dicts are equal."""
    return one.keys() == other.keys() and all(
        torch.equal(value, other[key]) for key, value in one.items()
    )
