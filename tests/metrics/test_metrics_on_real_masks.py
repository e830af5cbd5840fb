"""What the empty policy is worth on real patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mritumor.metrics import (
    Counts,
    count,
    dice,
    lesion_wise,
    score_per_patient,
    summarize,
)

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def volumes(shared_data: Path) -> dict[str, np.ndarray]:
    """Masks (slices, 256, 256) of the patients whose files are as downloaded."""
    folders = sorted(p for p in (shared_data / "lgg/original").iterdir() if p.is_dir())
    found = {}
    for folder in folders:
        files = sorted(
            folder.glob("*_mask.tif"), key=lambda p: int(p.stem.split("_")[-2])
        )
        found[folder.name] = np.stack([np.asarray(Image.open(f)) > 0 for f in files])
    return found


def slice_counts(
    volumes: dict[str, np.ndarray], predict: dict[str, np.ndarray]
) -> tuple[list[Counts], list[str]]:
    pairs = [
        (count(p, r), name)
        for name in volumes
        for p, r in zip(predict[name], volumes[name])
    ]
    return [c for c, _ in pairs], [name for _, name in pairs]


def test_nothing_predicted_looks_good_per_slice_and_is_0_per_patient(
    volumes: dict[str, np.ndarray],
) -> None:
    nothing = {name: np.zeros_like(mask) for name, mask in volumes.items()}
    counts, patients = slice_counts(volumes, nothing)
    by_slice = summarize([dice(c, "one") for c in counts])
    assert by_slice.mean > 0.5
    for empty in ("one", "zero", "nan", "skip"):
        found = score_per_patient(dice, counts, patients, empty)  # type: ignore[arg-type]
        assert (found.mean, found.used, found.undefined) == (0, len(volumes), 0)


def test_slices_added_up_are_the_volumes(volumes: dict[str, np.ndarray]) -> None:
    moved = {name: np.roll(mask, 3, axis=2) for name, mask in volumes.items()}
    counts, patients = slice_counts(volumes, moved)
    found = score_per_patient(dice, counts, patients)
    whole = [dice(count(moved[name], volumes[name])) for name in volumes]
    assert found.values == pytest.approx(whole) and found.names == tuple(volumes)
    assert 0.5 < found.mean < 1


def test_lesions_of_a_real_volume(volumes: dict[str, np.ndarray]) -> None:
    name, mask = max(volumes.items(), key=lambda item: item[1].sum())
    same = lesion_wise(mask, mask, (5.0, 1.0, 1.0))
    assert (same.dice, same.hd95, same.missed, same.invented) == (1, 0, 0, 0), name
    nothing = lesion_wise(np.zeros_like(mask), mask, (5.0, 1.0, 1.0))
    assert (nothing.dice, nothing.hd95) == (0, 374) and nothing.missed == same.found
