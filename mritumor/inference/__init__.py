"""A bundle, cases in, predictions out, in the geometry that the cases came in."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "DicomCase": "cases",
    "PictureCase": "cases",
    "Pipeline": "pipeline",
    "Prediction": "prediction",
    "Predictor": "predictor",
    "find_inputs": "cases",
    "load_picture": "pictures",
    "load_study": "study",
    "measures": "measure",
    "predict_cases": "batch",
    "unpacked": "unzip",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
