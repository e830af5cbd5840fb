"""A folder as MONAI Label's local datastore keeps it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from mritumor.export.consumers.case import Case

CASES = 4


def write_datastore(case: Case, folder: Path) -> list[str]:
    """Copy images and their final labels.

    Args:
        case: whose images have one file each; a classifier's label is the text
            ``{"class": 1}`` in a .xml file, the one kind of text that is taken.
        folder: receives the images, and the labels in ``labels/final``.

    Returns:
        Ids of the images.
    """
    final = folder / "labels/final"
    final.mkdir(parents=True)
    ids = []
    for item in case.items[:CASES]:
        image = Path(item["single"])
        shutil.copyfile(image, folder / image.name)
        name = image.name.split(".")[0]
        if case.is_classifier:
            label = json.dumps({"class": item["class"]})
            (final / f"{name}.xml").write_text(label, encoding="utf-8")
        else:
            shutil.copyfile(item["label"], final / Path(item["label"]).name)
        ids.append(name)
    return ids
