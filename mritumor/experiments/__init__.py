"""Several runs with one question: which model is better, which settings are best.

`compare` trains and scores the models of a plan; `tune` searches over ids of a bundle.
Names are loaded when first touched.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
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
    },
)
