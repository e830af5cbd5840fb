"""What a U-Net may be asked for, and what may be put into it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.utils import ensure_tuple_rep

from mritumor.errors import InputError


def stride_per_level(
    strides: int | Sequence[int | Sequence[int]], levels: int, spatial_dims: int
) -> list[tuple[int, ...]]:
    """Write strides out: one tuple per downsampling, one number per axis.

    Args:
        strides: one number for all, or one entry per downsampling (a number, or one
            number per axis: 1 keeps an axis, as for thick slices).
        levels: number of downsamplings.
        spatial_dims: 2 or 3.

    Raises:
        InputError: another count than ``levels``, or an entry that does not fit.
    """
    each = [strides] * levels if isinstance(strides, int) else list(strides)
    if len(each) != levels:
        raise InputError(
            "the strides do not fit the channels",
            where="strides",
            got=f"{len(each)} strides",
            expected=f"{levels}, one less than there are channels",
        )
    try:
        written = [tuple(ensure_tuple_rep(s, spatial_dims)) for s in each]
    except ValueError:
        written = []
    if not written or min(min(s) for s in written) < 1:
        raise InputError(
            "a stride does not fit the axes",
            where="strides",
            got=each,
            expected=f"whole numbers from 1, or {spatial_dims} of them per entry",
        )
    return written


def check_settings(
    spatial_dims: int,
    channels: Sequence[int],
    kernel_size: int | Sequence[int],
    deep_supervision: int,
) -> None:
    """Refuse settings that no U-Net can have.

    Raises:
        InputError: names the setting, what it was and what it may be.
    """
    kernel = [kernel_size] if isinstance(kernel_size, int) else list(kernel_size)
    rules: list[tuple[str, object, bool, str]] = [
        ("spatial_dims", spatial_dims, spatial_dims in (2, 3), "2 or 3"),
        ("channels", channels, len(channels) >= 2, "two levels or more"),
        (
            "kernel_size",
            kernel_size,
            len(kernel) in (1, spatial_dims) and all(k > 0 and k % 2 for k in kernel),
            f"one odd number, or {spatial_dims} of them",
        ),
        (
            "deep_supervision",
            deep_supervision,
            0 <= deep_supervision <= len(channels) - 2,
            f"0 to {len(channels) - 2} (the levels between first and last)",
        ),
    ]
    for name, value, good, rule in rules:
        if not good:
            raise InputError("impossible", where=name, got=value, expected=rule)


def graph_is_recorded() -> bool:
    """Tell whether sizes are symbols now: comparing them would freeze them."""
    return torch.jit.is_tracing() or torch.compiler.is_compiling()


def check_image(x: torch.Tensor, in_channels: int, reduction: Sequence[int]) -> None:
    """Refuse a batch that the network cannot process.

    Args:
        x: (B, C, *spatial).
        in_channels: the C that the network was built for.
        reduction: product of all strides, per axis.

    Raises:
        InputError: wrong number of axes or channels, or so small that the coarsest map
            is a single voxel, whose variance no normalisation can take.
    """
    dims = len(reduction)
    if x.dim() != dims + 2:
        raise InputError(
            f"a {dims}-D network takes {dims + 2} axes: batch, channel, space",
            got=f"shape {tuple(x.shape)}",
        )
    if x.shape[1] != in_channels:
        raise InputError(
            "wrong number of image channels",
            got=f"{x.shape[1]} in shape {tuple(x.shape)}",
            expected=in_channels,
            remedy="give one channel per sequence, or build with in_channels to match",
        )
    if all(size <= stride for size, stride in zip(x.shape[2:], reduction, strict=True)):
        raise InputError(
            "the image is too small for this many levels",
            got=f"size {tuple(x.shape[2:])}",
            expected=f"more than {tuple(reduction)} along at least one axis",
            remedy="pad the image, or use fewer channels entries or smaller strides",
        )
