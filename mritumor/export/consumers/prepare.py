"""A copy of a bundle that can be tried quickly and written to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import yaml

from mritumor.bundle.folder import read_config
from mritumor.export.consumers.synthetic import write_cases
from mritumor.export.network import example_shape, inference_parser

LEFT_BEHIND = shutil.ignore_patterns("runs", "eval", "data", "__pycache__", ".git")
WINDOWS = ("roi_size", "patch_size")


def prepare(source: Path, folder: Path) -> None:
    """Copy a bundle, give it weights where it has none, and make data for it.

    Args:
        source: the bundle.
        folder: receives ``bundle/<name>`` and ``data``.

    Raises:
        MRITumorError: there is no bundle, or no network or data can be made of it.
    """
    copy = folder / "bundle" / source.name
    if not copy.exists():
        shutil.copytree(source, copy, ignore=LEFT_BEHIND)
    metadata = read_config(copy, "metadata")
    image = next(iter(metadata["network_data_format"]["inputs"].values()))
    shorten_windows(copy, list(example_shape(image)[1:]))
    write_cases(folder / "data", metadata)
    weights = copy / "models/model.pt"
    if not weights.is_file():
        torch.manual_seed(0)
        network = inference_parser(copy).get_parsed_content("network_def")
        weights.parent.mkdir(exist_ok=True)
        torch.save(network.state_dict(), weights)


def shorten_windows(bundle: Path, shortest: list[int]) -> None:
    """Lower literal sliding-window and patch sizes of volumes to the shortest that fit.

    A window of 128³ says nothing that one of 32³ does not, and takes minutes on a CPU.
    Sizes written as expressions, and those of pictures, stay.

    Args:
        bundle: whose configs are rewritten.
        shortest: spatial size that the network takes at least.
    """
    if len(shortest) != 3:
        return

    def shorten(key: str, value: Any) -> Any:
        is_size = isinstance(value, list) and all(type(v) is int for v in value)
        if key not in WINDOWS or not is_size or len(value) != len(shortest):
            return value
        return [min(v, s) for v, s in zip(value, shortest)]

    for path in (bundle / "configs").iterdir():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            text = json.dumps(_walk(json.loads(text), shorten), indent=4)
        elif path.suffix in (".yaml", ".yml"):
            text = yaml.safe_dump(_walk(yaml.safe_load(text), shorten))
        path.write_text(text, encoding="utf-8")


def _walk(content: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(content, dict):
        return {k: _walk(v, change, str(k).split("#")[-1]) for k, v in content.items()}
    changed = change(key, content)
    if isinstance(changed, list):
        return [_walk(v, change) for v in changed]
    return changed
