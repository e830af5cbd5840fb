"""The way of Slicer's bundle runner: ids overridden in inference.json, no initialize."""

from __future__ import annotations

import shutil
from pathlib import Path

from monai.bundle import ConfigParser

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import check_map
from mritumor.export.network import load_network


def check(case: Case) -> None:
    """Predict one volume (or picture) and name its segments."""
    load_network(case.bundle)
    original = Path(case.items[0]["single"])
    image = case.work / "input" / original.name.replace("case_0", "volume")
    image.parent.mkdir()
    shutil.copyfile(original, image)
    parser = ConfigParser()
    parser.read_meta(str(case.bundle / "configs/metadata.json"))
    parser.read_config(str(case.bundle / "configs/inference.json"))
    parser["bundle_root"] = str(case.bundle)
    parser["device"] = "cpu"
    parser["dataset_dir"] = str(image.parent)
    parser["output_dir"] = str(case.work / "output")
    parser["datalist"] = [str(image)]
    if not isinstance(parser.get("dataloader"), dict):
        raise Unsatisfied("inference.json has no id 'dataloader'")
    parser["dataloader"]["num_workers"] = 0
    parser.get_parsed_content("dataloader")
    parser.get_parsed_content("evaluator").run()
    saved = sorted((case.work / "output").rglob("*"))
    if case.is_classifier:
        if not any(path.is_file() for path in saved):
            raise Unsatisfied("the runner finds no output")
        return
    maps = [p for p in saved if p.name.endswith((".nii.gz", ".nii", ".png"))]
    if not maps:
        raise Unsatisfied("the runner finds no label map in output_dir")
    check_map(case, maps[0], str(image))
    names = case.pred.get("channel_def", {})
    for index in range(len(names) - 1):
        if str(index + 1) not in names:
            raise Unsatisfied(f"segment {index + 1} has no name in channel_def")
