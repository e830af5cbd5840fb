"""DICOM in and out, ONNX Runtime, and the tutorial as it stands."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from mritumor.cli.main import main
from mritumor.inference import Predictor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))
import dicom_writer  # noqa: E402


def export(folder: Path, depth: int = 3) -> np.ndarray:
    """A contrast-enhanced T1 series with a bright block; returns it (I, J, K)."""
    array = np.full((60, 40, depth), 100, np.uint16)
    array[::5, ::3] = 200
    array[10:30, 8:20, 1] = 1000
    affine = np.diag([-1.0, -1.0, 5.0, 1.0])
    tags = {
        "SeriesDescription": "T1 post contrast",
        "ContrastBolusAgent": "Gd",
        "RepetitionTime": 500,
        "EchoTime": 10,
    }
    uids = dicom_writer.uids()
    dicom_writer.save(folder, dicom_writer.slices(array, affine, uids, **tags))
    return array


def test_dicom_in_seg_and_rtstruct_out(
    bright_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pydicom = pytest.importorskip("pydicom")
    array = export(tmp_path / "in")
    out = tmp_path / "out"
    words = ["predict", str(bright_bundle), str(tmp_path / "in"), "--out", str(out)]
    assert main([*words, "--rtstruct", "--json", "--device", "cpu"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    case = result["case"]
    seg = pydicom.dcmread(out / f"{case}_seg.dcm")
    assert seg.Modality == "SEG" and seg.SegmentSequence[0].SegmentLabel == "tumour"
    assert pydicom.dcmread(out / f"{case}_rtstruct.dcm").Modality == "RTSTRUCT"
    predictor = Predictor(bright_bundle, device="cpu")
    labels = predictor.predict(tmp_path / "in").labels
    truth = array > 500
    assert 2 * (truth & (labels > 0)).sum() / (truth.sum() + (labels > 0).sum()) > 0.9
    assert not labels[..., [0, 2]].any()


@pytest.mark.slow
def test_onnx_gives_the_same(make_bundle, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    bundle = make_bundle("figshare_joint_segmentation")
    assert main(["export", str(bundle), "--to", "onnx"]) == 0
    image = np.random.default_rng(0).uniform(0, 255, (1, 50, 70))
    torch_says = Predictor(bundle, device="cpu")(image)
    onnx_says = Predictor(bundle, device="cpu", runtime="onnx")(image)
    assert onnx_says.probabilities == pytest.approx(torch_says.probabilities, abs=1e-4)
    assert np.mean(onnx_says.labels == torch_says.labels) > 0.999


def test_onnx_without_a_file_is_told(bright_bundle: Path) -> None:
    pytest.importorskip("onnxruntime")
    from mritumor.errors import InputError

    with pytest.raises(InputError, match="mritumor export BUNDLE --to onnx"):
        Predictor(bright_bundle, runtime="onnx")


@pytest.mark.slow
def test_the_tutorial_runs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = runpy.run_path(str(root / "docs/tutorial.py"))
    assert space["mask_file"].is_file() and space["page"].stat().st_size > 10_000
    assert len(space["failed"]) == 1 and "broken.png" in space["failed"][0]
