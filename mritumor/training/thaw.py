"""Thaw a network's blocks as training goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ignite.engine import Engine, Events
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mritumor.errors import InputError
from mritumor.networks.freezing import freeze, frozen_names

logger = logging.getLogger(__name__)


class ThawBlocks:
    """Freeze blocks from the first epoch, and thaw some of them later.

    What is frozen follows from the epoch alone, so a resumed run needs no state of this
    handler; it replaces what the network's own ``frozen`` said. The optimizer holds all
    parameters from the start; frozen ones have no gradient and are passed over.

    Args:
        network: the one that is trained.
        frozen: blocks frozen at first, see `frozen_names`.
        thaw: epoch (from 1) and the blocks that learn from that epoch on.

    Raises:
        InputError: a pattern that names nothing, or no epoch; when attached, a network
            in several processes, which would not share a thawed block's gradients.

    Example:
        >>> from mritumor.networks import Classifier
        >>> network = Classifier(1, 3, "resnet18")
        >>> handler = ThawBlocks(network, ["backbone"], {5: ["backbone.layer4"]})
        >>> handler.patterns(5)
        ['backbone', '!backbone.layer4']
    """

    def __init__(
        self,
        network: nn.Module,
        frozen: Sequence[str],
        thaw: Mapping[int | str, Sequence[str]] | None = None,
    ) -> None:
        self.network = network
        self.frozen = list(frozen)
        self.thaw = dict(sorted((_epoch(e), list(p)) for e, p in (thaw or {}).items()))
        names = [name for name, _ in network.named_parameters()]
        every = [block for blocks in self.thaw.values() for block in blocks]
        frozen_names(names, [*self.frozen, *every])

    def patterns(self, epoch: int) -> list[str]:
        """Return what is frozen in an epoch, counted from 1, for `frozen_names`."""
        thawed = [
            f"!{block}"
            for first, blocks in self.thaw.items()
            if first <= epoch
            for block in blocks
        ]
        return [*self.frozen, *thawed]

    def attach(self, engine: Engine) -> None:
        """Attach to a trainer."""
        wrapped = getattr(engine, "network", self.network)
        if self.thaw and isinstance(wrapped, DistributedDataParallel):
            raise InputError(
                "blocks cannot be thawed in a run of several processes",
                where="thaw",
                remedy="train in one process, or freeze for the whole run with frozen",
            )
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Freeze what this epoch keeps."""
        epoch = engine.state.epoch
        freeze(self.network, self.patterns(epoch))
        if epoch in self.thaw:
            logger.info(
                f"epoch {epoch}: {', '.join(self.thaw[epoch])} learn from now on"
            )


def _epoch(key: int | str) -> int:
    # JSON has no other keys than strings.
    if not str(key).isdecimal() or int(key) < 1:
        raise InputError("no epoch", where="thaw", got=repr(key), expected="1 or later")
    return int(key)
