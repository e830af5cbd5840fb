"""Cache as many preprocessed cases as the memory can hold, and say how many."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence
from typing import Any

import psutil
import torch
from monai.data import CacheDataset, Dataset
from monai.transforms import Compose, LoadImage, LoadImaged, Randomizable

logger = logging.getLogger(__name__)


class MemoryAwareCacheDataset(CacheDataset):
    """A `monai.data.CacheDataset` that sizes itself.

    The first case is taken through the deterministic transforms and weighed; as many
    cases are cached as fit into a share of the memory that is free now. The rest is
    computed each time.

    Args:
        data: items of a datalist.
        transform: the deterministic transforms first, then the random ones.
        memory_fraction: share of the free memory that the cache may take, 0 (no
            cache) to 1.
        num_workers: threads that fill the cache.
        progress: show a bar while it fills.
    """

    def __init__(
        self,
        data: Sequence[Any],
        transform: Sequence[Callable[..., Any]] | Callable[..., Any] | None = None,
        memory_fraction: float = 0.5,
        num_workers: int | None = 2,
        progress: bool = True,
    ) -> None:
        count, note = plan_cache(data, transform, memory_fraction)
        logger.info(note)
        super().__init__(
            data,
            transform,
            cache_num=count,
            num_workers=num_workers,
            progress=progress and count > 8,
        )

    def _load_cache_item(self, idx: int) -> Any:
        # MONAI's readers remember the files they opened last: two threads that share
        # one lose channels of cases with unequally many files. Each item has its own.
        own = copy.copy(self)
        own.transform = copy.copy(self.transform)
        own.transform.transforms = [
            copy.deepcopy(step) if isinstance(step, (LoadImage, LoadImaged)) else step
            for step in self.transform.transforms
        ]
        return super(MemoryAwareCacheDataset, own)._load_cache_item(idx)


def plan_cache(
    data: Sequence[Any], transform: Any, memory_fraction: float
) -> tuple[int, str]:
    """Decide how many cases to cache.

    Args:
        data: items of a datalist.
        transform: as for `MemoryAwareCacheDataset`.
        memory_fraction: share of the free memory to use at most.

    Returns:
        How many cases, and a sentence with the estimate in GiB.
    """
    if not len(data) or memory_fraction <= 0:
        return 0, "caching no cases"
    weight = max(cached_bytes(data[0], transform), 1)
    free = psutil.virtual_memory().available
    count = min(len(data), int(free * memory_fraction / weight))
    gib = 2**30
    return count, (
        f"caching {count} of {len(data)} cases: {count * weight / gib:.2f} GiB of "
        f"{free / gib:.1f} GiB free memory ({weight / gib:.3f} GiB a case)"
    )


def cached_bytes(item: Any, transform: Any) -> int:
    """Return the bytes of one case after the deterministic transforms."""
    chain = transform if isinstance(transform, Compose) else Compose(transform)
    fixed = []
    for step in chain.transforms:
        if isinstance(step, Randomizable):
            break
        fixed.append(step)
    case = Dataset([item], Compose(fixed))[0]
    case = case[0] if isinstance(case, list) else case
    arrays = [v for v in case.values() if isinstance(v, torch.Tensor)]
    return sum(a.element_size() * a.nelement() for a in arrays)
