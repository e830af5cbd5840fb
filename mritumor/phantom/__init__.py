"""Synthetic brain-tumour studies with known truth: default data and test bed.

`make_study` gives one study in memory, `write_phantoms` a data set on disk that a
bundle trains on as it stands, `write_slice_phantoms` 2-D images with classes. The
anatomy is a function of position in RAS+ mm, so any voxel grid sees the same patient.

    >>> from mritumor.phantom import make_study
    >>> study = make_study(seed=0, case=3, spacing=4)
    >>> study.truth["volumes_mm3"]["WT"]
    60864.0
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Study": "study",
    "StudyOptions": "options",
    "make_study": "study",
    "write_phantoms": "writer",
    "write_slice_phantoms": "slice_writer",
}
__all__ = ["Study", "StudyOptions", "make_study", "write_phantoms"]
__all__ += ["write_slice_phantoms"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, name)
