"""The Tversky index, with a focus on hard images."""

from __future__ import annotations

import torch
from monai.losses import TverskyLoss
from torch import nn

from mritumor.errors import InputError

# The derivative of x^(1/γ) is infinite at 0: below this a region counts as solved.
SOLVED = 1e-7


class FocalTverskyLoss(nn.Module):
    """``(1 - TI)^(1/γ)``, where ``TI = TP / (TP + α·FN + β·FP)``; 0 (best) to 1.

    The names are the paper's: α weights misses, β false alarms. MONAI's
    ``TverskyLoss``, which computes the index, names them the other way round.
    γ > 1 gives poorly segmented regions a larger share, γ = 1 is the Tversky loss; with
    α = β = 0.5 and γ = 1 it is the Dice loss. The mean over channels is taken, where the
    paper sums: equal for one region.

    Args:
        alpha: weight of false negatives, from 0.
        beta: weight of false positives, from 0.
        gamma: focus, from 1 (the paper tries 1 to 3 and takes 4/3).
        sigmoid: predictions are logits; False: probabilities in [0, 1].
        batch: count over the whole batch, so that a slice without tumour is judged
            together with others; False: each image by itself, then the mean.
        smooth: added to numerator and denominator, in voxels. An image without tumour
            scores ``1 - smooth / (β·FP + smooth)`` before the power, so a value near 0
            makes every false positive after the first free.

    Source:
        Abraham & Khan 2019, "A Novel Focal Tversky Loss Function with Improved Attention
        U-Net for Lesion Segmentation", DOI 10.1109/ISBI.2019.8759329.
    """

    def __init__(
        self,
        alpha: float = 0.7,
        beta: float = 0.3,
        gamma: float = 4 / 3,
        sigmoid: bool = False,
        batch: bool = True,
        smooth: float = 1.0,
    ) -> None:
        super().__init__()
        _check(alpha, beta, gamma, smooth)
        self.gamma = gamma
        self.tversky = TverskyLoss(
            sigmoid=sigmoid,
            alpha=beta,  # MONAI's alpha is the weight of false positives
            beta=alpha,
            reduction="none",
            smooth_nr=smooth,
            smooth_dr=smooth,
            batch=batch,
        )

    def forward(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar.

        Args:
            pred: (B, C, *spatial) logits, or probabilities if not ``sigmoid``.
            target: (B, C, *spatial) 0 or 1.
        """
        wrong = self.tversky(pred.float(), target.float())
        return wrong.clamp(min=SOLVED).pow(1 / self.gamma).mean()


def _check(alpha: float, beta: float, gamma: float, smooth: float) -> None:
    rules = [
        ("alpha", alpha, alpha >= 0, "from 0"),
        ("beta", beta, beta >= 0, "from 0"),
        ("alpha + beta", alpha + beta, alpha + beta > 0, "more than 0"),
        ("gamma", gamma, gamma >= 1, "from 1: 1 is the plain Tversky loss"),
        ("smooth", smooth, smooth > 0, "more than 0"),
    ]
    for name, value, good, rule in rules:
        if not good:
            raise InputError("impossible", where=name, got=value, expected=rule)
