"""`mritumor evaluate` and `calibrate` on phantoms, against hand-made numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mritumor.cli.main import main
from mritumor.data import write_datalist
from mritumor.inference import Predictor
from mritumor.inference.calibration import bundle_temperature, uncalibrated_logits
from mritumor.inference.evaluation_items import Scored, Scoring, score_items
from mritumor.inference.evaluation_scores import evaluate
from mritumor.metrics import Counts, apply_temperature
from mritumor.report.provenance import sha256


def scored(case: str, patient: str, counts: Counts, site: str = "A") -> Scored:
    return Scored(case, patient, site, f"{case}.png", {}, {"tumour": counts})


def test_dice_by_hand() -> None:
    """P1: two slices, 10 of 10 and a false alarm of 10; P2 missed; P3 rightly empty."""
    items = [
        scored("a", "P1", Counts(10, 0, 0, 90)),
        scored("b", "P1", Counts(0, 10, 0, 90)),
        scored("c", "P2", Counts(0, 0, 20, 80), "B"),
        scored("d", "P3", Counts(0, 0, 0, 100), "B"),
    ]
    found = evaluate(Scoring(items, (), ("tumour",), [], True), resamples=99)
    assert found.patients == pytest.approx({"P1": 2 / 3, "P2": 0, "P3": 1})
    by_name = {s.name.split(",")[0]: s for s in found.scores}
    assert by_name["Dice per patient"].value == pytest.approx(5 / 9)
    assert by_name["Dice per patient"].n == 3
    assert by_name["Dice per slice with tumour"].value == pytest.approx(0.5)
    assert by_name["Dice per slice with tumour"].note == (
        "2 slices, 2 empty ones left out"
    )
    assert by_name["Dice"].value == pytest.approx(20 / 50)
    noticed = {s.name: s for s in found.scores if s.note.endswith(" of 2")}
    assert {name: s.value for name, s in noticed.items()} == {
        "found, of slices with tumour, tumour": 0.5,
        "left empty, of slices without, tumour": 0.5,
    }
    assert {s.n for s in noticed.values()} == {2}
    sites = {s.name: s.value for s in found.groups["by site"]}
    assert sites == pytest.approx({"A": 2 / 3, "B": 0.5})
    assert found.failures[0]["case"] == "P2"
    skipped = evaluate(
        Scoring(items, (), ("tumour",), [], True), empty="nan", resamples=99
    )
    assert skipped.scores[0].value == pytest.approx(1 / 3)
    assert skipped.scores[0].undefined == 1


def test_classes_by_hand() -> None:
    told = [(0.9, 0.1), (0.8, 0.2), (0.3, 0.7), (0.6, 0.4), (0.2, 0.8)]
    items = [
        Scored(str(i), f"P{i // 2}", "", "", {}, {}, np.array(p), int(i >= 2))
        for i, p in enumerate(told)
    ]
    found = evaluate(Scoring(items, ("none", "tumour"), (), [], True), resamples=99)
    values = {s.name: s for s in found.scores}
    assert values["accuracy"].value == pytest.approx(0.8)
    # P0 both right; P1 one of each, decided by probability; P2 right.
    assert values["accuracy per patient, majority of slices"].value == pytest.approx(1)
    assert found.report["confusion"] == ((2, 0), (1, 2))
    assert [f["what"] for f in found.failures] == ["tumour called none"]
    json.dumps(found.as_dict(), allow_nan=False)


def slices(folder: Path, count: int = 6) -> Path:
    """Squares brighter than half, which the hand-set network outlines exactly."""
    rng = np.random.default_rng(0)
    listed: dict[str, list] = {"training": [], "validation": [], "testing": []}
    for number in range(count):
        image = rng.integers(1, 60, (64, 64)).astype(np.uint8)
        mask = np.zeros((64, 64), np.uint8)
        if number % 3:
            mask[20:40, 10 : 20 + 3 * number] = 255
        image[mask > 0] = 250
        for kind, pixels in (("images", image), ("masks", mask)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / kind / f"{number}.png")
        item = {
            "image": f"images/{number}.png",
            "label": f"masks/{number}.png",
            "class": number % 3,
            "class_name": ("meningioma", "glioma", "pituitary")[number % 3],
            "patient": f"P{number // 2}",
            "site": "AB"[number // 4],
        }
        listed["testing"].append(item)
        other = {**item, "patient": f"V{number}"}
        listed["validation"].append(other)
    return write_datalist(
        folder / "datalist.json",
        name="squares",
        description="bright squares",
        modalities=["t1c"],
        labels={0: "background", 1: "tumour"},
        classes={0: "meningioma", 1: "glioma", 2: "pituitary"},
        sections=listed,
    )


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slices(tmp_path_factory.mktemp("squares")).parent


def test_a_perfect_network_scores_one(bright_bundle: Path, squares: Path) -> None:
    from mritumor.data import read_datalist

    items = read_datalist(squares / "datalist.json", "testing")
    found = evaluate(
        score_items(Predictor(bright_bundle, device="cpu"), items), resamples=99
    )
    assert found.scores[0].name == "Dice per patient, tumour"
    assert found.scores[0].value == pytest.approx(1)
    assert set(found.patients) == {"P0", "P1", "P2"}


def test_the_command_writes_everything(
    joint_bundle: Path, squares: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    words = ["evaluate", str(joint_bundle), "--dataset_dir", str(squares)]
    assert main([*words, "--out", str(out), "--device", "cpu"]) == 0
    page = capsys.readouterr().out
    assert "Dice per patient, tumour" in page and "macro F1" in page
    document = json.loads((out / "evaluation.json").read_text())
    assert len(document["cases"]) == 6 and document["provenance"]["bundle"]
    for name in ("cases.csv", "patients.csv", "report.html"):
        assert (out / name).stat().st_size > 50
    assert (out / "figures/confusion.png").is_file()
    assert "reliability" in (out / "report.html").read_text()


def test_an_evaluation_says_over_what_it_averaged(
    joint_bundle: Path, squares: Path, tmp_path: Path, capsys
) -> None:
    words = ["evaluate", str(joint_bundle), "--dataset_dir", str(squares)]
    words += ["--device", "cpu", "--limit", "2", "--out", str(tmp_path / "out")]
    weights = joint_bundle / "models/model.pt"
    other = tmp_path / "other.pt"
    torch.save(torch.load(weights, weights_only=True), other)
    assert main(words) == 0
    origin = json.loads((tmp_path / "out/evaluation.json").read_text())["provenance"]
    assert "averaged over" not in origin
    assert main([*words, "--tta", "--ensemble", str(weights), str(other)]) == 0
    origin = json.loads((tmp_path / "out/evaluation.json").read_text())["provenance"]
    assert origin["averaged over"] == "2 networks, 2 mirrorings"
    assert origin["weights (SHA-256)"] == sha256(weights)
    assert origin["weights 2 (SHA-256)"] == sha256(other)
    assert sha256(other) in (tmp_path / "out/report.html").read_text()


def test_a_raw_folder_is_evaluated_whole(make_bundle, raw_lgg: Path, capsys) -> None:
    bundle = make_bundle("lgg_segmentation")
    words = ["evaluate", str(bundle), "--raw", "lgg-slices", str(raw_lgg)]
    assert main([*words, "--device", "cpu", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores[0]["name"].startswith("Dice per patient") and scores[0]["n"] == 2
    assert not list(raw_lgg.rglob("datalist.json"))


def test_calibrate_prints_and_writes(make_bundle, squares: Path, capsys) -> None:
    bundle = make_bundle("figshare_classification")
    words = ["calibrate", str(bundle), "--dataset_dir", str(squares), "--device", "cpu"]
    given = bundle_temperature(bundle)
    assert main(words) == 0
    assert "temperature: " in capsys.readouterr().out
    assert bundle_temperature(bundle) == given
    before = Predictor(bundle, device="cpu")(np.eye(40) * 200)
    assert main([*words, "--write"]) == 0
    fitted = bundle_temperature(bundle)
    assert fitted != given
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    assert metadata["calibration"]["cases"] == 6
    after = Predictor(bundle, device="cpu")(np.eye(40) * 200)
    p = np.array([list(before.probabilities.values())])
    expected = apply_temperature(uncalibrated_logits(p, given), fitted)[0]
    assert list(after.probabilities.values()) == pytest.approx(expected, abs=1e-4)


def test_what_cannot_be_calibrated(bright_bundle: Path, squares: Path, capsys) -> None:
    words = ["calibrate", str(bright_bundle), "--dataset_dir", str(squares)]
    assert main(words) == 2
    assert "no temperature" in capsys.readouterr().err
