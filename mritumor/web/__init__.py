"""The page and the REST interface: ``mritumor serve``. Thin: no logic of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Settings": "settings",
    "create_app": "app",
    "install_viewer": "viewer",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
