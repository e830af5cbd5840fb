"""`mritumor predict`: any input, two bundles, resuming, and failures that stop nothing."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mritumor.cli.main import main
from mritumor.errors import BundleError, InputError
from mritumor.inference import Pipeline, Predictor
from mritumor.inference.unzip import unzip
from mritumor.report.provenance import predictor_provenance, sha256


def picture(path: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 255, (40, 48, 3), np.uint8)).save(path)
    return path


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "predictions.csv").open() as file:
        return list(csv.DictReader(file))


def test_pictures_zip_and_a_broken_file(
    joint_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = picture(tmp_path / "in/a.png", 0)
    (tmp_path / "in/bad.png").write_bytes(b"no picture")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as made:
        made.write(good, "more/b.png")
        made.write(good, "__MACOSX/more/._b.png")
    out = tmp_path / "out"
    words = ["predict", str(joint_bundle), str(tmp_path / "in")]
    words += [str(tmp_path / "more.zip"), "--out", str(out), "--device", "cpu"]
    assert main([*words, "--json", "--report", "--uncertainty"]) == 1
    said = capsys.readouterr()
    results = {r["case"]: r for r in json.loads(said.out)}
    assert "problem" in results["bad"] and set(results) == {"a", "b", "bad"}
    assert "1 of 3 failed" in said.err and "bad.png" in said.err
    for name in "ab":
        for file in ("_seg.png", "_outline.png", ".html", "_entropy.png"):
            assert (out / f"{name}{file}").is_file()
        assert Image.open(out / f"{name}_seg.png").size == (48, 40)
    told = rows(out)
    assert len(told) == 2 and set(told[0]) >= {"input", "class", "p_glioma"}
    shares = [float(told[0][f"p_{n}"]) for n in ("meningioma", "glioma", "pituitary")]
    assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_resume_does_nothing_twice(
    joint_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = picture(tmp_path / "in/a.png", 0)
    out = tmp_path / "out"
    words = ["predict", str(joint_bundle), str(tmp_path / "in"), "--out", str(out)]
    assert main([*words, "--resume"]) == 0
    written = (out / "a_seg.png").stat().st_mtime_ns
    picture(tmp_path / "in/b.png", 1)
    assert main([*words, "--resume"]) == 0
    assert (out / "a_seg.png").stat().st_mtime_ns == written
    assert len(rows(out)) == 2
    picture(first, 2)
    assert main([*words, "--resume"]) == 0
    assert (out / "a_seg.png").stat().st_mtime_ns > written
    assert main([*words, "--resume", "--tta"]) == 2
    assert (
        "other settings (found tta: False before, True now" in capsys.readouterr().err
    )


def test_a_gate_lets_only_tumours_through(
    make_bundle, lgg_classifier: Path, tmp_path: Path
) -> None:
    segment = Predictor(make_bundle("lgg_segmentation"), device="cpu")
    classify = Predictor(lgg_classifier, device="cpu")
    for number in range(1, 9):
        picture(tmp_path / f"P1/P1_{number}.png", number)
    pipeline = Pipeline(classify, segment, gate=True)
    told = classify.predict(tmp_path / "P1").slices
    # A random network calls all alike: the threshold between them is moved to the middle.
    middle = float(np.median([p["tumour"] for p in told]))
    plain = classify.predict

    def moved(*words, **more):
        from dataclasses import replace

        found = plain(*words, **more)
        slices = tuple(
            {
                "none": float(p["tumour"] < middle),
                "tumour": float(p["tumour"] >= middle),
            }
            for p in found.slices
        )
        return replace(found, slices=slices)

    classify.predict = moved  # type: ignore[method-assign]
    gated = pipeline.predict(tmp_path / "P1")
    free = segment.predict(tmp_path / "P1")
    passed = [p["tumour"] == 1 for p in gated.slices]
    assert 0 < sum(passed) < 8
    for index, through in enumerate(passed):
        expected = free.labels[..., index] if through else 0
        assert np.array_equal(
            gated.labels[..., index], free.labels[..., index] * 0 + expected
        )
    assert f"{sum(passed)} of 8 slice(s)" in gated.notes[-1]
    origin = predictor_provenance(pipeline)
    assert origin["bundle"].startswith("lgg_segmentation")
    assert origin["class from"].startswith(lgg_classifier.name)
    assert origin["its weights (SHA-256)"] == sha256(classify.weights[0])


def test_pipelines_that_cannot_be(joint_bundle: Path, bright_bundle: Path) -> None:
    joint, bright = Predictor(joint_bundle), Predictor(bright_bundle)
    with pytest.raises(BundleError, match="no class that says 'no tumour'"):
        Pipeline(joint, bright, gate=True)
    with pytest.raises(BundleError, match="a classifier and a bundle that outlines"):
        Pipeline(bright, joint)


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png"])
def test_a_zip_cannot_climb_out(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as made:
        made.writestr(name, "x")
    with pytest.raises(InputError, match="outside of its folder"):
        unzip(tmp_path / "z.zip", tmp_path / "deep/in")
    assert not list(tmp_path.rglob("evil.png"))


def test_a_zip_has_a_limit(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("big.png", b"0" * 3_000_000)
    with pytest.raises(InputError, match="too large"):
        unzip(tmp_path / "z.zip", tmp_path / "out", most_bytes=1_000_000)
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(InputError, match="cannot be unpacked"):
        unzip(tmp_path / "no.zip", tmp_path / "out")
