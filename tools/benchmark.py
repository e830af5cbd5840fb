"""Time and memory of what users wait for.

    python tools/benchmark.py predict                     # 240×240×155×4, brats bundle
    python tools/benchmark.py predict --size 128 128 96 --json
    python tools/benchmark.py network                     # switches of the U-Net
    python tools/benchmark.py step                        # training, both precisions
    python tools/benchmark.py runtime                     # PyTorch and ONNX Runtime
    python tools/benchmark.py serve                       # the page's server, warm

Weights are random where a bundle has none: they change neither time nor memory.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
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
    step = what.add_parser("step", help="a training step in float32 and bfloat16")
    step.add_argument(
        "--bundle", type=Path, default=ROOT / "bundles/lgg_3d_segmentation"
    )
    step.add_argument("--size", type=int, nargs="+", default=(96, 96, 16))
    step.add_argument("--batch", type=int, default=2)
    runtime = what.add_parser("runtime", help="PyTorch and ONNX Runtime, one window")
    runtime.add_argument(
        "--bundle", type=Path, default=ROOT / "bundles/brats_segmentation"
    )
    runtime.add_argument("--size", type=int, default=64, help="edge of the window")
    runtime.add_argument("--rounds", type=int, default=5)
    serve = what.add_parser("serve", help="a warm server: one slice, and many at once")
    serve.add_argument("--bundles", type=Path, default=ROOT / "bundles")
    serve.add_argument("--model", default="figshare_joint_segmentation")
    serve.add_argument("--requests", type=int, default=20)
    for command in (predict, network, step, runtime, serve):
        command.add_argument("--threads", type=int, default=os.cpu_count() or 1)
        command.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "network":
        rows = time_networks(arguments.size, arguments.threads)
    elif arguments.what == "step":
        shape = (arguments.batch, *arguments.size)
        rows = time_steps(arguments.bundle, shape, arguments.threads)
    elif arguments.what == "runtime":
        rows = compare_runtimes(
            arguments.bundle, arguments.size, arguments.rounds, arguments.threads
        )
    elif arguments.what == "serve":
        rows = time_server(
            arguments.bundles, arguments.model, arguments.requests, arguments.threads
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


def time_steps(
    bundle: Path, shape: tuple[int, ...], threads: int
) -> list[dict[str, Any]]:
    """Time forward and backward pass of a bundle's network in turns, best of 3.

    Args:
        bundle: whose network.
        shape: images in a batch, then their size.
        threads: of PyTorch.
    """
    import torch
    from monai.bundle import ConfigParser

    from mritumor.training import AutocastInferer

    torch.set_num_threads(threads)
    parser = ConfigParser()
    parser.read_config(str(bundle / "configs/inference.json"))
    network = parser.get_parsed_content("network_def").train()
    channels = len(parser.get_parsed_content("modalities"))
    images = torch.randn(shape[0], channels, *shape[1:])
    best = {"float32": math.inf, "bfloat16": math.inf}
    for _ in range(3):
        for precision in best:
            inferer = AutocastInferer(precision=precision, channels_last=True)
            began = time.perf_counter()
            levels = inferer(images, network)  # of deep supervision, or one tensor
            levels = [levels] if isinstance(levels, torch.Tensor) else levels
            torch.stack([level.mean() for level in levels]).sum().backward()
            best[precision] = min(best[precision], time.perf_counter() - began)
    return [
        {
            "bundle": bundle.resolve().name,
            "precision": precision,
            "seconds": round(seconds, 2),
            "ratio": round(best["float32"] / seconds, 2),
            "shape": "×".join(map(str, images.shape)),
            "threads": threads,
        }
        for precision, seconds in best.items()
    ]


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


def time_server(
    bundles: Path, model: str, requests: int, threads: int
) -> list[dict[str, Any]]:
    """Time a warm server: one slice after the other, then as many at once.

    Seconds are what a client waits; CPU seconds are the server's own and its worker's,
    which tell on a busy machine how long an idle one would take at most. Needs Linux.
    """
    from concurrent.futures import ThreadPoolExecutor

    picture = _slice_png(512)
    with _served(bundles, threads) as (address, process):

        def ask(number: int) -> tuple[float, bool]:
            began = time.perf_counter()
            told = _post(f"{address}/predict", model, f"s{number}.png", picture)
            seconds = time.perf_counter() - began
            result = told.get("result") or {}
            whole = bool(result.get("class_name")) and "mask" in result.get("files", {})
            return seconds, whole and result["case"] == f"s{number}"

        for number in range(3):
            ask(number)
        before = _cpu_seconds(process.pid)
        alone = [ask(number) for number in range(requests)]
        middle = _cpu_seconds(process.pid)
        began = time.perf_counter()
        with ThreadPoolExecutor(requests) as pool:
            together = list(pool.map(ask, range(requests)))
        wall = time.perf_counter() - began
        after = _cpu_seconds(process.pid)
    facts = {"bundle": model, "size": "512×512", "threads": threads}
    return [
        {"what": what, **facts, **_waits(answers), "wall_s": round(seconds, 2)}
        | {"cpu_s_each": round(cpu / requests, 3), "load": round(os.getloadavg()[0], 1)}
        for what, answers, seconds, cpu in (
            ("one by one", alone, sum(s for s, _ in alone), middle - before),
            ("at once", together, wall, after - middle),
        )
    ]


def _waits(answers: list[tuple[float, bool]]) -> dict[str, Any]:
    seconds = sorted(s for s, _ in answers)
    return {
        "answered": f"{sum(whole for _, whole in answers)} of {len(answers)}",
        "median_s": round(statistics.median(seconds), 3),
        "p95_s": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 3),
    }


@contextmanager
def _served(bundles: Path, threads: int) -> Iterator[tuple[str, Any]]:
    """Run a server of its own until the block ends; give its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mritumor.cli.main", "serve"]
    command += ["--bundles", str(bundles), "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(20)


def _post(address: str, model: str, name: str, content: bytes) -> dict[str, Any]:
    """Send one picture as a browser does; {} for an answer that is no success."""
    mark = "mritumor-benchmark"
    head = 'Content-Disposition: form-data; name="{}"'
    body = f"--{mark}\r\n{head.format('model')}\r\n\r\n{model}\r\n--{mark}\r\n"
    body += f"{head.format('files')}; filename=\"{name}\"\r\n\r\n"
    data = body.encode() + content + f"\r\n--{mark}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    request = urllib.request.Request(address, data, kind)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            told: dict[str, Any] = json.load(answer)
            return told
    except OSError as error:
        print(error, file=sys.stderr)
        return {}


def _slice_png(size: int) -> bytes:
    """Return a disc on noise: what is seen changes no time."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[:size, :size] / size
    pixels = np.random.default_rng(0).integers(1, 60, (size, size))
    pixels[(x - 0.6) ** 2 + (y - 0.4) ** 2 < 0.01] = 250
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time so far of a process and of those that it started (Linux)."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    others = [int(p) for c in children for p in c.read_text().split()]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(_cpu_seconds(p) for p in others)


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
