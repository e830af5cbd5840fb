"""REST of the running server: results, bad input, many at once, a worker's death."""

from __future__ import annotations

import gzip
import io
import socket
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

THEN = "figshare_classification+figshare_segmentation"
OTHER = "_type_classification+figshare_segmentation"
GATED = "tumor_type_classification>figshare_segmentation"


def post(server: str, route: str, *files: Any, **data: str) -> httpx.Response:
    sent = [
        ("files", (f.name, f.read_bytes()) if isinstance(f, Path) else f) for f in files
    ]
    return httpx.post(f"{server}{route}", files=sent, data=data, timeout=120)


def opened(response: httpx.Response) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(response.content)))


def test_models_and_health(server: str) -> None:
    told = httpx.get(f"{server}/models").json()
    ready = {m["name"]: m["ready"] for m in told["models"]}
    assert ready == {
        "brats_segmentation": True,
        "figshare_classification": True,
        "figshare_segmentation": True,
        "lgg_classification": False,
        "tumor_type_classification": True,
    }
    assert {p["name"] for p in told["pairs"]} == {THEN, "tumor" + OTHER, GATED}
    assert httpx.get(f"{server}/health").json()["status"] == "ok"


def test_class_and_probabilities(server: str, picture: Path) -> None:
    told = post(server, "/predict_classification", picture).json()
    assert told["model"] == "figshare_classification"
    p = told["probabilities"]
    assert sum(p.values()) == pytest.approx(1, abs=1e-4)
    assert told["class_name"] == max(p, key=p.get)


def test_mask_and_red_border_by_dilation(server: str, picture: Path) -> None:
    mask = opened(post(server, "/predict_segmentation?give=mask", picture)) > 0
    drawn = opened(post(server, "/predict_segmentation?give=border", picture))
    truth = np.asarray(Image.open(picture)) > 200
    overlap = 2 * (mask & truth).sum() / (mask.sum() + truth.sum())
    assert overlap > 0.9
    red = (drawn == [255, 41, 41]).all(-1)
    assert np.array_equal(red, ndimage.binary_dilation(mask) & ~mask)


