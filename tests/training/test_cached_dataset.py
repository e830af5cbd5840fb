"""The cache fits the memory."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import psutil
import pytest
import torch
from monai.transforms import (
    Compose,
    EnsureChannelFirstd,
    Lambdad,
    LoadImaged,
    RandFlipd,
)

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


def test_threads_do_not_lose_channels(tmp_path: Path) -> None:
    items = []
    for number in range(24):
        files = [
            tmp_path / f"{number}_{channel}.nii" for channel in range(1 + number % 4)
        ]
        for channel, file in enumerate(files):
            values = np.full((20, 20, 20), 10 * number + channel, np.float32)
            nib.save(nib.Nifti1Image(values, np.eye(4)), file)
        items.append({"image": [str(file) for file in files]})
    load = [LoadImaged("image"), EnsureChannelFirstd("image")]
    for _ in range(5):
        cached = MemoryAwareCacheDataset(items, load, num_workers=4, progress=False)
        for number in range(24):
            found = cached[number]["image"].mean(dim=(1, 2, 3)).tolist()
            assert found == [10 * number + c for c in range(1 + number % 4)]


def test_only_readers_are_copied() -> None:
    class Heavy:  # such as a backbone whose features are cached
        def __deepcopy__(self, memo: object) -> None:
            raise AssertionError("a copy for each item would fill the memory")

        def __call__(self, item: dict[str, int]) -> dict[str, int]:
            return {"image": item["image"] + 1}

    cached = MemoryAwareCacheDataset([{"image": 1}], [Heavy()], progress=False)
    assert cached[0] == {"image": 2}
