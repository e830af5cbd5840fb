"""One set of PNG, JPEG, TIFF and NIfTI slices trains in the same batches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from mritumor.bundle.launch import run_bundle

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ROOT / "bundles"
# JPEG would change a mask's values.
FORMATS = [(".png", ".tif"), (".tif", ".png"), (".jpg", ".png"), (".nii.gz", ".nii.gz")]


def write(pixels: np.ndarray, path: Path) -> None:
    if path.name.endswith(".nii.gz"):
        # NIfTI's first axis runs to the right, a picture's rows run downwards.
        nib.save(nib.Nifti1Image(pixels.T.astype(np.float32), np.eye(4)), path)
    else:
        Image.fromarray(pixels).save(path)


@pytest.fixture()
def mixed(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    sections: dict[str, list[dict[str, object]]] = {"training": [], "validation": []}
    for section, items in sections.items():
        for n, (image, label) in enumerate(FORMATS):
            pixels = rng.integers(0, 255, (40, 48), dtype=np.uint8)
            mask = np.zeros_like(pixels)
            mask[10:20, 8 : 20 + n] = 255
            stem = f"{section}{n}"
            write(pixels, tmp_path / f"{stem}{image}")
            write(mask, tmp_path / f"{stem}_mask{label}")
            items.append(
                {
                    "image": f"{stem}{image}",
                    "label": f"{stem}_mask{label}",
                    "class": n % 3,
                    "patient": stem,
                }
            )
    (tmp_path / "datalist.json").write_text(json.dumps(sections))
    return tmp_path


@pytest.mark.parametrize(
    "name, overlays",
    [
        ("segmentation", []),
        ("classification", []),
        # Without random transforms.
        ("segmentation", [ROOT / "configs/papers/alshomrani_segmentation.yaml"]),
    ],
)
def test_unlike_metadata_fit_into_one_batch(
    mixed: Path, tmp_path: Path, name: str, overlays: list[Path]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(BUNDLES / f"figshare_{name}", bundle)
    words = ["--dataset_dir", str(mixed), "--epochs", "1", "--batch_size", "4"]
    words += ["--image_size", "64", "--val_interval", "1", "--pretrained", "false"]
    words += [
        "--output_dir",
        str(tmp_path / "run"),
        "--ckpt_dir",
        str(tmp_path / "run"),
    ]
    run_bundle(bundle, "training", overlays, words)
    assert (tmp_path / "run/last.pt").is_file()
