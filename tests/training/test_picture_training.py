"""Average of weights, half precision, balance, where to start from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from ignite.engine import Engine
from monai.inferers import SimpleInferer

from mritumor.errors import InputError
from mritumor.networks import JointNetwork, ResidualAttentionUNet, UNetClassifier
from mritumor.training import (
    AutocastInferer,
    Checkpoints,
    WeightAverage,
    balanced_weights,
    joint_batch,
    start_from,
)


def engine_that_steps(network: torch.nn.Module) -> Engine:
    def step(engine: Engine, batch: float) -> float:
        with torch.no_grad():
            network.weight.fill_(batch)
        return batch

    return Engine(step)


def test_average_follows_the_formula() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    average = WeightAverage(network, 0.9)
    engine = engine_that_steps(network)
    average.attach(engine)
    engine.run([1.0, 3.0, 5.0])
    expected = 0.0
    for step, value in enumerate([1.0, 3.0, 5.0], start=1):
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert float(average.averaged.weight) == pytest.approx(expected)
    assert float(network.weight) == 5


def test_without_decay_the_network_is_its_own_average() -> None:
    network = torch.nn.Linear(1, 1)
    assert WeightAverage(network).averaged is network
    with pytest.raises(InputError, match="decay"):
        WeightAverage(network, 1.0)


def test_average_counts_batches_and_statistics() -> None:
    network = torch.nn.BatchNorm1d(2)
    average = WeightAverage(network, 0.5)
    network(torch.randn(8, 2) + 5)
    engine = Engine(lambda e, b: None)
    average.attach(engine)
    engine.run([0])
    assert int(average.averaged.num_batches_tracked) == 1
    assert 0 < float(average.averaged.running_mean[0]) < 1


def test_best_weights_are_the_averaged_and_come_back(tmp_path: Path) -> None:
    network = torch.nn.Linear(1, 1)
    average = WeightAverage(network, 0.9)
    with torch.no_grad():
        average.averaged.weight.fill_(7)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    files = tmp_path / "best.pt", tmp_path / "last.pt"
    engine = Engine(lambda e, b: None)
    saved = Checkpoints(*files, network, optimizer, average=average)
    engine.state.epoch_length, engine.state.iteration = 1, 1
    saved.save_last(engine)
    other = torch.nn.Linear(1, 1)
    other_average = WeightAverage(other, 0.9)
    again = Checkpoints(
        *files, other, torch.optim.SGD(other.parameters(), 0.1), average=other_average
    )
    again.load_last(engine)
    assert torch.equal(other.weight, network.weight)
    assert float(other_average.averaged.weight) == 7
    assert float(start_from(torch.nn.Linear(1, 1), files[1]).weight) == 7


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_changes_the_forward_pass_only(precision: str) -> None:
    network = torch.nn.Conv2d(1, 2, 3)
    image = torch.randn(2, 1, 8, 8)
    found = AutocastInferer(precision=precision, channels_last=True)(image, network)
    assert found.dtype == torch.float32
    tolerance = 0 if precision == "float32" else 0.05
    torch.testing.assert_close(
        found, network(image), rtol=tolerance, atol=1e-6 + tolerance
    )
    if precision == "bfloat16":
        assert not torch.equal(found, SimpleInferer()(image, network))


def test_float32_leaves_the_engines_autocast_on() -> None:
    seen: list[torch.dtype] = []

    class Watched(torch.nn.Conv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = super().forward(x)
            seen.append(out.dtype)
            return out

    with torch.autocast("cpu", torch.bfloat16):
        found = AutocastInferer()(torch.randn(1, 1, 8, 8), Watched(1, 2, 3))
    assert seen == [torch.bfloat16] and found.dtype == torch.float32


def test_unknown_precision_is_named() -> None:
    with pytest.raises(InputError, match="int4"):
        AutocastInferer(precision="int4")


def test_balanced_kinds_weigh_the_same() -> None:
    items = [{"class": 0}] * 6 + [{"class": 1}] * 2
    weights = balanced_weights(items)
    assert sum(weights[:6]) == pytest.approx(sum(weights[6:]))
    assert balanced_weights(items, strength=0) == [1.0] * 8
    with pytest.raises(InputError, match="strength"):
        balanced_weights(items, strength=2)


def test_joint_batch_gives_targets_together() -> None:
    image, label, kind = torch.rand(2, 1, 4, 4), torch.ones(2, 1, 4, 4), torch.ones(2)
    found = joint_batch({"image": image, "label": label, "class": kind}, "cpu")
    assert found[0] is image and found[1] is not None
    assert torch.equal(found[1]["class"], kind)
    assert joint_batch({"image": image}, "cpu")[1] is None


def unet() -> ResidualAttentionUNet:
    return ResidualAttentionUNet(2, 1, 1, channels=(4, 8), strides=2)


def test_joint_weights_fill_both_of_its_parts(tmp_path: Path) -> None:
    joint = JointNetwork(unet(), 3)
    torch.save(joint.state_dict(), tmp_path / "joint.pt")
    mask = start_from(unet(), tmp_path / "joint.pt")
    kind = start_from(UNetClassifier(unet(), 3), tmp_path / "joint.pt")
    for name, value in mask.state_dict().items():
        assert torch.equal(value, joint.unet.state_dict()[name])
    for name, value in kind.state_dict().items():
        assert torch.equal(value, joint.state_dict()[name])
    back = start_from(JointNetwork(unet(), 5), tmp_path / "joint.pt")
    assert back.class_head.linear.weight.shape == (5, 8)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="nothing in these weights fits"):
        start_from(unet(), tmp_path / "other.pt")
    (tmp_path / "broken.pt").write_bytes(b"not weights")
    with pytest.raises(InputError, match="cannot be loaded"):
        start_from(unet(), tmp_path / "broken.pt")
    with pytest.raises(InputError, match="no weights to start from"):
        start_from(unet(), tmp_path / "absent.pt")
    network = unet()
    assert start_from(network, None) is network
