"""The files that the bundle specification and the consumers ask for."""

from __future__ import annotations

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied

# JSON: MONAI Deploy's archives and some runners open these by this very name.
FILES = (
    "LICENSE",
    "configs/metadata.json",
    "configs/train.json",
    "configs/inference.json",
    "configs/logging.conf",
    "docs/README.md",
)
TASKS = ("segmentation", "classification", "detection", "deepgrow", "deepedit")


def check(case: Case) -> None:
    """Look for the files, and for the task in the folder's name."""
    missing = [name for name in FILES if not (case.source / name).is_file()]
    if missing:
        raise Unsatisfied("missing: " + ", ".join(missing))
    if not any(task in case.name.lower() for task in TASKS):
        raise Unsatisfied(
            "MONAI Label reads the task from the folder's name: let it contain "
            "'segmentation' or 'classification'"
        )
    weights = list((case.source / "models").glob("model.*"))
    pointers = [p for p in weights if p.stat().st_size < 1024]
    if pointers:
        raise Unsatisfied(
            f"{pointers[0].name} is empty or a pointer to large-file storage"
        )
