"""One loss for a network that gives mask and class in one tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from monai.losses import DeepSupervisionLoss, DiceCELoss
from torch import nn

from mritumor.errors import InputError
from mritumor.losses.joint_targets import known_classes, known_masks, plain
from mritumor.losses.task_weights import FixedWeights, UncertaintyWeights
from mritumor.networks import split_joint

TASKS = ("mask", "class")


class MultiTaskLoss(nn.Module):
    """Weighted sum of a mask loss and a class loss; targets may be unknown per image.

    The network's output is one tensor (B, out_channels + num_classes, *spatial): mask
    logits, then one map a class, whose spatial mean is the class logit. With deep
    supervision it is a list of them, finest first: the mask is judged on all levels
    (``monai.losses.DeepSupervisionLoss``), the class on the finest; coarser levels may
    lack the class channels.

    A class is unknown where it is -1 (`UNKNOWN_CLASS`), a mask where all its voxels are
    NaN. Unknown targets take no part; a batch in which nothing is known gives 0, with a
    gradient of 0.

    Args:
        mask_loss: of (B, out_channels, *spatial) logits and masks; default BCE + Dice
            over the batch, with smoothing that suits empty slices.
        class_loss: of (B, num_classes) logits and (B,) classes; default cross-entropy.
        weights: of mask and class, or ``"uncertainty"``: learned, and then the
            optimizer needs this module's parameters too (see `UncertaintyWeights`).
        out_channels: mask channels.
        class_weights: (num_classes,) for the default cross-entropy, as against
            unequally frequent classes.
        level_weights: of the levels of deep supervision; default 1, 1/2, 1/4 …
        device: where the network's output is; needed for ``class_weights`` and learned
            weights.

    Attributes:
        parts: the last ``mask`` and ``class`` loss, detached, unweighted; those that the
            batch had targets for.

    Raises:
        InputError: settings or targets that do not fit.
    """

    def __init__(
        self,
        mask_loss: nn.Module | None = None,
        class_loss: nn.Module | None = None,
        weights: Sequence[float] | str = (1.0, 1.0),
        out_channels: int = 1,
        class_weights: Sequence[float] | None = None,
        level_weights: Sequence[float] | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        if class_loss is not None and class_weights is not None:
            raise InputError(
                "class_weights are for the default class loss",
                where="class_weights",
                remedy="give the weights to your class_loss",
            )
        dice_ce = dict(sigmoid=True, batch=True, smooth_nr=1.0, smooth_dr=1.0)
        self.mask_loss = DeepSupervisionLoss(
            mask_loss or DiceCELoss(**dice_ce),
            weights=list(level_weights) if level_weights is not None else None,
        )
        per_class = (
            None if class_weights is None else torch.tensor(class_weights).float()
        )
        self.class_loss = class_loss or nn.CrossEntropyLoss(weight=per_class)
        self.weighting = _weighting(weights)
        self.out_channels = out_channels
        self.parts: dict[str, torch.Tensor] = {}
        self.to(device)

    def forward(
        self,
        pred: torch.Tensor | Sequence[torch.Tensor],
        target: Mapping[str, torch.Tensor],
    ) -> torch.Tensor:
        """Return the loss, a scalar.

        Args:
            pred: (B, out_channels + num_classes, *spatial), or a list of such.
            target: ``label`` (B, out_channels, *spatial) and ``class`` (B,); a key that
                is absent is unknown for the whole batch.
        """
        levels = [plain(p) for p in ([pred] if torch.is_tensor(pred) else pred)]
        self._check_device(levels[0].device)
        known: dict[str, torch.Tensor] = {}
        if "label" in target:
            known |= self._mask_part(levels, plain(target["label"]))
        if "class" in target:
            known |= self._class_part(levels[0], plain(target["class"]))
        self.parts = {task: part.detach() for task, part in known.items()}
        # Adds nothing, but hangs on every output: backward works where nothing is known,
        # and no process of a group waits for a gradient.
        return self.weighting(known) + sum(level.sum() * 0.0 for level in levels)

    def _check_device(self, device: torch.device) -> None:
        for own in (*self.parameters(), *self.buffers()):
            if own.device != device:
                raise InputError(
                    "the loss is not where the network's output is",
                    where="MultiTaskLoss",
                    got=own.device,
                    expected=device,
                    remedy="give it device: '@device'",
                )

    def _mask_part(
        self, levels: list[torch.Tensor], label: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        known = known_masks(label)
        if not known.any():
            return {}
        masks = [level[known, : self.out_channels] for level in levels]
        return {"mask": self.mask_loss(masks, label[known].float())}

    def _class_part(
        self, level: torch.Tensor, classes: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        logits = split_joint(level, self.out_channels)[1].float()
        classes = classes.reshape(-1).long()
        known = known_classes(classes, logits.shape[1])
        if not known.any():
            return {}
        return {"class": self.class_loss(logits[known], classes[known])}


def _weighting(weights: Sequence[float] | str) -> nn.Module:
    if weights == "uncertainty":
        return UncertaintyWeights(TASKS)
    if isinstance(weights, str) or len(weights) != len(TASKS):
        raise InputError(
            "unknown weighting of the tasks",
            where="weights",
            got=weights,
            expected="two numbers (mask, class), or 'uncertainty'",
        )
    return FixedWeights(dict(zip(TASKS, map(float, weights))))
