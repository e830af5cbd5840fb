"""The page and the REST interface: ``mritumor serve``. Thin: no logic of its own."""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Settings": "settings",
        "create_app": "app",
        "install_viewer": "viewer",
    },
)
