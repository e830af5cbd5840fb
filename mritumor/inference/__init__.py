"""A bundle, cases in, predictions out, in the geometry that the cases came in."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Prediction": "prediction",
    "Predictor": "predictor",
    "load_study": "study",
    "predict_cases": "batch",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
