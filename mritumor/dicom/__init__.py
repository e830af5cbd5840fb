"""DICOM series in: found, sorted along their normal, checked, turned into RAS+ mm.

The one place of the package that speaks LPS. pydicom is the optional extra ``dicom``.

    >>> from mritumor.dicom import find_series, read_series
    >>> found = find_series("export/")
    >>> volume = read_series(found.series[0])
    >>> volume.array.shape, volume.affine
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Found": "search",
    "Frame": "frames",
    "Patient": "patient",
    "Series": "series",
    "SeriesHeader": "header",
    "Volume": "volume",
    "find_series": "search",
    "read_series": "volume",
    "stack_affine": "stack",
    "weighting": "weighting",
    "why_not_anatomical": "kind",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, name)
