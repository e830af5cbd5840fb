"""How fast and at which learning rate the run goes, as state that others log."""

from __future__ import annotations

import torch
from ignite.engine import Engine, Events
from ignite.handlers import Timer


class Pace:
    """Keep ``learning_rate`` and ``seconds_per_step`` in the trainer's state.

    `monai.handlers.TensorBoardStatsHandler(state_attributes=[…])` writes them.
    ``step_losses`` of the epoch so far and, when it is over, their ``mean_loss`` are
    kept too.

    Args:
        optimizer: whose first parameter group's rate is reported.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self._timer = Timer(average=True)

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, before the handlers that log."""
        # A step is all that passes between two iterations, data loading included.
        self._timer.attach(
            engine,
            start=Events.EPOCH_STARTED,
            pause=Events.EPOCH_COMPLETED,
            resume=Events.GET_BATCH_STARTED,
            step=Events.ITERATION_COMPLETED,
        )
        engine.add_event_handler(Events.EPOCH_STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._iterate)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._complete)

    def _start(self, engine: Engine) -> None:
        engine.state.step_losses = []
        # The rate that this epoch runs at: a scheduler changes it at the epoch's end.
        engine.state.learning_rate = self.optimizer.param_groups[0]["lr"]

    def _iterate(self, engine: Engine) -> None:
        output = engine.state.output
        loss = (output[0] if isinstance(output, list) else output)["loss"]
        engine.state.step_losses.append(float(loss))

    def _complete(self, engine: Engine) -> None:
        engine.state.seconds_per_step = self._timer.value()
        losses = engine.state.step_losses
        engine.state.mean_loss = sum(losses) / max(len(losses), 1)
