"""Blocks that learn only from some epoch on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from ignite.engine import Engine
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mritumor.errors import InputError
from mritumor.training.thaw import ThawBlocks


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.norm = nn.BatchNorm1d(2)
        self.last = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(self.first(x)))


def run(handler: ThawBlocks, epochs: int, begun: int = 0) -> list[list[str]]:
    """Return which blocks moved in each epoch."""
    network = handler.network
    optimizer = torch.optim.AdamW(network.parameters(), 0.1, weight_decay=0.5)
    moved: list[list[str]] = []

    def step(engine: Engine, batch: Any) -> None:
        before = {n: p.clone() for n, p in network.named_parameters()}
        optimizer.zero_grad()
        network(torch.randn(4, 2)).square().sum().backward()
        optimizer.step()
        names = {
            n.split(".")[0]
            for n, p in network.named_parameters()
            if not p.equal(before[n])
        }
        moved.append(sorted(names))

    engine = Engine(step)
    handler.attach(engine)
    engine.load_state_dict(
        {"iteration": begun, "max_epochs": epochs, "epoch_length": 1}
    )
    engine.run([0])
    return moved


SCHEDULE: dict[int | str, list[str]] = {"2": ["norm"], 4: ["first"]}


def test_blocks_learn_from_their_epoch_on() -> None:
    torch.manual_seed(0)
    handler = ThawBlocks(Net(), ["first", "norm"], SCHEDULE)
    assert run(handler, 5) == [
        ["last"],
        ["last", "norm"],
        ["last", "norm"],
        ["first", "last", "norm"],
        ["first", "last", "norm"],
    ]


@pytest.mark.parametrize("begun", [1, 2, 3, 4])
def test_a_resumed_run_goes_on_alike(begun: int) -> None:
    torch.manual_seed(0)
    whole = run(ThawBlocks(Net(), ["first", "norm"], SCHEDULE), 5)
    rest = run(ThawBlocks(Net(), ["first", "norm"], SCHEDULE), 5, begun)
    assert rest == whole[begun:]


def test_a_frozen_norm_rests_until_thawed() -> None:
    network = Net().train()
    handler = ThawBlocks(network, ["norm"], {3: ["norm"]})
    engine = Engine(lambda *_: None)
    for epoch, training in [(1, False), (2, False), (3, True)]:
        engine.state.epoch = epoch
        handler(engine)
        assert network.norm.training is training


@pytest.mark.parametrize(
    ("thaw", "said"),
    [
        ({0: ["first"]}, "no epoch.*found 0"),
        ({"soon": ["first"]}, "no epoch.*found 'soon'"),
        ({2: ["frist"]}, "did you mean 'first'"),
    ],
)
def test_impossible_schedules_are_named(thaw: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ThawBlocks(Net(), ["first"], thaw)


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(lambda *_: None)
    engine.network = DistributedDataParallel.__new__(DistributedDataParallel)
    with pytest.raises(InputError, match="several processes"):
        ThawBlocks(Net(), ["first"], {2: ["first"]}).attach(engine)
    ThawBlocks(Net(), ["first"]).attach(engine)  # frozen for good is alike everywhere
