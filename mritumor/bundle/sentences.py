"""The sentence inside of a long chain of exceptions."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from mritumor.errors import MRITumorError


def our_error(error: BaseException | None) -> MRITumorError | None:
    """Return the first error of this package in a chain of causes, if any.

    MONAI and Ignite wrap what a transform or handler raises several times over.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, MRITumorError):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def print_short_tracebacks() -> None:
    """From now on let an uncaught error of ours end in its sentence alone.

    ``MRITUMOR_TRACEBACK=1`` in the environment keeps the whole traceback, and errors
    that are not ours always have it.
    """
    if os.environ.get("MRITUMOR_TRACEBACK", "") not in ("", "0"):
        return
    usual = sys.excepthook

    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        ours = our_error(error)
        if ours is None:
            usual(kind, error, trace)
        else:
            print(f"mritumor: {ours}", file=sys.stderr)

    sys.excepthook = hook
