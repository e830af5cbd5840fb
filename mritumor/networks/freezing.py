"""Parts of a network that keep their weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from mritumor.errors import InputError, did_you_mean


class Freezable(nn.Module):
    """A module whose frozen normalisations stay in eval mode when it trains.

    A frozen batch normalisation that went on averaging would change what the frozen
    weights give, although no optimiser touches them.
    """

    def train(self, mode: bool = True) -> Freezable:
        """Set training mode, except for normalisations whose weights are frozen."""
        super().train(mode)
        rest_frozen_norms(self)
        return self


def frozen_names(names: Iterable[str], patterns: Sequence[str]) -> set[str]:
    """Return the parameters that patterns freeze.

    Args:
        names: of parameters, such as ``backbone.layer4.0.conv1.weight``.
        patterns: read in order, as in a ``.gitignore``: ``backbone`` or ``backbone.*``
            freezes a block, ``!backbone.layer4`` exempts a part of it. ``*``, ``?``
            and ``[…]`` are wildcards, which match dots too.

    Raises:
        InputError: a pattern that names nothing.
    """
    names = list(names)
    frozen: set[str] = set()
    for pattern in patterns:
        block = pattern.removeprefix("!")
        hit = {
            n for n in names if fnmatchcase(n, block) or fnmatchcase(n, f"{block}.*")
        }
        if not hit:
            blocks = {n.rsplit(".", depth)[0] for n in names for depth in (1, 2, 3)}
            raise InputError(
                "no parameter has such a name",
                where="frozen",
                got=repr(pattern),
                remedy=did_you_mean(block, blocks)
                or f"the blocks are {', '.join(sorted({n.split('.')[0] for n in names}))}",
            )
        frozen = frozen - hit if pattern.startswith("!") else frozen | hit
    return frozen


def freeze(network: nn.Module, patterns: Sequence[str]) -> None:
    """Freeze the parameters that patterns name, and thaw all others.

    Args:
        network: changed in place; frozen normalisations are set to eval mode, and stay
            there if it is `Freezable`.
        patterns: as in `frozen_names`; an empty list thaws everything.

    Raises:
        InputError: a pattern that names nothing.
    """
    parameters = dict(network.named_parameters())
    frozen = frozen_names(parameters, patterns)
    for name, parameter in parameters.items():
        parameter.requires_grad_(name not in frozen)
    network.train(network.training)
    rest_frozen_norms(network)


def rest_frozen_norms(network: nn.Module) -> None:
    """Set to eval mode the normalisations with running averages and frozen weights."""
    for module in network.modules():
        if isinstance(module, _NormBase) and module.affine:
            if not module.weight.requires_grad:
                module.training = False
