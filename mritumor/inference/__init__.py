"""A bundle, cases in, predictions out, in the geometry that the cases came in."""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
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
    },
)
