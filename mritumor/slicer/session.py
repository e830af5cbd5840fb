"""Runs from the panel: one predictor kept, one request to cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mritumor.inference import Predictor
from mritumor.slicer.run import Segmented, segment
from mritumor.slicer.watch import Tell
from mritumor.types import PathLike


def devices() -> list[str]:
    """Return what a bundle can run on here, the fastest first."""
    import torch

    return [f"cuda:{i}" for i in range(torch.cuda.device_count())] + ["cpu"]


class Session:
    """Keeps the last predictor, so that a second run need not load it again."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[str, str], Predictor] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the run that goes on to stop before its next window."""
        self._cancelled = True

    def run(
        self,
        bundle: PathLike,
        nodes: Mapping[str, Any] | Any,
        device: str,
        reference: str | None = None,
        tell: Tell | None = None,
    ) -> Segmented:
        """Run a bundle on loaded volumes.

        Args:
            bundle: its folder.
            nodes: sequence name to volume node (None where there is none), or one
                node with all channels.
            device: one of `devices`.
            reference: the sequence whose grid the result has; default the first.
            tell: called with the part done and what is being done; clicks on Cancel
                are noticed while it runs.

        Raises:
            Cancelled: `cancel` was called meanwhile.
            MRITumorError: as `mritumor.slicer.segment`.
        """
        self._cancelled = False
        if tell is not None:
            tell(0.0, "loading the bundle")
        predictor = self._predictor(str(bundle), device)
        return segment(
            predictor,
            nodes,
            reference=reference,
            fill_missing=predictor.fills_missing,
            tell=tell,
            cancelled=lambda: self._cancelled,
        )

    def _predictor(self, bundle: str, device: str) -> Predictor:
        key = (bundle, device)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # frees the memory before the next one takes its own
            self._loaded = (key, Predictor(bundle, device=device))
        return self._loaded[1]
