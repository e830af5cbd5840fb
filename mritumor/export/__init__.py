"""A bundle in the formats of other runtimes, and in the hands of other programs."""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "OnnxNetwork": "onnx_network",
        "export_onnx": "onnx",
        "export_torchscript": "torchscript",
        "load_network": "network",
    },
)
