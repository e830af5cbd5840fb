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

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Study": "study",
        "StudyOptions": "options",
        "make_study": "study",
        "write_phantoms": "writer",
        "write_slice_phantoms": "slice_writer",
    },
)
