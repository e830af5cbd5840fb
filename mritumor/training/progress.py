"""A run as its user sees it: one moving bar, one lasting line an epoch."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

from ignite.engine import Engine, Events
from tqdm import tqdm


class Progress:
    """Show loss, validation scores and the remaining time.

    On a terminal a bar moves with each step. Everywhere (log files too) each epoch
    leaves one line::

        epoch 3/40  loss 0.412  val_mean_dice 0.731 (best 0.731)  18.2 s  11:14 left

    Args:
        evaluator: the validating engine, whose key metric is shown.
        bar: show the moving bar; default only when stderr is a terminal.
    """

    def __init__(
        self, evaluator: Engine | None = None, bar: bool | None = None
    ) -> None:
        self.evaluator = evaluator
        self.bar = sys.stderr.isatty() if bar is None else bar
        self._bar: Any = None
        self._begun = 0.0
        self._epoch_begun = 0.0
        self._first_epoch = 0

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, after `Pace`, validation and `Checkpoints`."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.EPOCH_STARTED, self._start_epoch)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._step)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._complete_epoch)
        engine.add_event_handler(Events.COMPLETED, self._close)

    def _start(self, engine: Engine) -> None:
        self._begun = time.monotonic()
        self._first_epoch = engine.state.epoch
        if self.bar:
            state = engine.state
            total = state.max_epochs * (state.epoch_length or 0) or None
            self._bar = tqdm(
                total=total, initial=state.iteration, unit="step", leave=False
            )

    def _start_epoch(self, engine: Engine) -> None:
        self._epoch_begun = time.monotonic()

    def _step(self, engine: Engine) -> None:
        if self._bar is None:
            return
        output = engine.state.output
        loss = (output[0] if isinstance(output, list) else output)["loss"]
        self._bar.set_description(
            f"epoch {engine.state.epoch}/{engine.state.max_epochs}"
        )
        self._bar.set_postfix_str(f"loss {float(loss):.3f}{self._score()}")
        self._bar.update()

    def _score(self) -> str:
        state = getattr(self.evaluator, "state", None)
        value = state.metrics.get(state.key_metric_name) if state else None
        if state is None or value is None:
            return ""
        return f"  {state.key_metric_name} {value:.3f} (best {state.best_metric:.3f})"

    def _complete_epoch(self, engine: Engine) -> None:
        state, now = engine.state, time.monotonic()
        done = state.epoch - self._first_epoch
        left = (now - self._begun) / done * (state.max_epochs - state.epoch)
        loss = getattr(state, "mean_loss", float("nan"))
        line = (
            f"epoch {state.epoch}/{state.max_epochs}  loss {loss:.3f}{self._score()}"
            f"  {now - self._epoch_begun:.1f} s  {timedelta(seconds=round(left))} left"
        )
        if getattr(state, "rank", 0) == 0:
            tqdm.write(line, file=sys.stderr)

    def _close(self, engine: Engine) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
