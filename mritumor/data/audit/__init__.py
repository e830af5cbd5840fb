"""The audit: what is wrong with a data set, said before anyone trains on it.

>>> from mritumor.data.audit import audit
>>> report = audit("data/brats")                        # doctest: +SKIP
>>> report.exit_code, [f.kind for f in report.findings]  # doctest: +SKIP
(1, ['exact-duplicate'])
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "AuditOptions": "run",
    "AuditReport": "report",
    "Finding": "findings",
    "audit": "run",
    "write_page": "page",
}
__all__ = ["AuditOptions", "AuditReport", "Finding", "audit", "write_page"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, name)
