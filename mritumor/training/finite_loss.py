"""End a run whose loss is no longer a number, before it overwrites good weights."""

from __future__ import annotations

import math

from ignite.engine import Engine, Events

from mritumor.errors import MRITumorError


class FiniteLoss:
    """Raise when a step's loss is NaN or infinite."""

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, before validation and checkpoints."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Look at the step's loss.

        Raises:
            MRITumorError: it is not finite.
        """
        output = engine.state.output
        loss = float((output[0] if isinstance(output, list) else output)["loss"])
        if not math.isfinite(loss):
            raise MRITumorError(
                "the loss is no longer a finite number",
                where=f"epoch {engine.state.epoch}, step {engine.state.iteration}",
                got=loss,
                remedy="lower --learning_rate; the last checkpoint is from before",
            )
