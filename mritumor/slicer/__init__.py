"""3D Slicer: loaded volumes in, a segmentation with names, colours and volumes out.

Runs in Slicer's own Python, and outside of it with the core libraries (extra
``slicer``). The panel that users see is the folder ``slicer_module`` beside this
package; `panel` and `session` are its thinking, without a widget.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Answer": "session",
    "Cancelled": "watch",
    "Segmented": "run",
    "Session": "session",
    "absent": "installing",
    "devices": "session",
    "needs": "installing",
    "obstacle": "panel",
    "read_channels": "nodes",
    "read_facts": "panel",
    "segment": "run",
    "suggest": "panel",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
