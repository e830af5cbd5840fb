"""The papers' overlays: each checks, builds and (some) learns; none repeats another."""

from __future__ import annotations

import csv
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from mritumor.bundle.launch import check_bundle, run_bundle
from mritumor.data.prepare import Options, prepare

SETS = {
    "figshare": ("figshare", "figshare"),
    "lgg": ("lgg-slices", "lgg/kaggle_3m"),
    "kaggle": ("images", "kaggle"),
}
# Overlay, the bundle beneath, its data, and what the real one holds.
ROWS = [
    ("alshomrani_classification", "figshare_classification", "figshare"),
    ("alshomrani_classification", "tumor_type_classification", "kaggle"),
    ("alshomrani_classification", "lgg_classification", "lgg"),
    ("alshomrani_segmentation", "figshare_segmentation", "figshare"),
    ("alshomrani_segmentation", "lgg_segmentation", "lgg"),
    ("mandot_classification", "tumor_type_classification", "kaggle"),
    ("mandot_segmentation", "brats_segmentation", "phantoms"),
    ("mandot_joint", "figshare_joint_segmentation", "figshare"),
    ("aish_classification", "lgg_classification", "lgg"),
    ("aish_cnn", "lgg_classification", "lgg"),
    ("aish_segmentation", "lgg_segmentation", "lgg"),
    ("amin_classification", "tumor_type_classification", "kaggle"),
    ("amin_segmentation", "lgg_segmentation", "lgg"),
    ("kotob_segmentation", "figshare_segmentation", "figshare"),
    ("kotob_classification", "figshare_classification", "figshare"),
]
UNDER = {"aish_cnn": ["aish_classification"]}
# Seconds instead of minutes; the overlay's own parts stay.
TINY_BACKBONE = ["--network_def#backbone", "resnet10t"]
TINY_ENCODER = ["--network_def#encoder", "resnet10t"]
TINY = {
    "alshomrani_classification": ["--network_def#hidden", "[32]", *TINY_BACKBONE],
    "mandot_classification": TINY_BACKBONE,
    "mandot_joint": ["--network_def#unet#encoder", "resnet10t"],
    "mandot_segmentation": ["--network_def#channels", "[4,8,8,8,8]"]
    + ["--patch_size", "[32,32,32]", "--roi_size", "[32,32,32]"],
    "aish_classification": TINY_BACKBONE,
    "aish_segmentation": TINY_ENCODER,
    "amin_classification": TINY_BACKBONE,
    "amin_segmentation": ["--network_def#channels", "[8,16,32]"],
    "kotob_segmentation": TINY_ENCODER,
    "kotob_classification": TINY_BACKBONE,
}
PICTURES = ["--image_size", "64", "--batch_size", "8", "--steps_per_epoch", "6"]


def overlays(root: Path, name: str) -> list[Path]:
    return [root / f"configs/papers/{n}.yaml" for n in [*UNDER.get(name, []), name]]


@pytest.fixture(scope="module")
def data(shared_data: Path, phantoms: Path, tmp_path_factory: Any) -> dict[str, Path]:
    """Twelve patients, or twelve images a class, of each real set."""
    folder = tmp_path_factory.mktemp("small")
    unpack = [sys.executable, str(shared_data / "unpack.py"), str(folder / "raw")]
    subprocess.run([*unpack, "--limit", "12"], check=True, capture_output=True)
    found = {"phantoms": phantoms}
    for name, (kind, raw) in SETS.items():
        found[name] = folder / name
        prepare(kind, folder / "raw" / raw.split("/")[0], found[name], Options(folds=0))
    return found


def test_every_overlay_has_a_row(root: Path) -> None:
    found = {path.stem for path in (root / "configs/papers").glob("*.yaml")}
    assert found == {row[0] for row in ROWS}


