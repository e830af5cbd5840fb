"""The MONAI workflow that is running now, as seen from inside of its config.

`python -m monai.bundle run` gives a config no handle on itself: neither the ids that
the command line overrode nor the files it was read from. Both are needed to check a
run before it starts and to record it. They are found on the call stack.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from monai.bundle import ConfigWorkflow


def running_workflow() -> ConfigWorkflow | None:
    """Return the ConfigWorkflow whose expression is calling, or None outside of one."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        candidate = frame.f_locals.get("self")
        if isinstance(candidate, ConfigWorkflow):
            return candidate
        frame = frame.f_back
    return None


def running_config() -> dict[str, Any] | None:
    """Return the merged config of the running workflow, references unresolved."""
    workflow = running_workflow()
    return None if workflow is None else workflow.parser.get()


def started_from_command_line() -> bool:
    """Tell whether this process is ``python -m monai.bundle …`` or ``mritumor …``."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    return spec is not None and spec.name in (
        "monai.bundle.__main__",
        "mritumor.cli.main",
    )


def running_root() -> str:
    """Return the bundle folder of the running workflow, ``"."`` outside of one."""
    workflow = running_workflow()
    if workflow is None:
        return "."
    configs = workflow.config_root_path
    return str(configs.parent if configs.name == "configs" else configs)
