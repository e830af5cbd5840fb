"""Device and sliding window by the memory that is free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from monai.inferers import SlidingWindowInferer
from torch import nn

from mritumor.bundle.memory import forward_bytes, free_bytes

SHORTEST = 64  # voxels; a window is not halved below it
LOW_MEMORY_BATCH, BATCH, MOST_WINDOWS = 1, 8, 4
SHARE = 0.6  # of the free memory that the windows may take


def choose_device(wanted: torch.device, need: int) -> tuple[torch.device, str | None]:
    """Return the device, or the CPU when the device has too little memory left.

    Args:
        wanted: what the user or the bundle chose.
        need: bytes that the smallest step takes.

    Returns:
        The device, and a sentence when it is another one.
    """
    if wanted.type == "cuda" and free_bytes(wanted) < need:
        return (
            torch.device("cpu"),
            f"{wanted} has too little free memory: using the CPU",
        )
    return wanted, None


def fit_window(
    inferer: Any, network: nn.Module, channels: int, device: torch.device, low: bool
) -> str | None:
    """Fit a sliding window to the memory, in place.

    As many windows at a time as fit on a GPU; a window that does not fit, or any with
    `low`, is halved along its long axes, and results are stitched in main memory. A
    smaller window sees less of the surroundings: labels near its borders may differ.

    Args:
        inferer: others than a sliding window are left alone.
        network: that is run.
        channels: of its input.
        device: that it runs on.
        low: use as little memory as is sensible.

    Returns:
        A sentence on a window that was made smaller, else None.
    """
    if not isinstance(inferer, SlidingWindowInferer):
        return None
    full = [int(n) for n in inferer.roi_size]
    free = SHARE * free_bytes(device)
    size = _halved(full) if low else full
    need = forward_bytes(network, (1, channels, *size))
    while need > free and _halved(size) != size:
        size = _halved(size)
        need = forward_bytes(network, (1, channels, *size))
    inferer.roi_size = size
    if low:
        inferer.sw_batch_size = 1
        inferer.device = torch.device("cpu")
    elif device.type == "cuda":
        inferer.sw_batch_size = int(min(MOST_WINDOWS, max(1, free // max(need, 1))))
    if size == full:
        return None
    return f"windows of {_told(size)} instead of {_told(full)} voxels, to save memory"


def _halved(size: Sequence[int]) -> list[int]:
    longest = max(size)
    return [
        n // 2 if n >= 2 * SHORTEST and n > longest // 2 and n % 2 == 0 else n
        for n in size
    ]


def _told(size: Sequence[int]) -> str:
    return "×".join(map(str, size))
