"""A bundle's network as ONNX, with the contract of what goes before and after it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mritumor._optional import require
from mritumor.bundle.folder import read_config
from mritumor.errors import BundleError
from mritumor.export.contract import write_contract
from mritumor.export.network import example_shape, load_network
from mritumor.export.onnx_network import OnnxNetwork
from mritumor.export.torchscript import check_equal, tensors
from mritumor.types import PathLike

logger = logging.getLogger(__name__)

OPSET = 18


def export_onnx(
    bundle: PathLike,
    path: PathLike | None = None,
    weights: PathLike | None = None,
    opset: int = OPSET,
) -> Path:
    """Write ``model.onnx`` and beside it ``model.json``, its contract.

    Batch and spatial axes may take any length. The input is named ``image``, the
    outputs as in the metadata, first ``pred``. The file is checked by onnx.checker and
    against PyTorch on two sizes; PyTorch's newer exporter is tried first, tracing when
    it fails or gives other values.

    Args:
        bundle: the bundle's folder.
        path: where to; default ``models/model.onnx`` in the bundle.
        weights: a state dict; default the bundle's ``models/model.pt``.
        opset: ONNX operator set.

    Returns:
        The ONNX file.

    Raises:
        BundleError: no weights, or neither exporter gives an equal network.
        MissingDependencyError: onnx or onnxruntime is not installed.
    """
    require("onnxruntime", "export")
    target = Path(path) if path else Path(bundle) / "models/model.onnx"
    target.parent.mkdir(parents=True, exist_ok=True)
    network = load_network(bundle, weights)
    data_format = read_config(bundle, "metadata")["network_data_format"]
    name, image = next(iter(data_format["inputs"].items()))
    exporter = write_onnx(
        network, image, target, name, list(data_format["outputs"]), opset
    )
    write_contract(bundle, target, {"exporter": exporter, "opset": opset})
    return target


def write_onnx(
    network: nn.Module,
    image: Mapping[str, Any],
    path: Path,
    input_name: str = "image",
    output_names: list[str] | None = None,
    opset: int = OPSET,
) -> str:
    """Export a network; arguments as for `export_onnx`.

    Args:
        network: in eval mode, on the CPU.
        image: the input in ``network_data_format``.
        path: the file.
        input_name: of the input tensor.
        output_names: of the outputs; further ones are called ``output_1``…
        opset: ONNX operator set.

    Returns:
        ``"torch.export"`` or ``"tracing"``: which exporter succeeded.
    """
    x = torch.zeros(2, *example_shape(dict(image)))
    with torch.no_grad():
        count = len(tensors(network(x)))
    names = list(output_names or ["pred"])[:count]
    names += [f"output_{i}" for i in range(len(names), count)]
    problems = []
    for exporter in ("torch.export", "tracing"):
        try:
            _export(exporter, network, x, path, input_name, names, opset)
            _check(path)
            check_equal(network, OnnxNetwork(path), dict(image))
            return exporter
        except Exception as error:  # whatever an exporter meets, the next may not
            first = str(error).strip().splitlines() or [type(error).__name__]
            problems.append(f"{exporter}: {first[0]}")
            logger.debug(f"{exporter} failed", exc_info=True)
            path.unlink(missing_ok=True)
    raise BundleError(
        "this network cannot be exported to ONNX", got="; ".join(problems)
    )


def _export(
    exporter: str,
    network: nn.Module,
    x: torch.Tensor,
    path: Path,
    input_name: str,
    names: list[str],
    opset: int,
) -> None:
    axes = {0: "batch", **{a: f"size_{a - 2}" for a in range(2, x.dim())}}
    how: dict[str, Any] = {"dynamo": False}
    how["dynamic_axes"] = {input_name: axes, **_output_axes(network, x, names)}
    if exporter == "torch.export":
        require("onnxscript", "export")
        free = {axis: torch.export.Dim.DYNAMIC for axis in axes}
        how = {"dynamo": True, "dynamic_shapes": (free,), "verbose": False}
        how["external_data"] = False  # one file, which can be moved
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (x,),
            str(path),
            input_names=[input_name],
            output_names=names,
            opset_version=opset,
            **how,
        )


def _output_axes(
    network: nn.Module, x: torch.Tensor, names: list[str]
) -> dict[str, dict[int, str]]:
    """Name the axes of each output that follow the input's."""
    with torch.no_grad():
        outputs = tensors(network(x))
    return {
        name: {0: "batch"}
        | {
            a: f"size_{a - 2}"
            for a in range(2, y.dim())
            if y.dim() == x.dim() and y.shape[a] > 1
        }
        for name, y in zip(names, outputs, strict=True)
    }


def _check(path: Path) -> None:
    onnx = require("onnx", "export")
    onnx.checker.check_model(str(path), full_check=True)
