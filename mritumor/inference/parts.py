"""A bundle folder taken apart: what its inference config builds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from monai.transforms import AsDiscreted, Compose, LoadImaged, SaveImaged

from mritumor.bundle.folder import load_weights
from mritumor.errors import InputError
from mritumor.transforms import RegionsToLabelsd
from mritumor.types import PathLike

_DISCRETE = (RegionsToLabelsd, AsDiscreted)
RUNTIMES = ("torch", "onnx")


def split_chain(chain: Compose) -> tuple[Compose, Compose]:
    """Divide postprocessing where probabilities become labels; nothing is saved.

    Probabilities of several members are averaged between the two parts.

    Returns:
        What gives probabilities, and what makes labels of them (empty when nothing
        does, as for classes).
    """
    steps = [s for s in _steps(chain) if not isinstance(s, SaveImaged)]
    cut = next((i for i, s in enumerate(steps) if isinstance(s, _DISCRETE)), len(steps))
    return Compose(steps[:cut]), Compose(steps[cut:])


def without_loading(chain: Compose) -> Compose:
    """Return a chain that takes arrays where it read files."""
    return Compose([step for step in _steps(chain) if not isinstance(step, LoadImaged)])


def weights_file(parser: ConfigParser, bundle: Path, runtime: str) -> Path:
    """Return where a bundle keeps its weights for a runtime.

    Raises:
        InputError: no such runtime.
    """
    if runtime not in RUNTIMES:
        raise InputError(
            "no such runtime", where="runtime", got=runtime, expected="torch or onnx"
        )
    if runtime == "onnx":
        return bundle / "models/model.onnx"
    return Path(parser.get_parsed_content("ckpt_path"))


def caution(metadata: dict[str, Any], weights: Path) -> str:
    """Return what the bundle warns of in the weights that it came with, or nothing.

    Weights of one's own training, in the same place too, have another hash.
    """
    words = str(metadata.get("weights_caution", ""))
    shipped = metadata.get("weights", {}).get("sha256")
    if not words or not weights.is_file():
        return ""
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    return words if found == shipped else ""


def load_network(
    parser: ConfigParser, path: PathLike, runtime: str, device: torch.device
) -> torch.nn.Module:
    """Return the network with its weights, in eval mode.

    Args:
        parser: of the bundle's inference config.
        path: a ``.pt`` state dict, or with runtime ``"onnx"`` an ``.onnx`` file.
        runtime: ``"torch"`` or ``"onnx"``.
        device: where a torch network goes.

    Raises:
        BundleError: no weights, or weights of another network.
        InputError: ONNX Runtime cannot read the file.
    """
    path = Path(path)
    if runtime == "onnx":
        from mritumor.export import OnnxNetwork

        return OnnxNetwork(path).eval()
    parser.parse(reset=True)  # built anew for each member of an ensemble
    network: torch.nn.Module = parser.get_parsed_content("network_def")
    return load_weights(network, path).to(device)


def class_names(parser: ConfigParser, metadata: dict[str, Any]) -> list[str]:
    """Return the classes that a bundle tells, none when it tells no class."""
    if "class_names" in parser:
        return [str(name) for name in parser.get_parsed_content("class_names")]
    if is_classifier(metadata):
        names = metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
        return [names[key] for key in sorted(names, key=int)]
    return []


def is_classifier(metadata: dict[str, Any]) -> bool:
    """Whether a bundle's output is probabilities of classes and no image."""
    output = metadata["network_data_format"]["outputs"]["pred"]
    return output.get("type") in ("probabilities", "probability", "classes")


def _steps(chain: Any) -> Sequence[Any]:
    return chain.transforms if isinstance(chain, Compose) else [chain]
