"""Randomness that depends on the seed and the epoch alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from ignite.utils import manual_seed
from monai.data.utils import set_rnd


class SeedEpochs:
    """Seed every generator anew when an epoch starts.

    Epoch *n* of a run then draws the same patches, augmentations and dropout masks
    whether the run came to it in one go or was resumed, which is what makes a
    resumed run equal to an uninterrupted one.

    Args:
        seed: of the run, at least 0.
        dataset: whose ``transform`` holds random transforms; they carry generators of
            their own, which the global seed does not reach.
    """

    def __init__(self, seed: int, dataset: Any = None) -> None:
        self.seed = seed
        self.dataset = dataset

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer, before the handlers that resume it."""
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Seed for the epoch that starts; each process of a group differently."""
        # Epochs of neighbouring seeds must not coincide: 1_000_003 is a prime that
        # keeps seed 0's epoch 2 apart from seed 1's epoch 1.
        rank = getattr(engine.state, "rank", 0)
        seed = (self.seed * 1_000_003 + engine.state.epoch * 1009 + rank) % 2**31
        manual_seed(seed)
        if getattr(self.dataset, "transform", None) is not None:
            set_rnd(self.dataset.transform, seed=seed)


def generator_state() -> dict[str, Any]:
    """Return the global generators' states, in types that weights_only loading admits."""
    numpy_state: Any = np.random.get_state()
    kind, keys, position, has_gauss, gauss = numpy_state
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [
            kind,
            torch.from_numpy(keys.astype(np.int64)),
            position,
            has_gauss,
            gauss,
        ],
        "python": random.getstate(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_generators(state: dict[str, Any]) -> None:
    """Set the global generators to what `generator_state` returned."""
    torch.set_rng_state(state["torch"])
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state(
        (kind, keys.numpy().astype(np.uint32), position, has_gauss, gauss)
    )
    version, internal, gauss_next = state["python"]
    random.setstate((version, tuple(internal), gauss_next))
    if "cuda" in state and torch.cuda.device_count() == len(state["cuda"]):
        torch.cuda.set_rng_state_all(state["cuda"])
