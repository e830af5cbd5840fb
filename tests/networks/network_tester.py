"""What every network must be able to do, tested in one place.

A test file subclasses `NetworkTester`, names its variants and gives ``make``::

    class TestMyNetwork(NetworkTester):
        variants = {"plain": {}, "deep": {"depth": 5}}
        sizes = [(32, 32), (17, 23)]

        def make(self, **kwargs: Any) -> nn.Module:
            return MyNetwork(**{"in_channels": 2, **kwargs})

        def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
            return [(x.shape[0], 3)]
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn


def tensors(output: Any) -> list[torch.Tensor]:
    """Return the tensors of an output: one, a list, a tuple or a dictionary."""
    if isinstance(output, torch.Tensor):
        return [output]
    parts = output.values() if isinstance(output, Mapping) else output
    return [tensor for part in parts for tensor in tensors(part)]


def assert_same(one: Any, other: Any, tolerance: float = 0.0) -> None:
    """Compare two outputs, tensor by tensor, element by element."""
    for left, right in zip(tensors(one), tensors(other), strict=True):
        torch.testing.assert_close(left, right, rtol=tolerance, atol=tolerance)


class NetworkTester:
    """Tests that a subclass inherits; see the module's text.

    Attributes:
        variants: name and keyword arguments of each network to test.
        exported: the variants to try as ONNX, which takes seconds each; None for all.
        sizes: of images; the first is exported, the others differ from it and are odd.
        in_channels: what ``make`` builds when ``in_channels`` is not given.
        legacy_onnx: export by tracing, for networks that the newer exporter cannot do.
    """

    variants: Mapping[str, Mapping[str, Any]] = {"default": {}}
    exported: Sequence[str] | None = None
    sizes: Sequence[tuple[int, ...]] = ()
    in_channels: int = 2
    legacy_onnx: bool = False

    def make(self, **kwargs: Any) -> nn.Module:
        """Build a small network."""
        raise NotImplementedError

    def expected(self, x: torch.Tensor) -> list[tuple[int, ...]]:
        """Return the shape of each tensor that comes out in eval mode for ``x``."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        names = list(self.variants)
        if "variant" in metafunc.fixturenames:
            metafunc.parametrize("variant", self.variants.values(), ids=names)
        if "exported_variant" in metafunc.fixturenames:
            names = names if self.exported is None else list(self.exported)
            chosen = [self.variants[name] for name in names]
            metafunc.parametrize("exported_variant", chosen, ids=names)

    def network(self, device: torch.device, **kwargs: Any) -> nn.Module:
        """Build a network with known weights, in eval mode."""
        torch.manual_seed(0)
        return self.make(**kwargs).to(device).eval()

    def batch(
        self,
        device: torch.device,
        number: int = 1,
        items: int = 1,
        channels: int | None = None,
    ) -> torch.Tensor:
        """Return random images of size ``sizes[number]``."""
        shape = (items, channels or self.in_channels, *self.sizes[number])
        return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(device)

    @torch.no_grad()
    def test_shape_at_even_and_odd_sizes(
        self, variant: Mapping[str, Any], device: torch.device
    ) -> None:
        network = self.network(device, **variant)
        for number in range(len(self.sizes)):
            x = self.batch(device, number, items=2)
            shapes = [tuple(y.shape) for y in tensors(network(x))]
            assert shapes == self.expected(x)

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    @torch.no_grad()
    def test_takes_one_to_four_channels(
        self, channels: int, device: torch.device
    ) -> None:
        kwargs = next(iter(self.variants.values()))
        x = self.batch(device, channels=channels)
        network = self.network(device, **{**kwargs, "in_channels": channels})
        assert [tuple(y.shape) for y in tensors(network(x))] == self.expected(x)

    @torch.no_grad()
    def test_state_dict_round_trip(
        self, variant: Mapping[str, Any], device: torch.device
    ) -> None:
        first = self.network(device, **variant)
        file = io.BytesIO()
        torch.save(first.state_dict(), file)
        file.seek(0)
        second = self.make(**variant).to(device).eval()
        second.load_state_dict(torch.load(file, device, weights_only=True))
        x = self.batch(device)
        assert_same(first(x), second(x), 0 if device.type == "cpu" else 1e-3)

    @torch.no_grad()
    def test_eval_is_deterministic_and_per_item(
        self, variant: Mapping[str, Any], device: torch.device
    ) -> None:
        network = self.network(device, **variant)
        x = self.batch(device, items=2)
        both = tensors(network(x))
        tolerance = 1e-5 if device.type == "cpu" else 1e-2
        assert_same(both, network(x), 0 if device.type == "cpu" else 1e-3)
        assert_same([y[1:] for y in both], network(x[1:]), tolerance)

    @pytest.mark.filterwarnings("ignore")
    @torch.no_grad()
    def test_torchscript_equals_eager(
        self, variant: Mapping[str, Any], device: torch.device, tmp_path: Path
    ) -> None:
        network = self.network(device, **variant)
        torch.jit.script(network).save(tmp_path / "network.ts")
        scripted = torch.jit.load(tmp_path / "network.ts", map_location=device)
        for number in range(2):
            x = self.batch(device, number)
            assert_same(scripted(x), network(x), 1e-5 if x.is_cpu else 1e-2)

    @torch.no_grad()
    def test_onnx_equals_eager_at_another_size(
        self, exported_variant: Mapping[str, Any], tmp_path: Path
    ) -> None:
        runtime = pytest.importorskip("onnxruntime")
        cpu = torch.device("cpu")
        network = self.network(cpu, **exported_variant)
        path = tmp_path / "network.onnx"
        self.export_onnx(network, self.batch(cpu, 0, items=2), path)
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        x = self.batch(cpu, 1, items=3)
        found = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        assert_same([torch.from_numpy(y) for y in found], network(x), 1e-4)

    def export_onnx(self, network: nn.Module, x: torch.Tensor, path: Path) -> None:
        """Write ONNX whose batch and spatial axes may take any length."""
        axes = {0: "batch", **{a: f"size_{a - 2}" for a in range(2, x.dim())}}
        how: dict[str, Any] = {"dynamo": False, "dynamic_axes": {"image": axes}}
        if not self.legacy_onnx:
            pytest.importorskip("onnxscript")
            free = {axis: torch.export.Dim.DYNAMIC for axis in axes}
            how = {"dynamo": True, "dynamic_shapes": (free,), "verbose": False}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(network, (x,), path, input_names=["image"], **how)

    @torch.no_grad()
    def test_finite_in_bfloat16(
        self, variant: Mapping[str, Any], device: torch.device
    ) -> None:
        network = self.network(device, **variant)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            output = tensors(network(self.batch(device)))
        assert all(bool(torch.isfinite(y).all()) for y in output)

    def test_every_parameter_learns_from_one_image(
        self, variant: Mapping[str, Any], device: torch.device
    ) -> None:
        network = self.network(device, **variant).train()
        output = tensors(network(self.batch(device)))
        torch.stack([y.float().square().mean() for y in output]).sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{name} has no gradient"
            assert torch.isfinite(parameter.grad).all(), f"{name} is not finite"
