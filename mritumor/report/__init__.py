"""Results to look at: figures, and reports of one self-contained HTML file each.

`facts` says what a report is made of; whoever found it fills it in. `study_report`,
`evaluation_report` and `comparison_report` write pages, `write_figures` and
`curves_figure` pictures. Names are loaded when first touched.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ClassFacts": "facts",
        "ComparisonFacts": "facts",
        "EvaluationFacts": "facts",
        "Example": "facts",
        "ModelFacts": "facts",
        "PairRow": "facts",
        "PatientFacts": "facts",
        "ScoreRow": "facts",
        "StudyFacts": "facts",
        "bundle_provenance": "provenance",
        "case_figure": "pictures",
        "class_figures": "classes",
        "comparison_figures": "comparison",
        "comparison_report": "comparison",
        "confusion_figure": "classes",
        "coverage_figure": "classes",
        "curves_figure": "curves",
        "evaluation_figures": "evaluation",
        "evaluation_report": "evaluation",
        "forest_figure": "forest",
        "gallery_figure": "pictures",
        "outlines_figure": "outlines",
        "patients_figure": "patients",
        "pick_examples": "evaluation",
        "prediction_figure": "figure",
        "predictor_provenance": "provenance",
        "read_history": "curves",
        "red_border": "pixels",
        "reliability_figure": "classes",
        "roc_figure": "classes",
        "spread_over": "evaluation",
        "study_facts": "from_prediction",
        "study_report": "study",
        "violin_figure": "patients",
        "write_comparison_figures": "comparison",
        "write_figures": "evaluation",
    },
)
