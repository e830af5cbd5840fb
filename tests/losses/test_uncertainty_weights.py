"""Task weights that are learned."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing

from mritumor.losses import MultiTaskLoss, UncertaintyWeights


def parts(mask: float, classes: float | None = None) -> dict[str, torch.Tensor]:
    found = {"mask": torch.tensor(mask, requires_grad=True)}
    if classes is not None:
        found["class"] = torch.tensor(classes, requires_grad=True)
    return found


def weights(*s: float) -> UncertaintyWeights:
    module = UncertaintyWeights(("mask", "class"))
    module.log_variances.data = torch.tensor(s)
    return module


def test_hand_case() -> None:
    module, given = weights(1.0, -0.5), parts(0.8, 2.0)
    total = module(given)
    expected = math.exp(-1) * 0.8 + 0.5 + math.exp(0.5) * 2.0 - 0.25
    assert total.item() == pytest.approx(expected)
    total.backward()
    by_s = [0.5 - math.exp(-1) * 0.8, 0.5 - math.exp(0.5) * 2.0]
    assert module.log_variances.grad.tolist() == pytest.approx(by_s)
    assert given["mask"].grad.item() == pytest.approx(math.exp(-1))
    assert given["class"].grad.item() == pytest.approx(math.exp(0.5))
    assert module.current() == pytest.approx(
        {"mask": 0.3679, "class": 1.6487}, abs=1e-4
    )


def test_settles_where_each_weight_is_one_over_twice_the_loss() -> None:
    module = weights(0.0, 0.0)
    optimizer = torch.optim.Adam(module.parameters(), 0.05)
    for _ in range(400):
        optimizer.zero_grad()
        module(parts(0.2, 3.0)).backward()
        optimizer.step()
    assert module.current() == pytest.approx({"mask": 2.5, "class": 1 / 6}, rel=0.01)


def test_a_task_without_targets_keeps_its_weight() -> None:
    module = weights(0.3, 0.7)
    module(parts(0.5)).backward()
    assert module.log_variances.grad[0] != 0 and module.log_variances.grad[1] == 0


def test_the_joint_loss_hands_its_parameters_to_the_optimizer() -> None:
    loss = MultiTaskLoss(weights="uncertainty")
    network = torch.nn.Conv2d(1, 4, 1)
    trainable = list(network.parameters()) + list(loss.parameters())
    optimizer = torch.optim.Adam(trainable, 0.1)
    target = {"label": torch.ones(2, 1, 8, 8), "class": torch.tensor([0, 2])}
    loss(network(torch.ones(2, 1, 8, 8)), target).backward()
    optimizer.step()
    assert (loss.weighting.log_variances != 0).all()
    fresh = MultiTaskLoss(weights="uncertainty")
    fresh.load_state_dict(loss.state_dict())
    assert fresh.weighting.current() == loss.weighting.current()


def one_process(rank: int, folder: str) -> None:
    """Process 0 has both targets, process 1 only masks; save the gradient of s."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    module = weights(0.0, 0.0)
    module(parts(1.0, 4.0) if rank == 0 else parts(3.0)).backward()
    torch.save(module.log_variances.grad, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_several_processes_learn_the_same_weights(tmp_path: Path) -> None:
    multiprocessing.spawn(one_process, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert first.tolist() == second.tolist() == [0.5 - 2.0, 0.5 - 4.0]
