"""Images and labels made to a bundle's metadata: a head with a lesion in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mritumor.export.consumers.case import first, is_classifier
from mritumor.export.consumers.outcome import Unsatisfied

VOLUME = (40, 44, 36)
PICTURE = (96, 80)
SECTIONS = ("training", "training", "training", "validation", "validation") + (
    "testing",
    "testing",
)
# Axes left, posterior, superior and 1.25 mm apart: none is what a program may assume.
AFFINE = np.array(
    [[-1.0, 0, 0, 20.0], [0, -1.0, 0, 30.0], [0, 0, 1.25, -40.0], [0, 0, 0, 1.0]]
)


def write_cases(folder: Path, metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """Write synthetic cases, ``cases.json`` and ``datalist.json``.

    Args:
        folder: new folder for them.
        metadata: of the bundle: channels, dimensions, label values.

    Returns:
        The cases: ``single`` (one file with all channels), ``files`` (one a channel),
        ``label`` (map of the values that the output names), ``class``, ``section``.
    """
    image = first(metadata, "inputs")[1]
    pred = first(metadata, "outputs")[1]
    dims, channels = len(image["spatial_shape"]), int(image["num_channels"])
    if dims == 2 and channels not in (1, 3):
        raise Unsatisfied(
            f"no synthetic picture has {channels} channels: this check knows 1 and 3"
        )
    values = sorted(int(v) for v in pred.get("channel_def", {})) or [0, 1]
    classes = max(len(values), 2) if is_classifier(metadata) else 2
    cases = []
    for index, section in enumerate(SECTIONS):
        channel_arrays, labels = draw(VOLUME if dims == 3 else PICTURE, channels, index)
        top = 1 if is_classifier(metadata) else max(max(values), 1)
        case = _write(folder, f"case_{index}", channel_arrays, np.minimum(labels, top))
        cases.append({**case, "class": index % classes, "section": section})
    (folder / "cases.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")
    _write_datalist(folder, cases, image, pred)
    return cases


def draw(
    shape: Sequence[int], channels: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return channels (C, *shape) in 0–250 and nested labels 0..3 (*shape)."""
    rng = np.random.default_rng(seed)
    axes = [np.linspace(-1, 1, n) for n in shape]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"))
    centre = rng.uniform(-0.25, 0.25, len(shape)).reshape(-1, *[1] * len(shape))
    distance = np.sqrt(((grid - centre) ** 2).sum(0))
    labels = sum((distance < r).astype(np.uint8) for r in (0.5, 0.35, 0.2))
    head = (np.sqrt((grid**2).sum(0)) < 0.95).astype(np.float32)
    tissue = np.full(channels, 80.0) + 20 * np.arange(channels)
    tissue = tissue.reshape(-1, *[1] * len(shape))
    image = (tissue + 35 * labels + rng.normal(0, 4, (channels, *shape))) * head
    return np.clip(image, 0, 250).astype(np.float32), (labels * head).astype(np.uint8)


def _write(
    folder: Path, name: str, image: NDArray[np.float32], labels: NDArray[np.uint8]
) -> dict[str, Any]:
    for part in ("single", "files", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if labels.ndim == 2:
        single = folder / "single" / f"{name}.png"
        picture = np.moveaxis(image, 0, -1).astype(np.uint8)
        Image.fromarray(picture[..., 0] if len(image) == 1 else picture).save(single)
        label = folder / "labels" / f"{name}.png"
        Image.fromarray(labels).save(label)
        return {"single": str(single), "files": str(single), "label": str(label)}
    single = folder / "single" / f"{name}.nii.gz"
    array = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    nib.save(nib.Nifti1Image(array, AFFINE), single)
    files = []
    for index, channel in enumerate(image):
        path = folder / "files" / f"{name}_{index}.nii.gz"
        nib.save(nib.Nifti1Image(channel, AFFINE), path)
        files.append(str(path))
    label = folder / "labels" / f"{name}.nii.gz"
    nib.save(nib.Nifti1Image(labels, AFFINE), label)
    whole = files if len(files) > 1 else files[0]
    return {"single": str(single), "files": whole, "label": str(label)}


def _write_datalist(
    folder: Path, cases: list[dict[str, Any]], image: dict, pred: dict
) -> None:
    content: dict[str, Any] = {
        "name": "synthetic",
        "description": "made to the metadata of a bundle",
        "modality": image.get("channel_def", {}),
        "labels": pred.get("channel_def", {}),
        "classes": {str(c): f"class {c}" for c in sorted({c["class"] for c in cases})},
    }
    for section in dict.fromkeys(SECTIONS):
        content[section] = [
            {
                "image": case["files"],
                "label": case["label"],
                "class": case["class"],
                "class_name": f"class {case['class']}",
                "patient": Path(case["single"]).name.split(".")[0],
            }
            for case in cases
            if case["section"] == section
        ]
    text = json.dumps(content, indent=1)
    (folder / "datalist.json").write_text(text, encoding="utf-8")
