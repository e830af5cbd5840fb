"""The loss on the validation items: what many papers watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from ignite.engine import Engine, Events
from ignite.metrics import Average
from ignite.metrics.metric import EpochWise, MetricUsage
from monai.data import decollate_batch, list_data_collate
from monai.engines import IterationEvents, default_prepare_batch
from monai.transforms import Compose


class AfterForward(EpochWise):
    """Over an epoch, but from the network's raw output, before any postprocessing."""

    usage_name = "after_forward"

    def __init__(self) -> None:
        MetricUsage.__init__(
            self,
            started=Events.EPOCH_STARTED,
            completed=Events.EPOCH_COMPLETED,
            iteration_completed=IterationEvents.FORWARD_COMPLETED,
        )


class ValidationLoss(Average):
    """Mean of the loss over the validating engine's batches.

    Every bundle has one, as ``@validation_loss``, used where a config asks for it:
    ``--validate#additional_metrics#val_loss @validation_loss``.

    Args:
        loss: of the network's output and the target, a scalar.
        transforms: what training does to the target alone before the loss, such as the
            way onto the network's grid; of items (dictionaries), deterministic.
        prepare_batch: the engine's.
        negative: give minus the loss, as a key metric must: best is highest there.
    """

    def __init__(
        self,
        loss: Callable[..., torch.Tensor],
        transforms: Sequence[Any] = (),
        prepare_batch: Callable[..., Any] = default_prepare_batch,
        negative: bool = False,
    ) -> None:
        super().__init__()
        self.loss = loss
        self.transforms = Compose(list(transforms))
        self.prepare_batch = prepare_batch
        self.sign = -1.0 if negative else 1.0

    def attach(
        self, engine: Engine, name: str, usage: str | MetricUsage | None = None
    ) -> None:
        """Attach to a MONAI evaluator under a name."""
        super().attach(engine, name, usage or AfterForward())

    @torch.no_grad()
    def iteration_completed(self, engine: Engine) -> None:
        """Add the loss of one batch, whose prediction is still as the network gave it."""
        batch = engine.state.batch
        if self.transforms.transforms:
            items = [self.transforms(item) for item in decollate_batch(batch)]
            batch = list_data_collate(items)
        pred = engine.state.output["pred"]
        _, target = self.prepare_batch(batch, device=engine.state.device)
        self.update(self.sign * float(self.loss(pred, target)))

    def compute(self) -> float:
        """Return the mean.

        Raises:
            ignite.exceptions.NotComputableError: no batch yet.
        """
        return float(super().compute())
