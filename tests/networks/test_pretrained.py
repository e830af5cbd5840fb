"""Backbones with and without pre-trained weights."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from mritumor.errors import InputError, MRITumorError
from mritumor.networks import hub, pretrained
from mritumor.networks.pretrained import create_backbone, timm_name


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, and a host that never answers."""
    monkeypatch.setattr(pretrained, "try_to_load_from_cache", lambda *_, **__: None)
    silence = threading.Event()
    monkeypatch.setattr(hub, "_answers", silence.wait)
    monkeypatch.setattr(hub, "_PATIENCE", 0.05)
    hub.hub_answers.cache_clear()
    yield
    silence.set()
    hub.hub_answers.cache_clear()


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
    with pytest.warns(UserWarning) as told:
        network = create_backbone("test_resnet", 1, "auto")
    assert [str(w.message) for w in told] == [
        "test_resnet: its pre-trained weights cannot be downloaded; connect once to fill "
        "the cache, or give a local file as weights; going on with random weights"
    ]
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 1000)


def test_true_offline_is_an_error(offline: None) -> None:
    with pytest.raises(MRITumorError, match="cannot be downloaded.*connect once"):
        create_backbone("test_resnet", 1, True)


def test_false_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "hub_answers", lambda: pytest.fail("asked"))
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
    monkeypatch.setattr(pretrained, "hub_answers", lambda: pytest.fail("asked"))
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


@pytest.mark.parametrize("content", [{"foo": torch.zeros(3)}, b"no checkpoint"])
@pytest.mark.parametrize("options", [{"num_classes": 0}, {"features_only": True}])
def test_a_foreign_checkpoint_is_refused(
    content: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "foreign.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(InputError, match="foreign.pth: this is no checkpoint of"):
        create_backbone("test_resnet", 1, weights=path, **options)


def test_half_a_checkpoint_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    weights = torch.load(checkpoint, weights_only=True)
    half = {k: v for k, v in weights.items() if not k.startswith("layer4.")}
    torch.save(half, tmp_path / "half.pth")
    with pytest.raises(InputError, match="nothing for .* such as layer4"):
        create_backbone("test_resnet", 1, weights=tmp_path / "half.pth", num_classes=0)


def test_loading_leaves_the_random_state(checkpoint: Path) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    create_backbone("test_resnet", 1, weights=checkpoint)
    assert torch.equal(torch.rand(3), expected)


def test_a_download_that_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class HubError(Exception):
        pass

    def create(name: str, pretrained: bool = False, **_: Any) -> str:
        if pretrained:
            raise HubError("connection lost\nand more")
        return "random"

    monkeypatch.setattr(pretrained, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(pretrained, "hub_answers", lambda: True)
    monkeypatch.setattr(pretrained.timm, "create_model", create)
    with pytest.raises(MRITumorError, match=r"\(found connection lost\)"):
        create_backbone("test_resnet", 1, True)
    with pytest.warns(UserWarning, match="connection lost.*random weights"):
        assert create_backbone("test_resnet", 1, "auto") == "random"


class _Unfriendly(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_error(404)

    def log_message(self, *_: Any) -> None:
        pass


def test_any_answer_means_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), _Unfriendly)
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(hub.constants, "ENDPOINT", address)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert hub._answers()
    server.shutdown()
    server.server_close()
    assert not hub._answers()


def test_offline_mode_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_answers", lambda: pytest.fail("asked"))
    hub.hub_answers.cache_clear()
    assert not hub.hub_answers()
    hub.hub_answers.cache_clear()
