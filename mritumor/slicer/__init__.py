"""3D Slicer: loaded volumes in, a segmentation with names, colours and volumes out.

Runs in Slicer's own Python, and outside of it with the core libraries (extra
``slicer``). The panel that users see is the folder ``slicer_module`` beside this
package; `panel` and `session` are its thinking, without a widget.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
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
    },
)
