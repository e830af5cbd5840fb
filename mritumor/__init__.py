"""Brain-tumour MRI on MONAI: from raw scans to a tumour's outline and class.

Importing this package is cheap: torch and MONAI are loaded when something that
needs them is first touched. ``mritumor.data``, ``mritumor.networks`` and the other
packages load themselves when named, which the configs of the bundles rely on.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PACKAGES = (
    "bundle",
    "data",
    "inference",
    "networks",
    "phantom",
    "report",
    "training",
    "transforms",
)
_NAMES = {"Predictor": "mritumor.inference"}

__all__ = sorted([*_PACKAGES, *_NAMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
