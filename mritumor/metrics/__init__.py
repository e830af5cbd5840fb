"""What MONAI's metrics lack: empty masks said, patients counted, intervals, tests.

Each metric is a pure function; a thin accumulating class stands where an engine needs
one. What an empty mask scores is a named argument (`EmptyPolicy`), and a mean comes with
the numbers of used and of undefined values (`Scores`).

- Masks: `count` gives `Counts`, which add up over slices, patients or all; the ratios
  (`dice`, `iou`, `sensitivity` …) take counts. `hausdorff`, `surface_dice`,
  `volume_error` and `lesion_wise` (BraTS 2023) take boolean arrays and spacing in mm.
- Classes: `class_report`, `roc_auc`, `calibration_error`, `brier_score`.
- Certainty: `calibrate`, `fit_temperature`, `apply_temperature`, `reliability_table`;
  "I don't know": `coverage_accuracy`, `threshold_for_accuracy`.
- Patients: `bootstrap_interval`, `bootstrap_statistic`; two models: `paired_scores`,
  `paired_statistic`, `mcnemar`.
- In an engine: `PatientDice`, `ClassScores`, `PatientMetricHandler`, `with_patients`.

Names are loaded when first touched, so importing this package does not load MONAI.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AUC": "auc",
        "Abstention": "selective",
        "Calibration": "temperature",
        "ClassReport": "classes",
        "ClassScores": "class_scores",
        "Counts": "counts",
        "CoverageAccuracy": "selective",
        "EmptyPolicy": "empty",
        "Interval": "bootstrap",
        "LesionRules": "lesions",
        "LesionScores": "lesions",
        "McNemar": "paired_classes",
        "PairedResult": "paired",
        "PatientDice": "patient_dice",
        "PatientMetricHandler": "patient_handler",
        "RATIOS": "overlap",
        "Reliability": "reliability",
        "ScoreRow": "score_row",
        "Scores": "scores",
        "StatisticInterval": "cluster",
        "VolumeError": "volume",
        "accuracy": "overlap",
        "apply_temperature": "temperature",
        "bootstrap_interval": "bootstrap",
        "bootstrap_statistic": "cluster",
        "brats_rules": "lesions",
        "brier_score": "calibration",
        "calibrate": "temperature",
        "calibration_error": "calibration",
        "class_report": "classes",
        "count": "counts",
        "counts_per_patient": "counts",
        "coverage_accuracy": "selective",
        "dice": "overlap",
        "f1": "overlap",
        "fit_temperature": "temperature",
        "focal_tversky_score": "overlap",
        "hausdorff": "surface",
        "iou": "overlap",
        "jaccard_distance": "overlap",
        "lesion_wise": "lesions",
        "mcnemar": "paired_classes",
        "paired_scores": "paired",
        "paired_statistic": "paired",
        "precision": "overlap",
        "recall": "overlap",
        "reliability_table": "reliability",
        "roc_auc": "auc",
        "score_per_patient": "scores",
        "score_pooled": "scores",
        "sensitivity": "overlap",
        "similarity_index": "overlap",
        "specificity": "overlap",
        "sum_counts": "counts",
        "summarize": "scores",
        "surface_dice": "surface",
        "threshold_for_accuracy": "selective",
        "threshold_for_coverage": "selective",
        "tversky_index": "overlap",
        "volume_error": "volume",
        "with_patients": "patient_handler",
    },
)
