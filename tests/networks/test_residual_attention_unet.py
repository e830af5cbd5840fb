"""The U-Net with switches."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from network_tester import NetworkTester, assert_same

from mritumor.errors import InputError
from mritumor.networks import ResidualAttentionUNet

GRID = {
    f"residual{r:d}-attention{a:d}-heads{d}": {
        "residual": r,
        "attention": a,
        "deep_supervision": d,
    }
    for r, a, d in product((False, True), (False, True), (0, 2))
}


def unet(dims: int = 2, **kwargs: Any) -> ResidualAttentionUNet:
    torch.manual_seed(0)
    given_or = {"in_channels": 2, "out_channels": 3, "channels": (4, 8, 8, 8)}
    return ResidualAttentionUNet(dims, **{**given_or, **kwargs})


class _Grid(NetworkTester):
    dims: int
    variants = GRID

    def make(self, **kwargs: Any) -> ResidualAttentionUNet:
        return unet(self.dims, **kwargs)

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3, *x.shape[2:])]


class TestUNet2d(_Grid):
    dims = 2
    exported = ["residual0-attention0-heads0"]
    legacy_onnx = True
    sizes = [(16, 24), (17, 23), (9, 1)]


class TestUNet3d(_Grid):
    dims = 3
    exported = ["residual1-attention1-heads2"]
    sizes = [(16, 16, 24), (9, 15, 17)]


class TestThickSlices(NetworkTester):
    variants = {
        "deconv": {"up_mode": "deconv"},
        "linear": {"up_mode": "nontrainable"},
    }
    legacy_onnx = True
    sizes = [(16, 16, 4), (13, 15, 3)]

    def make(self, **kwargs: Any) -> ResidualAttentionUNet:
        thick = {"strides": ((2, 2, 1), 2, (2, 2, 1)), "kernel_size": (3, 3, 1)}
        return unet(3, **{**thick, **kwargs})

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        return [(x.shape[0], 3, *x.shape[2:])]


def test_thick_slices_keep_the_third_axis() -> None:
    maps: list[torch.Tensor] = []
    network = unet(3, strides=((2, 2, 1), (2, 2, 2), (2, 2, 1)))
    for stage in network.encoder:
        stage.register_forward_hook(lambda *hook: maps.append(hook[2]))
    network(torch.zeros(1, 2, 16, 17, 4))
    sizes = [tuple(y.shape[2:]) for y in maps]
    assert sizes == [(16, 17, 4), (8, 9, 4), (4, 5, 2), (2, 3, 2)]


STRIDES = st.sampled_from([2, (2, 1, 2), (3, 2, 2), ((2, 1), (1, 2), 2), (1, 1, 4)])


@settings(max_examples=60, deadline=None)
@given(STRIDES, st.tuples(st.integers(1, 33), st.integers(1, 33)), st.booleans())
@torch.no_grad()
def test_any_size_comes_back(strides: Any, size: tuple[int, int], gated: bool) -> None:
    network = unet(strides=strides, attention=gated).eval()
    assume(any(n > r for n, r in zip(size, network.reduction, strict=True)))
    assert network(torch.zeros(1, 2, *size)).shape == (1, 3, *size)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)))
def test_either_works_or_says_too_small(size: tuple[int, int, int]) -> None:
    x = torch.zeros(1, 2, *size)
    network = unet(3, channels=(4, 4, 4))
    if max(size) > 4:
        assert network(x).shape == (1, 3, *size)
    else:
        with pytest.raises(InputError, match="too small"):
            network(x)


def test_too_small_is_one_clear_sentence() -> None:
    with pytest.raises(InputError) as caught:
        unet(3)(torch.zeros(1, 2, 8, 8, 8))
    assert str(caught.value) == (
        "the image is too small for this many levels (found size (8, 8, 8); expected "
        "more than (8, 8, 8) along at least one axis); pad the image, or use fewer "
        "channels entries or smaller strides"
    )


def test_wrong_channel_count_is_one_clear_sentence() -> None:
    with pytest.raises(InputError) as caught:
        unet()(torch.zeros(1, 3, 16, 16))
    assert str(caught.value) == (
        "wrong number of image channels (found 3 in shape (1, 3, 16, 16); expected 2); "
        "give one channel per sequence, or build with in_channels to match"
    )


def test_missing_batch_axis_is_said() -> None:
    with pytest.raises(InputError, match="takes 4 axes.*found shape"):
        unet()(torch.zeros(2, 16, 16))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"channels": (4,)}, "channels"),
        ({"kernel_size": 2}, "kernel_size"),
        ({"kernel_size": (3, 3, 3)}, "kernel_size"),
        ({"deep_supervision": 3}, "deep_supervision"),
        ({"deep_supervision": -1}, "deep_supervision"),
        ({"strides": (2, 2)}, "strides"),
        ({"strides": (2, 2, 0)}, "strides"),
        ({"strides": (2, 2, (2, 2, 2))}, "strides"),
        ({"foreground_prior": 0.0}, "foreground_prior"),
        ({"foreground_prior": 1.0}, "foreground_prior"),
    ],
)
def test_impossible_settings_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=f"^{named}: .*found.*expected"):
        unet(**wrong)


def test_four_dimensions_are_refused() -> None:
    with pytest.raises(InputError, match="spatial_dims: .*2 or 3"):
        unet(4)


@pytest.mark.parametrize("heads", [1, 2])
def test_deep_supervision_is_a_list_only_in_training(heads: int) -> None:
    network = unet(3, deep_supervision=heads)
    x = torch.zeros(2, 2, 17, 16, 9)
    shapes = [tuple(y.shape) for y in network.train()(x)]
    sizes = [(17, 16, 9), (9, 8, 5), (5, 4, 3)]
    assert shapes == [(2, 3, *size) for size in sizes[: heads + 1]]
    assert isinstance(network.eval()(x), torch.Tensor)


@pytest.mark.filterwarnings("ignore")
def test_scripted_deep_supervision_is_a_list_in_training() -> None:
    network = unet(deep_supervision=2)
    x = torch.randn(1, 2, 17, 16)
    assert_same(torch.jit.script(network)(x), network(x), 1e-5)


def test_heads_do_not_change_the_finest_output() -> None:
    one, three = unet().eval(), unet(deep_supervision=2).eval()
    one.load_state_dict(three.state_dict(), strict=False)
    x = torch.randn(1, 2, 16, 16)
    assert_same(one(x), three(x))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_checkpointing_gives_the_same_gradients(dropout: float) -> None:
    gradients = []
    for checkpointing in (False, True):
        network = unet(checkpointing=checkpointing, dropout=dropout).train()
        torch.manual_seed(5)
        x = torch.randn(1, 2, 17, 16)
        network(x).square().mean().backward()
        gradients.append([p.grad for p in network.parameters()])
    assert_same(*gradients, 1e-6)


@pytest.mark.filterwarnings("ignore")
def test_checkpointing_network_can_be_scripted() -> None:
    network = unet(checkpointing=True).eval()
    x = torch.randn(1, 2, 17, 16)
    assert_same(torch.jit.script(network)(x), network(x), 1e-5)


@pytest.mark.parametrize("prior", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("dims", [2, 3])
def test_foreground_prior_is_the_first_mean_probability(
    prior: float, dims: int
) -> None:
    network = unet(dims, foreground_prior=prior, deep_supervision=2)
    logits = torch.cat([y.flatten() for y in network(torch.randn(2, 2, *[24] * dims))])
    # The weights of the head are random too: the mean is near, the bias exact.
    assert logits.sigmoid().mean().item() == pytest.approx(prior, rel=0.4)
    for head in network.heads:
        assert_same(head.conv.bias.sigmoid(), torch.full((3,), prior), 1e-6)
