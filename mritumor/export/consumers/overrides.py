"""How a run of any bundle is pointed at the synthetic data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mritumor.export.consumers.case import Case

# Handlers and loaders of one run: no worker processes, one epoch, one validation.
SMALL = {"epochs": 1, "max_epochs": 1, "val_interval": 1, "num_workers": 0}


def training_overrides(case: Case, folder: Path) -> dict[str, Any]:
    """Return ids for `ConfigWorkflow` of train.json, training for one epoch.

    A bundle that reads a datalist of this project's layout is given one; any other gets
    its items under ``train#dataset#data``, the way of MONAI Label.
    """
    config = case.config("train")
    found = {**folders(case, config, folder), **_those_of(config, SMALL)}
    found["train#trainer#max_epochs"] = 1
    if not _reads_our_datalist(config):
        found["train#dataset#data"] = items(case, "training")
        found["validate#dataset#data"] = items(case, "validation")
    return found


def folders(case: Case, config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the folder ids that a config has, pointing at ``folder`` and the data."""
    wanted = {
        "bundle_root": str(case.bundle),
        "dataset_dir": str(case.data),
        "output_dir": str(folder / "output"),
        "ckpt_dir": str(folder / "models"),
    }
    return _those_of(config, wanted)


def inference_overrides(case: Case, folder: Path, single: bool) -> dict[str, Any]:
    """Return ids for inference.json, predicting the testing cases.

    Args:
        case: the bundle.
        folder: for output.
        single: one file with all channels, else one a channel.
    """
    config = case.config("inference")
    images = [
        case_["single" if single else "files"]
        for case_ in case.items
        if case_["section"] == "testing"
    ]
    found = folders(case, config, folder)
    found.pop("ckpt_dir", None)
    if "datalist" in config:
        return {**found, "datalist": images}
    return {**found, "dataset#data": [{"image": image} for image in images]}


def items(case: Case, section: str) -> list[dict[str, Any]]:
    """Return items with ``image`` and ``label``: a map's path, or a class."""
    return [
        {
            "image": found["files"],
            "label": found["class"] if case.is_classifier else found["label"],
        }
        for found in case.items
        if found["section"] == section
    ]


def _reads_our_datalist(config: dict[str, Any]) -> bool:
    return "mritumor.data.read_datalist" in str(config.get("train_datalist", ""))


def _those_of(config: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if key in config}
