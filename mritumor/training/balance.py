"""Weights by which a sampler meets rare kinds of items as often as common ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mritumor.errors import InputError
from mritumor.types import Item


def balanced_weights(
    items: Sequence[Item], key: str = "class", strength: float = 1.0
) -> list[float]:
    """Return a weight for each item, for `torch.utils.data.WeightedRandomSampler`.

    Args:
        items: of a datalist.
        key: whose value is the kind, such as ``class``: of slices, tumour or none.
        strength: 0 draws items as they come, 1 draws all kinds equally often.

    Returns:
        Weights with mean 1.

    Raises:
        InputError: an item lacks the key though it counts, or a strength out of range.
    """
    if not 0 <= strength <= 1:
        raise InputError(
            "impossible", where="strength", got=strength, expected="0 to 1"
        )
    lacking = sum(key not in item for item in items)
    if lacking and strength > 0:
        raise InputError(
            f"items cannot be balanced by '{key}', which they do not all have",
            where="datalist",
            got=f"{lacking} of {len(items)} items without it",
            remedy="prepare the set again, or leave balancing out",
        )
    counts = Counter(item.get(key) for item in items)
    raw = [counts[item.get(key)] ** -strength for item in items]
    mean = sum(raw) / max(len(raw), 1)
    return [weight / mean for weight in raw]
