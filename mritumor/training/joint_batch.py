"""What the engines take out of a batch for a network that gives mask and class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def joint_batch(
    batch: Mapping[str, Any],
    device: torch.device | str | None = None,
    non_blocking: bool = False,
    **kwargs: Any,
) -> tuple[torch.Tensor, dict[str, torch.Tensor] | None]:
    """Give image and targets, for an engine's ``prepare_batch``.

    Args:
        batch: ``image`` (B, C, H, W) and, except in use, ``label`` (B, R, H, W) and
            ``class`` (B,).
        device: to bring them to.
        non_blocking: as for `torch.Tensor.to`.
        kwargs: further arguments of ``to``.

    Returns:
        The image, and ``{"label", "class"}`` as `mritumor.losses.MultiTaskLoss` takes
        them, or None when there are none.
    """

    def there(value: Any) -> torch.Tensor:
        tensor = torch.as_tensor(value)
        return tensor.to(device=device, non_blocking=non_blocking, **kwargs)

    image = there(batch["image"])
    if "label" not in batch or "class" not in batch:
        return image, None
    return image, {"label": there(batch["label"]), "class": there(batch["class"])}
