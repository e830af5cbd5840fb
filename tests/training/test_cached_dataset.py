"""The cache fits the memory."""

from __future__ import annotations

import numpy as np
import psutil
import pytest
import torch
from monai.transforms import Compose, Lambdad, RandFlipd

from mritumor.training.cached_dataset import (
    MemoryAwareCacheDataset,
    cached_bytes,
    plan_cache,
)

MIB = 2**20


def chain() -> Compose:
    grow = Lambdad("image", lambda _: torch.zeros(1, 64, 64, 64))  # 1 MiB of float32
    return Compose(
        [
            grow,
            RandFlipd("image", prob=0.5),
            Lambdad("image", lambda x: torch.cat([x, x])),
        ]
    )


def test_only_the_fixed_part_is_weighed() -> None:
    assert cached_bytes({"image": 0}, chain()) == MIB


@pytest.mark.parametrize(("free", "expected"), [(1000, 5), (8, 4), (1, 0)])
def test_as_many_cases_as_fit(
    monkeypatch: pytest.MonkeyPatch, free: int, expected: int
) -> None:
    memory = psutil.virtual_memory()._replace(available=free * MIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    count, note = plan_cache([{"image": i} for i in range(5)], chain(), 0.5)
    assert count == expected
    assert note.startswith(f"caching {expected} of 5 cases")


def test_no_cache_on_request_and_for_no_data() -> None:
    assert plan_cache([{"image": 0}], chain(), 0)[0] == 0
    assert plan_cache([], chain(), 0.5)[0] == 0


def test_items_are_the_same_with_and_without_cache() -> None:
    data = [{"image": i} for i in range(3)]
    double = Compose([Lambdad("image", lambda i: torch.full((2, 2), float(2 * i)))])
    cached, plain = (
        MemoryAwareCacheDataset(data, double, f, progress=False) for f in (0.5, 0.0)
    )
    for a, b in zip(cached, plain):
        assert np.array_equal(a["image"], b["image"])
