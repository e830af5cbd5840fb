"""Time and memory of what users wait for.

    python tools/benchmark.py predict                     # 240×240×155×4, brats bundle
    python tools/benchmark.py predict --size 128 128 96 --json
    python tools/benchmark.py network                     # switches of the U-Net
    python tools/benchmark.py runtime                     # PyTorch and ONNX Runtime

Weights are random where a bundle has none: they change neither time nor memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_subparsers(dest="what", required=True)
    predict = what.add_parser("predict", help="one volume through a bundle")
    predict.add_argument(
        "--bundle", type=Path, default=ROOT / "bundles/brats_segmentation"
    )
    predict.add_argument("--size", type=int, nargs=3, default=(240, 240, 155))
    predict.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    network = what.add_parser("network", help="a forward pass of each U-Net")
    network.add_argument("--size", type=int, default=64)
    runtime = what.add_parser("runtime", help="PyTorch and ONNX Runtime, one window")
    runtime.add_argument(
        "--bundle", type=Path, default=ROOT / "bundles/brats_segmentation"
    )
    runtime.add_argument("--size", type=int, default=64, help="edge of the window")
    runtime.add_argument("--rounds", type=int, default=5)
    for command in (predict, network, runtime):
        command.add_argument("--threads", type=int, default=os.cpu_count() or 1)
        command.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "network":
        rows = time_networks(arguments.size, arguments.threads)
    elif arguments.what == "runtime":
        rows = compare_runtimes(
            arguments.bundle, arguments.size, arguments.rounds, arguments.threads
        )
    elif arguments.child:
        print(json.dumps(predict_here(arguments.bundle, arguments.size)))
        return 0
    else:
        rows = [predict_apart(arguments.bundle, arguments.size, arguments.threads)]
    print(json.dumps(rows, indent=1) if arguments.json else _table(rows))
    return 0


def predict_apart(bundle: Path, size: tuple[int, ...], threads: int) -> dict[str, Any]:
    """Predict in a process of its own, whose peak memory is then known."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / bundle.name
        shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("runs"))
        command = [
            sys.executable,
            __file__,
            "predict",
            "--child",
            "--bundle",
            str(copy),
        ]
        command += ["--size", *map(str, size)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    return {"threads": threads, **json.loads(done.stdout.splitlines()[-1])}


def predict_here(bundle: Path, size: tuple[int, ...]) -> dict[str, Any]:
    """Predict one phantom of a size in voxels of 1 mm; report seconds and memory."""
    import numpy as np
    import torch

    from mritumor.inference import Predictor
    from mritumor.phantom import make_study

    _ensure_weights(bundle)
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = -np.asarray(size) / 2
    study = make_study(0, 0, affine=affine, shape=tuple(size))
    predictor = Predictor(bundle, device="cpu")
    image = np.stack([study.images[m] for m in predictor.modalities]).astype(np.float32)
    del study
    before = _peak_gib()
    began = time.perf_counter()
    predictor(image, affine)
    return {
        "bundle": bundle.name,
        "size": "×".join(map(str, size)) + f"×{image.shape[0]}",
        "seconds": round(time.perf_counter() - began, 1),
        "peak_gib": round(_peak_gib(), 2),
        "peak_gib_before": round(before, 2),
        "machine": f"{platform.machine()}, torch {torch.__version__}",
    }


def time_networks(size: int, threads: int) -> list[dict[str, Any]]:
    """Time a forward pass of the U-Net's settings, one after the other, best of 3."""
    import torch

    from mritumor.networks import ResidualAttentionUNet

    torch.set_num_threads(threads)
    image = torch.randn(1, 4, size, size, size)
    rows = []
    for residual in (False, True):
        for attention in (False, True):
            network = ResidualAttentionUNet(
                3, 4, 3, residual=residual, attention=attention
            )
            network.eval()
            seconds = min(_forward_seconds(network, image) for _ in range(3))
            rows.append(
                {
                    "residual": residual,
                    "attention": attention,
                    "parameters": sum(p.nelement() for p in network.parameters()),
                    "seconds": round(seconds, 3),
                    "threads": threads,
                    "size": f"{size}³×4",
                }
            )
    return rows


def compare_runtimes(
    bundle: Path, size: int, rounds: int, threads: int
) -> list[dict[str, Any]]:
    """Time one window by both runtimes in turns, so that both meet the same load.

    Returns medians, their ratio and the largest difference of the outputs.
    """
    import torch

    from mritumor.export import OnnxNetwork, export_onnx, load_network

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / bundle.name
        shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("runs"))
        _ensure_weights(copy)
        network = load_network(copy)
        other = OnnxNetwork(export_onnx(copy, Path(folder) / "a.onnx"), threads=threads)
    metadata = json.loads((bundle / "configs/metadata.json").read_text("utf-8"))
    given = next(iter(metadata["network_data_format"]["inputs"].values()))
    shape = (1, given["num_channels"], *[size] * len(given["spatial_shape"]))
    image = torch.randn(shape)
    with torch.no_grad():  # also the first, slower call of both
        pairs = zip(_tensors(network(image)), _tensors(other(image)), strict=True)
        difference = max(float((a - b).abs().max()) for a, b in pairs)
    seconds: dict[str, list[float]] = {"torch": [], "onnxruntime": []}
    for _ in range(rounds):
        seconds["torch"].append(_forward_seconds(network, image))
        seconds["onnxruntime"].append(_forward_seconds(other, image))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return [
        {
            "bundle": bundle.name,
            "size": "×".join(map(str, shape)),
            **{f"{name}_seconds": round(s, 4) for name, s in medians.items()},
            "onnxruntime/torch": round(medians["onnxruntime"] / medians["torch"], 3),
            "difference": f"{difference:.1e}",
            "rounds": rounds,
            "threads": threads,
        }
    ]


def _tensors(output: Any) -> tuple[Any, ...]:
    return output if isinstance(output, tuple) else (output,)


def _ensure_weights(bundle: Path) -> None:
    import torch
    from monai.bundle import ConfigParser

    weights = bundle / "models/model.pt"
    if not weights.is_file():
        config = json.loads((bundle / "configs/inference.json").read_text("utf-8"))
        network = ConfigParser(config).get_parsed_content("network_def")
        weights.parent.mkdir(exist_ok=True)
        torch.save(network.state_dict(), weights)


def _forward_seconds(network: Any, image: Any) -> float:
    import torch

    began = time.perf_counter()
    with torch.no_grad():
        network(image)
    return time.perf_counter() - began


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _table(rows: list[dict[str, Any]]) -> str:
    heads = list(rows[0])
    lines = [heads, *([str(row[h]) for h in heads] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths)) for line in lines
    )


if __name__ == "__main__":
    sys.exit(main())
