"""Backbones with and without pre-trained weights."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
import torch

from mritumor.errors import InputError, MRITumorError
from mritumor.networks import pretrained
from mritumor.networks.pretrained import create_backbone, timm_name


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, and a host that never answers."""
    monkeypatch.setattr(pretrained, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(pretrained, "_answers", lambda: time.sleep(60))
    monkeypatch.setattr(pretrained, "_PATIENCE", 0.05)
    pretrained._reachable.cache_clear()
    yield
    pretrained._reachable.cache_clear()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RGB weights in timm's layout."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "resnet.pth"
    torch.save(timm.create_model("test_resnet").state_dict(), path)
    return path


@pytest.mark.parametrize(
    ("alias", "name"),
    [("ResNet50V2", "resnetv2_50"), ("resnet18.a1_in1k", "resnet18.a1_in1k")],
)
def test_names(alias: str, name: str) -> None:
    assert timm_name(alias) == name


def test_every_alias_is_a_backbone() -> None:
    assert all(timm.is_model(name) for name in pretrained.ALIASES.values())


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no such backbone.*did you mean 'resnet50'"):
        timm_name("resnet-50")


def test_auto_goes_on_offline_with_one_sentence(offline: None) -> None:
    begun = time.monotonic()
    with pytest.warns(UserWarning) as told:
        network = create_backbone("test_resnet", 1, "auto")
    assert [str(w.message) for w in told] == [
        "test_resnet: its pre-trained weights cannot be downloaded; connect once to fill "
        "the cache, or give a local file as weights; going on with random weights"
    ]
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 1000)
    assert time.monotonic() - begun < 30  # not the minute that the host sleeps


def test_true_offline_is_an_error(offline: None) -> None:
    with pytest.raises(MRITumorError, match="cannot be downloaded.*connect once"):
        create_backbone("test_resnet", 1, True)


def test_false_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "_reachable", lambda: pytest.fail("asked"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        create_backbone("test_resnet", 1, False)


def test_a_name_without_weights_says_so() -> None:
    with pytest.raises(MRITumorError, match="timm has no pre-trained weights"):
        create_backbone("botnet50ts_256", 1, True)


def test_cached_weights_need_no_network(
    monkeypatch: pytest.MonkeyPatch, checkpoint: Path
) -> None:
    monkeypatch.setattr(
        pretrained, "try_to_load_from_cache", lambda *_, **__: str(checkpoint)
    )
    monkeypatch.setattr(pretrained, "_reachable", lambda: pytest.fail("asked"))
    network = create_backbone("test_resnet", 3, True)
    for name, value in torch.load(checkpoint, weights_only=True).items():
        assert torch.equal(network.state_dict()[name], value)


@torch.no_grad()
def test_one_channel_gives_what_its_rgb_copy_gives(checkpoint: Path) -> None:
    grey = create_backbone("test_resnet", 1, weights=checkpoint).eval()
    colour = create_backbone("test_resnet", 3, weights=checkpoint).eval()
    x = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(grey(x), colour(x.expand(-1, 3, -1, -1)))


def test_first_weights_of_other_channel_counts(checkpoint: Path) -> None:
    def first(channels: int) -> torch.Tensor:
        network = create_backbone("test_resnet", channels, weights=checkpoint)
        return next(network.parameters()).detach()

    rgb = first(3)
    torch.testing.assert_close(first(1), 3 * rgb.mean(1, keepdim=True))
    torch.testing.assert_close(first(2), rgb[:, :2] * 3 / 2)
    torch.testing.assert_close(first(4), rgb[:, [0, 1, 2, 0]] * 3 / 4)


def test_the_pyramid_takes_the_same_checkpoint(checkpoint: Path) -> None:
    network = create_backbone("test_resnet", 3, weights=checkpoint, features_only=True)
    weights = torch.load(checkpoint, weights_only=True)
    for name, value in network.state_dict().items():
        assert torch.equal(weights[name], value)