@pytest.mark.parametrize("kind", ["jpg", "tif", "mat"])
def test_other_pictures(server: str, picture: Path, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"slice.{kind}"
    if kind == "mat":
        import h5py

        pixels = np.asarray(Image.open(picture)).astype(np.int16)
        with h5py.File(path, "w") as file:
            group = file.create_group("cjdata")
            group["image"] = pixels.T
            group["tumorMask"] = (pixels > 200).astype(np.uint8).T
            group["label"] = np.array([[1.0]])
            group["PID"] = np.array([[ord(c)] for c in "100360"], np.uint16)
            group["tumorBorder"] = np.zeros((1, 4))
    else:
        Image.open(picture).save(path)
    told = post(server, "/predict", path, model="figshare_segmentation")
    assert told.status_code == 200, told.text
    assert told.json()["result"]["summary"]["areas_px"]


def test_volume_planes_and_downloads(server: str, volume: Path, tmp_path: Path) -> None:
    told = post(server, "/predict", volume, model="figshare_segmentation").json()
    result = told["result"]
    assert result["volume"]["shape"] == [64, 64, 8]
    base = f"{server}/jobs/{told['job']}"
    one, other = (httpx.get(f"{base}/planes/axial/4?high={h}") for h in (100, 20))
    assert opened(one).shape == (512, 512, 3)
    assert not np.array_equal(opened(one), opened(other))
    assert opened(httpx.get(f"{base}/planes/coronal/3")).shape == (128, 512, 3)
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(httpx.get(server + result["files"]["nifti"]).content)
    saved = nib.load(path)
    assert np.array_equal(saved.affine, nib.load(volume).affine)
    assert np.asarray(saved.dataobj).any()
    report = httpx.get(server + result["files"]["report"], timeout=60)
    assert report.status_code == 200 and "<html" in report.text
    assert httpx.get(f"{base}/planes/axial/8").status_code == 404


def test_dicom_zip_gives_a_segmentation_object(server: str, dicom_zip: Path) -> None:
    import pydicom

    told = post(
        server, "/predict_segmentation", dicom_zip, model="figshare_segmentation"
    )
    assert told.status_code == 200, told.text
    seg = httpx.get(server + told.json()["files"]["dicom_seg"]).content
    assert pydicom.dcmread(io.BytesIO(seg)).Modality == "SEG"


def test_heat_map(server: str, picture: Path) -> None:
    told = post(server, "/predict", picture, model="figshare_classification").json()
    heat = opened(httpx.get(server + told["result"]["heat"], timeout=60))
    assert heat.shape == (64, 64, 3)


def test_heat_map_of_a_volume_lies_on_its_planes(server: str, volume: Path) -> None:
    told = post(server, "/predict", volume, model="figshare_classification").json()
    plane = f"{server}/jobs/{told['job']}/planes/axial/4"
    plain = httpx.get(f"{plane}?heat=true").content
    assert plain == httpx.get(plane).content, "nobody asked for the heat map yet"
    heat = server + told["result"]["heat"]
    assert opened(httpx.get(heat, timeout=60)).shape == (64, 64, 3)
    loaded = httpx.get(f"{heat}.nii.gz", timeout=60).content
    array = nib.Nifti1Image.from_bytes(gzip.decompress(loaded)).get_fdata()
    assert array.shape == (64, 64, 8) and 0 <= array.min() <= array.max() <= 1
    assert httpx.get(f"{plane}?heat=true").content != plain


def test_four_sequences_of_a_patient(server: str, sequences: list[Path]) -> None:
    model = "brats_segmentation"
    packed = zipped(**{f.name: f.read_bytes() for f in sequences})
    answers = [
        post(server, "/predict_segmentation", *files, model=model)
        for files in (sequences, [("study.zip", packed)])
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json()["volume"]["shape"] == [64, 64, 8]
    masks = [httpx.get(server + a.json()["files"]["nifti"]).content for a in answers]
    first, second = (
        nib.Nifti1Image.from_bytes(gzip.decompress(m)).get_fdata() for m in masks
    )
    assert first.any() and np.array_equal(first, second)
    lacking = post(server, "/predict_segmentation", *sequences[1:], model=model)
    assert lacking.status_code == 422 and "t1c" in lacking.json()["detail"]


@pytest.mark.parametrize(
    ("route", "sent"),
    [
        ("/predict", {"model": THEN}),
        ("/predict_pipeline", {"classify": "figshare_classification"}),
    ],
)
def test_pair_gives_class_and_outline(
    server: str, picture: Path, route: str, sent: dict[str, str]
) -> None:
    told = post(server, route, picture, **sent).json()
    assert told["model"] == THEN and told["state"] == "done"
    alone = post(server, "/predict_classification", picture).json()
    assert told["result"]["probabilities"] == alone["probabilities"]
    assert told["result"]["summary"]["areas_px"]["tumour"] > 0
    report = httpx.get(server + told["result"]["files"]["report"], timeout=60)
    assert "figshare_classification" in report.text


def test_gate_says_what_it_let_through(server: str, picture: Path) -> None:
    told = post(server, "/predict_pipeline", picture, gate="true").json()
    assert told["model"] == GATED
    assert any(
        "slice(s) called a tumour" in n for n in told["result"]["summary"]["notes"]
    )
    both = post(server, "/predict_segmentation", picture, model=GATED)
    assert both.status_code == 200
    wrong = post(server, "/predict", picture, model=THEN.replace("+", ">"))
    assert wrong.status_code == 409 and "do not go together" in wrong.text


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


BAD = {
    "unknown type": ("notes.txt", b"hello", 415),
    "empty": ("slice.png", b"", 400),
    "no picture": ("slice.png", b"hello", 422),
    "path": ("../slice.png", b"x", 400),
    "too large": ("slice.png", b"x" * (5 << 20), 413),
    "no zip": ("scan.zip", b"PK\3\4 nothing", 422),
    "empty zip": ("scan.zip", zipped(), 422),
    "path in zip": ("scan.zip", zipped(**{"../../evil.png": b"x"}), 422),
    "bomb": ("scan.zip", zipped(**{"a.png": bytes(40 << 20)}), 422),
    "no NIfTI": ("scan.nii.gz", b"hello", 422),
    "no MAT": ("slice.mat", b"hello", 422),
    "no DICOM": ("slice.dcm", b"hello", 422),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_a_sentence(server: str, name: str) -> None:
    file, content, status = BAD[name]
    answer = post(server, "/predict", (file, content), model="figshare_segmentation")
    assert answer.status_code == status, answer.text
    told = answer.json()["detail"]
    assert "Traceback" not in told and "/tmp" not in told and "\n" not in told


def test_truncated_and_wrong_channels(server: str, picture: Path, volume: Path) -> None:
    for file in (picture, volume):
        half = file.read_bytes()[: file.stat().st_size // 2]
        answer = post(server, "/predict", (file.name, half))
        assert answer.status_code == 422, answer.text
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((32, 32, 4), np.uint8)).save(buffer, "PNG")
    colour = ("rgba.png", buffer.getvalue())
    answer = post(server, "/predict", colour, model="figshare_segmentation")
    assert answer.status_code in (200, 422), answer.text


def test_model_that_is_unknown_or_has_no_weights(server: str, picture: Path) -> None:
    near = post(server, "/predict", picture, model="figshare_segmentatoin")
    assert near.status_code == 404 and "figshare_segmentation" in near.text
    assert (
        post(server, "/predict", picture, model="lgg_classification").status_code == 409
    )
    wrong = post(
        server, "/predict_segmentation", picture, model="figshare_classification"
    )
    assert wrong.status_code == 409


def test_twenty_at_once_are_all_answered(server: str, picture: Path) -> None:
    def one(number: int) -> tuple[int, str]:
        name = (f"s{number}.png", picture.read_bytes())
        answer = post(server, "/predict", name, model="figshare_segmentation")
        return answer.status_code, answer.json()["result"]["case"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    assert answers == [(200, f"s{n}") for n in range(20)]


def test_an_upload_that_breaks_off_leaves_nothing(
    server: str, server_files: Path, picture: Path
) -> None:
    before = sorted(server_files.rglob("*"))
    host, port = server.removeprefix("http://").split(":")
    head = (
        f"POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3000000\r\n"
        "Content-Type: multipart/form-data; boundary=cut\r\n\r\n--cut\r\n"
        'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    )
    with socket.create_connection((host, int(port)), 10) as client:
        client.sendall(head.encode() + bytes(1_500_000))
    assert post(server, "/predict", ("no.txt", b"x")).status_code == 415
    assert httpx.get(f"{server}/health").json()["waiting"] == 0
    assert sorted(server_files.rglob("*")) == before


def test_no_page_asks_another_host(server: str) -> None:
    static = [
        httpx.get(f"{server}{p}") for p in ("/", "/static/app.js", "/static/app.css")
    ]
    for answer in static:
        assert answer.status_code == 200
        assert "http://" not in answer.text and "https://" not in answer.text
    assert "default-src 'self'" in static[0].headers["content-security-policy"]
