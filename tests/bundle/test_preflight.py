"""What is wrong with a run is said before anything is loaded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from mritumor.bundle.launch import check_bundle, parse_overrides
from mritumor.bundle.memory import training_bytes
from mritumor.cli.main import main
from mritumor.errors import BundleError, PreflightError


def problems(bundle: Path, *words: str, run_id: str = "training") -> list[str]:
    try:
        check_bundle(bundle, run_id, [], list(words))
    except PreflightError as error:
        return error.problems
    return []


def test_a_good_run_passes(tiny_bundle: Path, phantoms: Path) -> None:
    assert problems(tiny_bundle, "--dataset_dir", str(phantoms), "--epochs", "2") == []


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("epochz", "did you mean 'epochs'"),
        ("train#trainr#max_epochs", "did you mean 'train#trainer'"),
        ("train#trainer#max_epoch", "did you mean 'max_epochs'"),
        ("network_def#chanels", "did you mean 'channels'"),
        ("optimizer#lrr", "did you mean 'lr'"),
    ],
)
def test_misspelt_ids_and_arguments(
    tiny_bundle: Path, phantoms: Path, override: str, said: str
) -> None:
    found = problems(tiny_bundle, "--dataset_dir", str(phantoms), f"--{override}", "2")
    assert len(found) == 1 and said in found[0], found


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("epochs", "0"),
        ("epochs", "1.5"),
        ("batch_size", "-2"),
        ("val_interval", "true"),
    ],
)
def test_impossible_counts(
    tiny_bundle: Path, phantoms: Path, override: str, value: str
) -> None:
    found = problems(
        tiny_bundle, "--dataset_dir", str(phantoms), f"--{override}", value
    )
    assert len(found) == 1 and found[0].startswith(f"{override}: impossible"), found


def test_unknown_component(tiny_bundle: Path, phantoms: Path) -> None:
    words = ["--dataset_dir", str(phantoms), "--base_loss#_target_", "DiceeLoss"]
    (found,) = problems(tiny_bundle, *words)
    assert "there is no component 'DiceeLoss'" in found


def test_dangling_reference(tiny_bundle: Path, phantoms: Path) -> None:
    words = ["--dataset_dir", str(phantoms), "--train#dataset#data", "@trian_datalist"]
    (found,) = problems(tiny_bundle, *words)
    assert "@trian_datalist" in found and "did you mean 'train_datalist'" in found


def test_no_datalist(tiny_bundle: Path, tmp_path: Path) -> None:
    (found,) = problems(tiny_bundle, "--dataset_dir", str(tmp_path))
    assert f"{tmp_path}/datalist.json: there is no datalist" in found


def test_missing_image(tiny_bundle: Path, phantoms: Path, tmp_path: Path) -> None:
    shutil.copy(phantoms / "datalist.json", tmp_path)
    found = problems(tiny_bundle, "--dataset_dir", str(tmp_path))
    assert "there is no such file (and" in found[0]


def test_wrong_channels(tiny_bundle: Path, phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(phantoms, tmp_path / "d")
    path = tmp_path / "d/datalist.json"
    datalist = json.loads(path.read_text())
    for section in ("training", "validation"):
        for item in datalist[section]:
            item["image"] = item["image"][:3]
    path.write_text(json.dumps(datalist))
    found = problems(tiny_bundle, "--dataset_dir", str(tmp_path / "d"))
    assert found and all("3 channel(s), the network takes 4" in said for said in found)


@pytest.mark.parametrize(
    ("name", "suffix", "shape", "said"),
    [
        ("lgg_3d_segmentation", ".png", (16, 16), "data are slices, the network takes"),
        ("lgg_3d_segmentation", ".nii.gz", (16, 16, 1), "data are slices"),
        ("lgg_segmentation", ".nii.gz", (16, 16, 4), "data are volumes, the network"),
        ("lgg_segmentation", ".nii.gz", (16, 16), ""),
        ("lgg_segmentation", ".png", (16, 16), ""),
    ],
)
def test_slices_and_volumes_are_told_apart(
    root: Path,
    tmp_path: Path,
    name: str,
    suffix: str,
    shape: tuple[int, ...],
    said: str,
) -> None:
    sections = {}
    for section in ("training", "validation"):
        files = [tmp_path / f"{section}_{kind}{suffix}" for kind in ("image", "label")]
        for file in files:
            if suffix == ".png":
                Image.fromarray(np.zeros(shape, np.uint8)).save(file)
            else:
                nib.save(nib.Nifti1Image(np.zeros(shape, np.uint8), np.eye(4)), file)
        item = {"image": [files[0].name] * 3, "label": files[1].name}
        item = item if suffix != ".png" else {**item, "image": files[0].name}
        sections[section] = [{**item, "patient": section}]
    (tmp_path / "datalist.json").write_text(json.dumps(sections))
    found = problems(root / "bundles" / name, "--dataset_dir", str(tmp_path))
    assert bool(found) == bool(said)
    assert all(said in sentence and "docs/README.md" in sentence for sentence in found)


def test_leaked_patient(tiny_bundle: Path, phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(phantoms, tmp_path / "d")
    path = tmp_path / "d/datalist.json"
    datalist = json.loads(path.read_text())
    datalist["validation"].append(datalist["training"][0])
    path.write_text(json.dumps(datalist))
    found = problems(tiny_bundle, "--dataset_dir", str(tmp_path / "d"))
    assert len(found) == 1 and "both sides of the split" in found[0]


def test_nothing_to_resume(tiny_bundle: Path, phantoms: Path, tmp_path: Path) -> None:
    words = [
        "--dataset_dir",
        str(phantoms),
        "--output_dir",
        str(tmp_path),
        "--resume",
        "true",
    ]
    (found,) = problems(tiny_bundle, *words)
    assert "last.pt: there is nothing to resume" in found


def test_no_weights(tiny_bundle: Path, phantoms: Path) -> None:
    (found,) = problems(tiny_bundle, "--dataset_dir", str(phantoms), run_id="infer")
    assert "model.pt: there are no weights here" in found


def test_too_little_memory(tiny_bundle: Path, phantoms: Path) -> None:
    words = ["--dataset_dir", str(phantoms), "--patch_size", "[512, 512, 512]"]
    (found,) = problems(tiny_bundle, *words)
    assert "GiB free; lower --batch_size" in found


def test_memory_estimate_is_of_the_right_size() -> None:
    """Twice the activations of one convolution, and four times its parameters."""
    from torch import nn

    network = nn.Conv3d(1, 10, 3, padding=1)
    assert training_bytes(network, [1, 1, 8, 8, 8]) == 4 * (2 * 10 * 8**3 + 4 * 280)


def test_monai_command_ends_with_one_sentence_and_code_2(
    tiny_bundle: Path, phantoms: Path
) -> None:
    command = [sys.executable, "-m", "monai.bundle", "run", "training", "--config_file"]
    command += [str(tiny_bundle / "configs/train.json"), "--dataset_dir", str(phantoms)]
    done = subprocess.run([*command, "--epochz", "2"], capture_output=True, text=True)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if line.startswith("mritumor: ")]
    assert said == [
        "mritumor: 'epochz' is no id of this bundle and nothing uses it; did you mean 'epochs'?"
    ]
    assert "Traceback" not in done.stderr


def test_command_line_says_all_problems(
    tiny_bundle: Path, phantoms: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(tiny_bundle), "--dataset_dir", str(phantoms)]
    assert main([*words, "--epoch", "1", "--sed", "2"]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2 and all(line.startswith("mritumor: ") for line in lines)
    assert main(words) == 0


def test_overrides_are_read_as_monai_reads_them() -> None:
    words = ["--a", "1", "--b=[1, 2]", "--c", "true", "--d", "$@a + 1", "--e#f", "1e-3"]
    expected = {"a": 1, "b": [1, 2], "c": True, "d": "$@a + 1", "e#f": 1e-3}
    assert parse_overrides(words) == expected


@pytest.mark.parametrize("words", [["epochs", "2"], ["--epochs"]])
def test_words_that_are_no_overrides(words: list[str]) -> None:
    with pytest.raises(BundleError, match="override"):
        parse_overrides(words)


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no such config"):
        check_bundle(tmp_path, "training", [], [])
