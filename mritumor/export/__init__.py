"""A bundle in the formats of other runtimes, and in the hands of other programs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "OnnxNetwork": "onnx_network",
    "export_onnx": "onnx",
    "export_torchscript": "torchscript",
    "load_network": "network",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
