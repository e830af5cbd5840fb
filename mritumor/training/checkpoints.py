"""Best and last state of a run on disk, and the way back into it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events

from mritumor.errors import InputError
from mritumor.training.seeding import generator_state, set_generators
from mritumor.training.weight_average import WeightAverage
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


class Checkpoints:
    """Save the best network and, for resuming, the whole state of the run.

    Two files, each replaced in one step, so that a crash never leaves half of one:

    - ``best_path``: the network's state dict at the best validation so far, averaged
      where weights are;
    - ``last_path``: network, average, loss, optimizer, scheduler, scaler, position, best
      score and random generators after the last epoch, or within one when a signal
      stopped it.

    A run resumed from ``last_path`` continues as if it had never stopped: on CPU its
    weights are equal bit for bit (with `SeedEpochs` on the same trainer). Both files
    load with ``weights_only=True``.

    Args:
        best_path: ``….pt`` for the best network.
        last_path: ``….pt`` for the whole state.
        network: the module that trains; a DistributedDataParallel wrapper is seen through.
        optimizer: its optimizer.
        lr_scheduler: its scheduler, if any.
        evaluator: the validating engine, which knows the best score.
        average: the running average of the weights, which is what validates.
        loss: its parameters, such as learned task weights, are saved too.
        resume: continue from ``last_path``.
    """

    def __init__(
        self,
        best_path: PathLike,
        last_path: PathLike,
        network: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        lr_scheduler: Any = None,
        evaluator: Engine | None = None,
        resume: bool = False,
        average: WeightAverage | None = None,
        loss: Any = None,
    ) -> None:
        self.best_path = Path(best_path)
        self.last_path = Path(last_path)
        self.network = getattr(network, "module", network)
        self.stateful = {"optimizer": optimizer}
        if lr_scheduler is not None:
            self.stateful["lr_scheduler"] = lr_scheduler
        self.evaluator = evaluator
        self.average = average or WeightAverage(network)
        self.loss = loss if _learns(loss) else None
        self.resume = resume
        self._steps_to_skip = 0
        self._generators: dict[str, Any] = {}
        self._step_losses: list[float] = []

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, after validation and the learning-rate handler."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.GET_BATCH_STARTED, self._skip_steps_done)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._complete_epoch)

    def save_last(self, engine: Engine) -> None:
        """Write the whole state of the run to ``last_path``."""
        state = {
            "network": self.network.state_dict(),
            **{name: part.state_dict() for name, part in self.stateful.items()},
            "iteration": engine.state.iteration,
            "epoch_length": engine.state.epoch_length,
            "best_metric": float(self._evaluation("best_metric", -1)),
            "best_metric_epoch": int(self._evaluation("best_metric_epoch", -1)),
            "step_losses": list(getattr(engine.state, "step_losses", [])),
            "generators": generator_state(),
        }
        if self.average.decay:
            state["averaged"] = self.average.averaged.state_dict()
        if self.loss is not None:
            state["loss"] = self.loss.state_dict()
        if getattr(engine, "scaler", None) is not None:
            state["scaler"] = engine.scaler.state_dict()
        self._write(engine, state, self.last_path)

    def load_last(self, engine: Engine) -> None:
        """Take the whole state of the run from ``last_path``.

        Raises:
            InputError: no such file, or it belongs to a run with other data, batch
                size or network.
        """
        if not self.last_path.is_file():
            raise InputError(
                "there is nothing to resume",
                where=self.last_path,
                remedy="leave --resume out, or give the --output_dir of the run",
            )
        state = torch.load(self.last_path, map_location="cpu", weights_only=True)
        length = engine.state.epoch_length
        if state["epoch_length"] != length:
            raise InputError(
                "this run had another number of steps in an epoch",
                where=self.last_path,
                got=length,
                expected=state["epoch_length"],
                remedy="resume with the same data and batch size",
            )
        self._load_network(state["network"])
        if self.average.decay:
            # A run that began without an average goes on with one from here.
            self.average.averaged.load_state_dict(
                state.get("averaged", state["network"])
            )
        self._load_loss(state.get("loss"))
        for name, part in self.stateful.items():
            part.load_state_dict(state[name])
        if getattr(engine, "scaler", None) is not None and "scaler" in state:
            engine.scaler.load_state_dict(state["scaler"])
        self._load_position(engine, state)

    def _load_network(self, weights: dict[str, torch.Tensor]) -> None:
        try:
            self.network.load_state_dict(weights)
        except RuntimeError as error:
            raise InputError(
                f"these weights are of another network: {str(error).splitlines()[-1].strip()}",
                where=self.last_path,
                remedy="resume with the network_def of the run",
            ) from None

    def _load_loss(self, weights: dict[str, torch.Tensor] | None) -> None:
        if self.loss is None:
            return
        if weights is None:
            logger.warning(
                f"{self.last_path} does not hold what the loss had learned, as its task "
                "weights: they start anew"
            )
            return
        self.loss.load_state_dict(weights)

    def _load_position(self, engine: Engine, state: dict[str, Any]) -> None:
        done, length = state["iteration"], state["epoch_length"]
        engine.state.iteration = done
        engine.state.epoch = done // length
        self._steps_to_skip = done % length
        self._generators = state["generators"]
        self._step_losses = state["step_losses"]
        if self.evaluator is not None:
            self.evaluator.state.best_metric = state["best_metric"]
            self.evaluator.state.best_metric_epoch = state["best_metric_epoch"]
        logger.info(f"resumed after {done} steps ({done // length} whole epochs)")

    def _start(self, engine: Engine) -> None:
        if self.resume:
            self.load_last(engine)

    def _skip_steps_done(self, engine: Engine) -> None:
        """Draw, and drop, the batches that the stopped epoch had already used.

        The data come in the order and with the augmentation that the epoch's seed
        gives; afterwards the generators are set to where they stood.
        """
        if self._steps_to_skip:
            for _ in range(self._steps_to_skip):
                next(engine._dataloader_iter)
            set_generators(self._generators)
            engine.state.step_losses = self._step_losses
            self._steps_to_skip = 0

    def _complete_epoch(self, engine: Engine) -> None:
        if self._evaluation("best_metric_epoch", None) == engine.state.epoch:
            self._write(engine, self.average.averaged.state_dict(), self.best_path)
        self.save_last(engine)

    def _evaluation(self, name: str, default: Any) -> Any:
        return getattr(getattr(self.evaluator, "state", None), name, default)

    def _write(self, engine: Engine, state: dict[str, Any], path: Path) -> None:
        if getattr(engine.state, "rank", 0) != 0:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        torch.save(state, unfinished)
        os.replace(unfinished, path)


def _learns(loss: Any) -> bool:
    """Tell whether a loss has parameters of its own."""
    return isinstance(loss, torch.nn.Module) and any(True for _ in loss.parameters())
