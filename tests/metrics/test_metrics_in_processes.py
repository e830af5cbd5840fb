"""The accumulating metrics over two processes.

In a module of its own with few imports: each process imports them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, multiprocessing

from mritumor.metrics import ClassScores, PatientDice

pytestmark = pytest.mark.slow

PATIENTS = ["A", "B", "A", "C", "B"]
CLASSES = torch.tensor([0, 1, -1, 1, 0])


def fill(items: range) -> tuple[PatientDice, ClassScores]:
    """Return both metrics after the given items."""
    generator = torch.Generator().manual_seed(0)
    pred, label = torch.rand(2, 5, 2, 6, 6, generator=generator) > 0.6
    p = torch.rand(5, 2, generator=generator).softmax(1)
    masks, classes, index = PatientDice(), ClassScores(), list(items)
    masks(pred[index], label[index], [PATIENTS[i] for i in index])
    classes(p[index], CLASSES[index])
    return masks, classes


def one_process(rank: int, folder: str) -> None:
    """See every second item; save the results."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    masks, classes = fill(range(rank, 5, 2))
    torch.save((masks.per_patient_dice(), classes.aggregate()), f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("processes")
    multiprocessing.spawn(one_process, (str(folder),), nprocs=2)
    yield [torch.load(folder / f"{rank}.pt") for rank in (0, 1)]


def test_slices_of_a_patient_are_added_over_processes(two_processes: Any) -> None:
    alone, _ = fill(range(5))
    for found, _ in two_processes:
        assert found == alone.per_patient_dice() and list(found) == ["A", "B", "C"]


def test_classes_of_all_processes_count(two_processes: Any) -> None:
    _, alone = fill(range(5))
    for _, found in two_processes:
        assert found == pytest.approx(alone.aggregate())
