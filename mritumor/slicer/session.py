"""Runs from the panel: one predictor kept, one request to cancel, one answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mritumor.errors import MRITumorError
from mritumor.inference import Predictor
from mritumor.slicer.run import Segmented, segment
from mritumor.slicer.watch import Cancelled, Tell
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the panel says after a run.

    Args:
        message: one sentence or two.
        done: the result, None when there is none.
        failed: whether the message tells of an error.
    """

    message: str
    done: Segmented | None = None
    failed: bool = False


def devices() -> list[str]:
    """Return what a bundle can run on here, the fastest first."""
    import torch

    return [f"cuda:{i}" for i in range(torch.cuda.device_count())] + ["cpu"]


class Session:
    """Keeps the last predictor, so that a second run need not load it again."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[str, str, int], Predictor] | None = None
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

    def attempt(
        self,
        bundle: PathLike,
        nodes: Mapping[str, Any] | Any,
        device: str,
        reference: str | None = None,
        tell: Tell | None = None,
    ) -> Answer:
        """Run as `run` does, and answer in words whatever comes of it."""
        try:
            done = self.run(bundle, nodes, device, reference, tell)
        except Cancelled:
            return Answer("Cancelled; nothing was changed.")
        except MRITumorError as error:
            return Answer(str(error), failed=True)
        except Exception as error:  # memory, drivers: the panel must live on
            logger.exception("the run failed")
            first = str(error).splitlines()[0] if str(error) else ""
            return Answer(f"{type(error).__name__}: {first}", failed=True)
        return Answer(_sentence(done), done)

    def _predictor(self, bundle: str, device: str) -> Predictor:
        weights = Path(bundle) / "models" / "model.pt"
        changed = weights.stat().st_mtime_ns if weights.is_file() else 0
        key = (bundle, device, changed)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # frees the memory before the next one takes its own
            self._loaded = (key, Predictor(bundle, device=device))
        return self._loaded[1]


def _sentence(done: Segmented) -> str:
    text = f"Done in {done.prediction.seconds:.1f} s."
    if done.resampled:
        text += " Interpolated to the reference: " + ", ".join(done.resampled) + "."
    if done.missing:
        text += " Without " + ", ".join(done.missing) + "."
    return text
