"""Several runs with one question: which model is better, which settings are best.

`compare` trains and scores the models of a plan; `tune` searches over ids of a bundle.
Names are loaded when first touched.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "CaseRow": "cases",
    "Experiment": "plan",
    "Plan": "plan",
    "Space": "space",
    "compare": "comparing",
    "comparison_facts": "table",
    "read_cases": "cases",
    "read_plan": "plan",
    "read_space": "space",
    "read_yaml": "plan",
    "score_cases": "cases",
    "train_once": "training",
    "tune": "search",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
