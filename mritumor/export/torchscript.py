"""A bundle as one TorchScript file, with its configs inside."""

from __future__ import annotations

from pathlib import Path

import torch
from monai.bundle.scripts import ckpt_export

from mritumor.bundle.folder import read_config
from mritumor.errors import BundleError
from mritumor.export.network import example_shape, load_network
from mritumor.types import PathLike


def export_torchscript(
    bundle: PathLike, path: PathLike | None = None, weights: PathLike | None = None
) -> Path:
    """Write ``model.ts`` by MONAI's own ckpt_export, and prove that it is equal.

    Args:
        bundle: the bundle's folder, with weights and JSON configs.
        path: where to; default ``models/model.ts`` in the bundle. MONAI Deploy finds the
            configs inside only while the file keeps the name it was exported to.
        weights: a state dict; default the bundle's ``models/model.pt``.

    Returns:
        The file written.

    Raises:
        BundleError: no weights, or the exported network gives other values.
    """
    folder = Path(bundle)
    target = Path(path) if path else folder / "models/model.ts"
    network = load_network(folder, weights)
    target.parent.mkdir(parents=True, exist_ok=True)
    ckpt_export(
        net_id="network_def",
        filepath=str(target),
        ckpt_file=str(weights or folder / "models/model.pt"),
        meta_file=str(folder / "configs/metadata.json"),
        config_file=str(folder / "configs/inference.json"),
        bundle_root=str(folder),
    )
    image = next(
        iter(read_config(folder, "metadata")["network_data_format"]["inputs"].values())
    )
    check_equal(network, torch.jit.load(str(target), map_location="cpu").eval(), image)
    return target


def check_equal(
    network: torch.nn.Module, other: torch.nn.Module, image: dict, atol: float = 1e-4
) -> float:
    """Return the largest difference of two networks on two sizes of input.

    Args:
        network: the reference.
        other: the exported one.
        image: the input in ``network_data_format``.
        atol: largest difference allowed, in logits.

    Raises:
        BundleError: they differ.
    """
    worst = 0.0
    for n, items in ((1, 2), (2, 1)):
        generator = torch.Generator().manual_seed(n)
        x = torch.randn(items, *example_shape(image, n), generator=generator)
        with torch.no_grad():
            pairs = zip(tensors(network(x)), tensors(other(x)), strict=True)
            worst = max([worst, *(float((a - b).abs().max()) for a, b in pairs)])
    if not worst <= atol:
        raise BundleError(
            "the exported network gives other values than the bundle's",
            got=f"a difference of {worst:.2g}",
            expected=f"at most {atol:g}",
        )
    return worst


def tensors(output: object) -> list[torch.Tensor]:
    """Return the tensors of an output: one, a sequence, or a mapping of them."""
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        return [t for value in output.values() for t in tensors(value)]
    if isinstance(output, list | tuple):
        return [t for value in output for t in tensors(value)]
    raise BundleError("a network gives tensors", got=type(output).__name__)
