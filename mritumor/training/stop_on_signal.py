"""Ctrl-C and a batch system's SIGTERM end a run without losing it."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from ignite.engine import Engine, Events

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal:
    """After SIGINT or SIGTERM: finish the step, save, stop.

    ``engine.state.was_stopped`` says afterwards that the training did not end by itself.
    A second signal stops at once; the checkpoint of the last epoch remains. Outside
    of the main thread Python cannot take signals, and the handler does nothing.

    Args:
        save: called with the trainer once the current step is complete, such as a
            `Checkpoints` instance's ``save_last``.
    """

    def __init__(self, save: Callable[[Engine], None]) -> None:
        self.save = save
        self._received: int | None = None
        self._previous: dict[int, Any] = {}

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, last, so that the state saved is complete."""
        engine.add_event_handler(Events.STARTED, self._listen)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._stop_within_epoch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._stop)
        engine.add_event_handler(Events.COMPLETED, self._restore)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._fail)

    def _listen(self, engine: Engine) -> None:
        self._received = None
        engine.state.was_stopped = False
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._previous[number] = signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None:
            self._restore()
            raise KeyboardInterrupt
        self._received = number
        name = signal.Signals(number).name
        logger.warning(f"{name}: stopping after this step; once more stops at once")

    def _stop_within_epoch(self, engine: Engine) -> None:
        # The epoch's last step goes on to validation and is saved when that is done.
        if engine.state.iteration % engine.state.epoch_length != 0:
            self._stop(engine)

    def _stop(self, engine: Engine) -> None:
        if self._received is None:
            return
        self.save(engine)
        # In the last epoch's end nothing is left to do.
        engine.state.was_stopped = engine.state.epoch < engine.state.max_epochs or (
            engine.state.iteration % engine.state.epoch_length != 0
        )
        logger.warning(
            f"stopped in epoch {engine.state.epoch}, all saved; "
            "go on with the same command and --resume true"
        )
        engine.terminate()

    def _restore(self, engine: Engine | None = None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _fail(self, engine: Engine, error: BaseException) -> None:
        self._restore()
        raise error
