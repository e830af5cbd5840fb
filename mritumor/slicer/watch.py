"""How far a prediction is, and how to stop it, from outside of the predictor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from monai.utils import ensure_tuple_rep, fall_back_tuple

from mritumor.errors import MRITumorError

Tell = Callable[[float, str], None]
"""Takes how much is done, 0 to 1, and what is being done."""


class Cancelled(MRITumorError):
    """The user asked to stop; nothing was changed."""


class Watch:
    """Pass progress on, and stop when asked to.

    Args:
        tell: called with the part done, never less than before, and a phrase.
        cancelled: asked before each step; True stops.
    """

    def __init__(
        self, tell: Tell | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._tell = tell
        self._cancelled = cancelled
        self._done = 0.0

    def __call__(self, done: float, doing: str) -> None:
        """Report a step.

        Args:
            done: 0 to 1.
            doing: such as ``"outlining"``.

        Raises:
            Cancelled: the user asked to stop.
        """
        self._done = max(self._done, min(done, 1.0))
        # Told first: a window system handles the click on Cancel while it is told.
        if self._tell is not None:
            self._tell(self._done, doing)
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("the prediction was cancelled")

    @contextmanager
    def windows_of(
        self, predictor: Any, start: float, stop: float, doing: str
    ) -> Iterator[None]:
        """Report each window of a predictor's inferer, while the context lasts.

        Args:
            predictor: an `mritumor.inference.Predictor`.
            start: the part done before the first window.
            stop: the part done after the last.
            doing: as for the watch itself.
        """
        plain = predictor.inferer

        def watched(
            inputs: Any, network: Callable[..., Any], *args: Any, **more: Any
        ) -> Any:
            total = count_windows(plain, tuple(inputs.shape))
            done = 0

            def step(window: Any, *rest: Any, **named: Any) -> Any:
                nonlocal done
                self(start + (stop - start) * min(done / total, 1.0), doing)
                result = network(window, *rest, **named)
                done += len(window)
                return result

            return plain(inputs, step, *args, **more)

        predictor.inferer = watched
        try:
            yield
        finally:
            predictor.inferer = plain


def count_windows(inferer: Any, shape: Sequence[int]) -> int:
    """Return how many windows an inferer will ask its network about.

    Args:
        inferer: MONAI's sliding window or a relative; others ask once.
        shape: (B, C, *spatial) of the input.

    Returns:
        Windows of the whole batch, 1 or more.
    """
    batch, size = shape[0], shape[2:]
    if getattr(inferer, "roi_size", None) is None:
        return max(batch, 1)
    roi = fall_back_tuple(inferer.roi_size, size)
    overlap = ensure_tuple_rep(inferer.overlap, len(size))
    counts = []
    for length, window, share in zip(size, roi, overlap):
        step = max(int(window * (1 - share)), 1)
        counts.append(math.ceil(max(length - window, 0) / step) + 1)
    return max(batch, 1) * math.prod(counts)
