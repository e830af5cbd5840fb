"""The recipe of the BraTS bundle's card starts on a set in the Decathlon's layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mritumor.cli.main import main

pytestmark = pytest.mark.slow
# The Decathlon's order of channels, and its value of each of ours.
CHANNELS = {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}
OURS = ("t2f", "t1n", "t1c", "t2w")
LABELS = {"0": "background", "1": "edema", "2": "non-enhancing tumor"} | {
    "3": "enhancing tumour"
}
VALUES = np.array([0, 2, 1, 3], np.uint8)


@pytest.fixture()
def download(phantoms: Path, tmp_path: Path) -> Path:
    """The phantoms as a download of Task01."""
    folder = tmp_path / "Task01_BrainTumour"
    for kind in ("imagesTr", "labelsTr"):
        (folder / kind).mkdir(parents=True)
    for n, case in enumerate(sorted(phantoms.glob("phantom-*")), 1):
        files = [nib.load(case / f"{case.name}_{m}.nii.gz") for m in OURS]
        image = np.stack([f.get_fdata(dtype=np.float32) for f in files], -1)
        label = nib.load(case / f"{case.name}_seg.nii.gz")
        values = VALUES[np.asarray(label.dataobj).astype(int)]
        for kind, array in (("imagesTr", image), ("labelsTr", values)):
            nib.save(
                nib.Nifti1Image(array, label.affine),
                folder / kind / f"BRATS_{n:03}.nii.gz",
            )
    text = json.dumps({"modality": CHANNELS, "labels": LABELS})
    (folder / "dataset.json").write_text(text)
    return folder


def test_from_the_download_to_scores(
    tiny_bundle: Path,
    download: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle, data, models = (tmp_path / n for n in (tiny_bundle.name, "data", "models"))
    shutil.copytree(tiny_bundle, bundle)
    assert (
        main(["data", "prepare", "msd-task01", str(download), "--out", str(data)]) == 0
    )
    train = ["train", str(bundle), "--dataset_dir", str(data), "--fold", "0"]
    train += ["--epochs", "1", "--ckpt_dir", str(models)]
    assert main([*train, "--output_dir", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    score = ["evaluate", str(bundle), "--weights", str(models / "model.pt")]
    assert main([*score, "--dataset_dir", str(data), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert {"Dice per patient, whole tumour"} <= {s["name"] for s in scores}