@pytest.mark.parametrize("path", sorted({row[0] for row in ROWS}))
def test_overlay_keeps_its_weights_apart_and_says_how(path: str, root: Path) -> None:
    text = (root / f"configs/papers/{path}.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["ckpt_dir"].endswith(f"'/runs/{path}'")
    assert "python -m monai.bundle run training --config_file" in text
    assert "mritumor data prepare" in text or "Data as" in text or "Data, aug" in text


def meaningful(path: Path) -> list[str]:
    lines = (re.sub(r"(^|\s)#.*", "", x).strip() for x in path.read_text().splitlines())
    return [line for line in lines if line]


def test_no_overlay_or_bundle_repeats_another(root: Path) -> None:
    files = [*(root / "configs/papers").glob("*.yaml")]
    files += [
        *(root / "configs/bundles").glob("*.yaml"),
        *(root / "configs/base").glob("*.yaml"),
    ]
    runs = {}
    for path in files:
        lines = meaningful(path)
        runs[path.name] = {tuple(lines[i : i + 7]) for i in range(len(lines) - 6)}
    shared = {
        (a, b): same
        for a, b in itertools.combinations(sorted(runs), 2)
        if (same := runs[a] & runs[b])
        and {a, b} & {p.name for p in (root / "configs/papers").glob("*.yaml")}
    }
    assert not shared


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "bundle", "kind"), ROWS)
def test_real_overlay_passes_every_check(
    name: str, bundle: str, kind: str, data: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    folder, files = root / "bundles" / bundle, overlays(root, name)
    words = ["--dataset_dir", str(data[kind])]
    if name == "mandot_segmentation":
        words += ["--batch_size", "1", "--patch_size", "[32,32,32]"]  # memory
    train = check_bundle(folder, "training", files, words)
    network = train.parser.get_parsed_content("network_def")
    assert train.parser.get_parsed_content("optimizer").param_groups
    train.parser.get_parsed_content("lr_scheduler")
    train.parser.get_parsed_content("loss")
    torch.save(network.state_dict(), tmp_path / "model.pt")
    words += ["--ckpt_dir", str(tmp_path)]
    check_bundle(folder, "evaluating", files, [*words, "--section", "validation"])
    if kind != "phantoms":
        infer = ["--ckpt_dir", str(tmp_path), "--dataset_dir", str(data[kind])]
        check_bundle(folder, "infer", files, infer)


def train(
    name: str, bundle: str, data: Path, root: Path, run: Path, *words: str
) -> list[dict[str, float]]:
    torch.manual_seed(0)
    folders = ["--dataset_dir", str(data), "--output_dir", str(run)]
    folders += ["--ckpt_dir", str(run)]
    tiny = list(TINY.get(name, []))
    if name != "mandot_segmentation":
        tiny += PICTURES
    run_bundle(
        root / "bundles" / bundle,
        "training",
        overlays(root, name),
        [*folders, *tiny, "--learning_rate", "0.003", *words],
    )
    with (run / "metrics.csv").open() as file:
        return [
            {k: float(v or "nan") for k, v in r.items()} for r in csv.DictReader(file)
        ]


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "bundle", "kind"),
    list({row[0]: row for row in ROWS if row[0] != "mandot_segmentation"}.values()),
)
def test_overlay_learns(
    name: str, bundle: str, kind: str, data: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    epochs = ["--epochs", "3", "--val_interval", "3"]
    rows = train(name, bundle, data[kind], root, tmp_path, *epochs)
    losses = [row["train_loss"] for row in rows]
    assert min(losses[1:]) < losses[0]


@pytest.mark.slow
def test_volumes_learn(phantoms: Path, root: Path, tmp_path: Path) -> None:
    words = ["--epochs", "3", "--val_interval", "3", "--spacing", "[5.0,5.0,5.0]"]
    rows = train(
        "mandot_segmentation", "brats_segmentation", phantoms, root, tmp_path, *words
    )
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]


@pytest.mark.slow
@pytest.mark.shared_data
def test_classifier_beats_the_commonest_class(
    data: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    words = ["--epochs", "12", "--val_interval", "4", "--steps_per_epoch", "12"]
    bundle = "lgg_classification"
    rows = train("aish_cnn", bundle, data["lgg"], root, tmp_path, *words)
    items = json.loads((data["lgg"] / "datalist.json").read_text())["validation"]
    classes = [item["class"] for item in items]
    commonest = max(classes.count(0), classes.count(1)) / len(classes)
    reached = max(
        r["val_accuracy"] for r in rows if r["val_accuracy"] == r["val_accuracy"]
    )
    assert reached > commonest


@pytest.mark.slow
@pytest.mark.shared_data
def test_segmenter_beats_an_empty_and_a_full_outline(
    data: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    words = ["--epochs", "8", "--val_interval", "4", "--steps_per_epoch", "16"]
    bundle = "lgg_segmentation"
    rows = train("alshomrani_segmentation", bundle, data["lgg"], root, tmp_path, *words)
    items = json.loads((data["lgg"] / "datalist.json").read_text())["validation"]
    sums: dict[str, list[int]] = {}
    for item in items:
        own = sums.setdefault(item["patient"], [0, 0])
        own[0] += item["tumour_voxels"]
        own[1] += 256 * 256
    full = sum(2 * t / (t + n) for t, n in sums.values()) / len(sums)
    reached = max(
        r["val_mean_dice"] for r in rows if r["val_mean_dice"] == r["val_mean_dice"]
    )
    assert (
        reached > max(full, 0.0) + 0.1
    )  # an empty outline scores 0: all have a tumour


@pytest.mark.slow
def test_other_folders_other_classes(root: Path, tmp_path: Path) -> None:
    names = ["glioma", "meningioma", "neurocytoma", "pituitary", "schwannoma"]
    rng = np.random.default_rng(0)
    for level, name in enumerate(names):
        (tmp_path / "raw" / name).mkdir(parents=True)
        for i in range(8):
            pixels = rng.integers(0, 40, (32, 32)) + 45 * level
            Image.fromarray(pixels.astype(np.uint8)).save(
                tmp_path / "raw" / name / f"{i}.png"
            )
    prepare("images", tmp_path / "raw", tmp_path / "data", Options(folds=0))
    words = ["--class_names", str(names), "--epochs", "1"]
    run = tmp_path / "run"
    rows = train(
        "mandot_classification",
        "tumor_type_classification",
        tmp_path / "data",
        root,
        run,
        *words,
    )
    assert len(rows) == 1
    weights = torch.load(run / "model.pt", weights_only=True)
    assert (
        weights[
            "head.4.weight" if "head.4.weight" in weights else "head.3.weight"
        ].shape[0]
        == 5
    )
