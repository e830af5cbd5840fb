"""The audit: what is wrong with a data set, said before anyone trains on it.

>>> from mritumor.data.audit import audit
>>> report = audit("data/brats")                        # doctest: +SKIP
>>> report.exit_code, [f.kind for f in report.findings]  # doctest: +SKIP
(1, ['exact-duplicate'])
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AuditOptions": "run",
        "AuditReport": "report",
        "Finding": "findings",
        "audit": "run",
        "write_page": "page",
    },
)
