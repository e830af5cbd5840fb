"""Stop a run whose validation no longer improves."""

from __future__ import annotations

import logging

from ignite.engine import Engine, Events

logger = logging.getLogger(__name__)


class EarlyStopping:
    """Terminate the trainer when the key metric has not improved for a while.

    MONAI's evaluator already keeps the best value and its epoch, and the checkpoints
    save and restore both; so this handler has no state of its own to lose on resume.

    Args:
        evaluator: the validating engine.
        patience: epochs without a new best after which to stop; 0 never stops.
    """

    def __init__(self, evaluator: Engine, patience: int) -> None:
        self.evaluator = evaluator
        self.patience = patience

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, after its ValidationHandler."""
        if self.patience > 0:
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Compare the epoch with that of the best validation."""
        best = self.evaluator.state.best_metric_epoch
        waited = engine.state.epoch - best
        if best < 0 or waited < self.patience:
            return
        logger.info(
            f"no better {self.evaluator.state.key_metric_name} for {waited} epochs "
            f"(best {self.evaluator.state.best_metric:.4f} in epoch {best}): stopping"
        )
        engine.terminate()
