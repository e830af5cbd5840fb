"""The papers' overlays: each checks, builds and (some) learns; none repeats another."""

from __future__ import annotations

import csv
import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

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
        and "base" not in (a, b)
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
    [row for row in ROWS if row[1] != "brats_segmentation"][::2],
)
def test_overlay_learns(
    name: str, bundle: str, kind: str, data: dict[str, Path], root: Path, tmp_path: Path
) -> None:
    epochs = ["--epochs", "4", "--val_interval", "4"]
    rows = train(name, bundle, data[kind], root, tmp_path, *epochs)
    losses = [row["train_loss"] for row in rows]
    assert min(losses[1:]) < losses[0]
