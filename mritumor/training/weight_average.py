"""A running average of the weights, which validates better than the last step's."""

from __future__ import annotations

import copy

import torch
from ignite.engine import Engine, Events

from mritumor.errors import InputError


class WeightAverage:
    """Keep an exponential moving average of a network's weights and running statistics.

    ``averaged`` is what should validate and be saved as the best network. The average
    warms up: after n steps its decay is at most (1 + n) / (10 + n), so that the first
    epochs are not held back by random weights (Polyak & Juditsky 1992,
    doi:10.1137/0330046; warm-up as in Tan & Le 2019, arXiv:1905.11946).

    Args:
        network: that trains; a DistributedDataParallel wrapper is seen through.
        decay: in [0, 1): share of the old average that a step keeps; 0: no average,
            ``averaged`` is the network itself.
    """

    def __init__(self, network: torch.nn.Module, decay: float = 0.0) -> None:
        if not 0 <= decay < 1:
            raise InputError(
                "impossible", where="decay", got=decay, expected="0 to below 1"
            )
        self.network = getattr(network, "module", network)
        self.decay = decay
        self.averaged = self.network
        if decay:
            self.averaged = copy.deepcopy(self.network).requires_grad_(False)

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, before what validates or saves."""
        if self.decay:
            engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    @torch.no_grad()
    def __call__(self, engine: Engine) -> None:
        """Move the average towards the weights after a step."""
        step = engine.state.iteration
        towards = 1 - min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.averaged.state_dict(), self.network.state_dict()
        for name, value in mine.items():
            if value.is_floating_point():
                value.lerp_(theirs[name], towards)
            else:
                value.copy_(theirs[name])
