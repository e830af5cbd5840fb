"""What the loss of each task counts in the sum: fixed, or learned."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import distributed, nn

from mritumor.errors import InputError


class FixedWeights(nn.Module):
    """``Σ weight · loss`` over the tasks that the batch has targets for.

    Args:
        weights: of each task by name, from 0.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        if not weights or min(weights.values()) < 0 or not any(weights.values()):
            raise InputError(
                "impossible task weights",
                got=dict(weights),
                expected="numbers from 0, not all 0",
            )
        self.weights = dict(weights)

    def forward(self, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the weighted sum, a scalar.

        Args:
            parts: at most one loss (a scalar) by task; those without targets are absent.
        """
        return sum(
            (self.weights[k] * part for k, part in parts.items()), torch.zeros(())
        )

    def current(self) -> dict[str, float]:
        """Return the weight of each task."""
        return dict(self.weights)


class UncertaintyWeights(nn.Module):
    """``Σ exp(-s)·loss + s/2``, with a learned log-variance ``s = log σ²`` a task.

    A task whose loss stays high is taken for noisy and gets less weight; ``s/2`` keeps
    the weights from vanishing. The sum may fall below 0. Only the tasks that a batch has
    targets for move their ``s``. Give the parameters to the optimizer:
    ``list(network.parameters()) + list(loss.parameters())``.

    With several processes each step averages the losses over them for the gradient of
    ``s``, so the weights stay equal without wrapping the loss in DDP.

    Args:
        tasks: their names.

    Source:
        Kendall, Gal & Cipolla 2018, "Multi-Task Learning Using Uncertainty to Weigh
        Losses", DOI 10.1109/CVPR.2018.00781 (the form for classification likelihoods).
    """

    def __init__(self, tasks: tuple[str, ...]) -> None:
        super().__init__()
        self.tasks = tasks
        self.log_variances = nn.Parameter(torch.zeros(len(tasks)))

    def forward(self, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the weighted sum, a scalar.

        Args:
            parts: at most one loss (a scalar) by task; those without targets are absent.
        """
        s, factor = self.log_variances, torch.exp(-self.log_variances)
        total = s.new_zeros(())
        for task, part in parts.items():
            total = total + factor[self.tasks.index(task)].detach() * part
        level, seen = self._levels(parts)
        penalty = ((factor * level + s / 2) * seen).sum()
        # The first sum moves the network and the second the weights; what is counted
        # twice is taken out of the value, not out of the gradient.
        return total + penalty - (factor * level * seen).sum().detach()

    def _levels(
        self, parts: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each task over all processes, and whether any has one."""
        zero = self.log_variances.new_zeros(())
        found = [parts[k].detach().to(zero) if k in parts else zero for k in self.tasks]
        here = [zero + (k in parts) for k in self.tasks]
        both = torch.stack([torch.stack(found), torch.stack(here)])
        if self.training and torch.is_grad_enabled() and _several_processes():
            distributed.all_reduce(both)
        return both[0] / both[1].clamp(min=1), (both[1] > 0).to(both)

    def current(self) -> dict[str, float]:
        """Return the weight of each task, ``exp(-s)``."""
        return dict(zip(self.tasks, torch.exp(-self.log_variances).tolist()))


def _several_processes() -> bool:
    return distributed.is_available() and distributed.is_initialized()
