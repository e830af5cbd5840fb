"""A bundle as TorchScript and ONNX gives what it gives in PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from mritumor.cli.main import main
from mritumor.errors import BundleError, InputError
from mritumor.export import OnnxNetwork, export_torchscript, load_network
from mritumor.export.contract import resolve
from mritumor.export.network import example_shape, inference_parser
from mritumor.export.onnx import write_onnx
from mritumor.export.torchscript import check_equal

SQUARE = {"num_channels": 2, "spatial_shape": ["16*n", "16*n"]}


@pytest.fixture(scope="module")
def onnx_file(random_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnxruntime")
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    words = ["export", str(random_bundle), "--to", "onnx", "--out", str(path)]
    assert main(words) == 0
    return path


@pytest.mark.slow
@torch.no_grad()
def test_onnx_gives_equal_logits_and_masks_at_any_size(
    random_bundle: Path, onnx_file: Path
) -> None:
    network, other = load_network(random_bundle), OnnxNetwork(onnx_file)
    for items, size in ((1, (32, 40, 33)), (3, (24, 24, 24))):
        x = torch.randn(items, 4, *size)
        a, b = network(x), other(x)
        assert a.shape == b.shape and torch.allclose(a, b, atol=1e-4)
        one, two = a > a.median(), b > a.median()  # untrained: all logits are low
        dice = 2 * (one & two).sum() / (one.sum() + two.sum())
        assert one.any() and round(float(dice), 3) == 1.0


def test_onnx_names_its_tensors_and_frees_their_axes(onnx_file: Path) -> None:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(onnx_file).graph
    assert [t.name for t in graph.input] == ["image"]
    assert [t.name for t in graph.output] == ["pred"]
    axes = graph.input[0].type.tensor_type.shape.dim
    assert [a.dim_value for a in axes] == [0, 4, 0, 0, 0]
    assert all(axes[i].dim_param for i in (0, 2, 3, 4))


def test_contract_stands_beside_and_tells_all_steps(onnx_file: Path) -> None:
    contract = json.loads(onnx_file.with_suffix(".json").read_text())
    assert contract["model"] == "model.onnx" and len(contract["sha256"]) == 64
    assert contract["opset"] >= 18 and contract["axes"][0] == "batch"
    assert contract["outputs"]["pred"]["channel_def"]["0"] == "background"
    steps = {s["_target_"]: s for s in contract["preprocessing"]["transforms"]}
    assert steps["mritumor.transforms.ImageSpacingd"]["pixdim"] == [5.0, 5.0, 5.0]
    assert steps["mritumor.transforms.CheckImaged"]["channels"] == 4
    assert contract["inferer"]["roi_size"] == [32, 32, 32]
    assert str(onnx_file.parent.parent) not in json.dumps(contract)


def test_onnx_network_stands_in_for_a_network_in_an_inferer(
    random_bundle: Path, onnx_file: Path
) -> None:
    parser = inference_parser(random_bundle)
    inferer = parser.get_parsed_content("inferer")
    x = torch.randn(1, 4, 40, 36, 33)
    with torch.no_grad():
        a = inferer(x, load_network(random_bundle))
        b = inferer(x, OnnxNetwork(onnx_file, threads=1))
    assert torch.allclose(a, b, atol=1e-4)


def test_wrong_image_is_named(onnx_file: Path) -> None:
    with pytest.raises(InputError, match="found 1×3×32×32×32; expected .*4"):
        OnnxNetwork(onnx_file)(torch.zeros(1, 3, 32, 32, 32))
    with pytest.raises(InputError, match="does not fit"):
        OnnxNetwork(onnx_file)(torch.zeros(1, 4, 32, 32))


def test_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(InputError, match="mritumor export"):
        OnnxNetwork(tmp_path / "absent.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(InputError, match="ONNX Runtime cannot read"):
        OnnxNetwork(broken)


class TwoHeads(nn.Module):
    """A mask and class scores, as joint networks give them."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = nn.Conv2d(2, 1, 3, padding=1)
        self.scores = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.mask(x), self.scores(x.mean((2, 3)))


@pytest.mark.parametrize("opset", [18, 20])
def test_several_outputs(tmp_path: Path, opset: int) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "two.onnx"
    network = TwoHeads().eval()
    write_onnx(network, SQUARE, path, output_names=["pred"], opset=opset)
    other = OnnxNetwork(path)
    assert other.output_names == ["pred", "output_1"] and other.in_channels == 2
    x = torch.randn(5, 2, 48, 20)
    for a, b in zip(network(x), other(x), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


class Frozen(nn.Module):
    """Branches on a value: the newer exporter refuses, tracing would freeze it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x) * (1.0 if x.sum() > 0 else -1.0) + float(x.abs().sum())


def test_a_network_that_no_exporter_can_do_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(BundleError, match="torch.export: .*tracing: "):
        write_onnx(Frozen().eval(), SQUARE, tmp_path / "no.onnx")
    assert not (tmp_path / "no.onnx").exists()


def test_torchscript_of_a_bundle_is_equal_and_holds_its_configs(
    random_bundle: Path, tmp_path: Path
) -> None:
    path = export_torchscript(random_bundle, tmp_path / "model.ts")
    extra = {"metadata.json": "", "inference.json": ""}
    torch.jit.load(path, _extra_files=extra)
    assert all(json.loads(text) for text in extra.values())


def test_difference_of_networks_is_seen() -> None:
    network = nn.Conv2d(2, 1, 1)
    other = nn.Conv2d(2, 1, 1)
    other.load_state_dict({k: v + 1e-3 for k, v in network.state_dict().items()})
    assert check_equal(network, network, SQUARE) == 0.0
    with pytest.raises(BundleError, match="gives other values"):
        check_equal(network, other, SQUARE)


@pytest.mark.parametrize(
    ("shape", "n", "expected"),
    [
        (["32*n", "32*n", "8*n"], 1, (32, 32, 32)),
        (["32*n", "32*n", "8*n"], 5, (160, 160, 40)),
        ([24, 224], 1, (24, 224)),
        (["*", "2**p*n"], 1, (32, 32)),
        (["*", "*"], 2, (64, 32)),
    ],
)
def test_example_shapes(
    shape: list[int | str], n: int, expected: tuple[int, ...]
) -> None:
    found = example_shape({"num_channels": 3, "spatial_shape": shape}, n)
    assert found[0] == 3
    assert found[1] == expected[0]
    assert all(size >= min(32, e) for size, e in zip(found[1:], expected))


def test_references_are_resolved_and_expressions_evaluated(random_bundle: Path) -> None:
    parser = inference_parser(random_bundle)
    content = {"a": "@spacing", "b": ["$len(@modalities)"], "c": "$torch.float32"}
    expected = {"a": [5.0, 5.0, 5.0], "b": [4], "c": "$torch.float32"}
    assert resolve(content, parser) == expected


def test_bundle_without_weights_is_named(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no weights yet"):
        load_network(tiny_bundle)
    with pytest.raises(BundleError, match="this folder is no bundle"):
        load_network(tmp_path)
    other = tmp_path / "other.pt"
    torch.save({"x": torch.zeros(1)}, other)
    with pytest.raises(BundleError, match="no weights of this bundle's network"):
        load_network(tiny_bundle, other)
