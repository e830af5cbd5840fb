"""The audit's parts: hand cases, references, properties and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from mritumor.data.audit import AuditOptions, Finding, audit, write_page
from mritumor.data.audit.appearance import displacement, looks_unstripped
from mritumor.data.audit.facts import Facts
from mritumor.data.audit.findings import in_order
from mritumor.data.audit.groups import Groups
from mritumor.data.audit.outlines import Values, count_values, empty_outlines
from mritumor.data.audit.record import Record
from mritumor.data.audit.records import read_data_set
from mritumor.data.audit.shortcuts import baselines
from mritumor.data.audit.suspicions import shortcut_findings
from mritumor.data.audit.thumbs import pixel_hash, thumbnail
from mritumor.data.audit.vectors import BLOCK, mirrored, nearest, pairs_above, vectors
from mritumor.errors import InputError
from mritumor.phantom import make_study

PIXELS = hnp.arrays(np.uint8, (7, 9), elements=st.integers(0, 255))
RNG = np.random.default_rng(4)


def test_groups_by_hand() -> None:
    groups = Groups(7)
    for pair in ((1, 4), (4, 6), (0, 5), (6, 1)):
        groups.join(*pair)
    assert groups.all() == [[0, 5], [1, 4, 6]]
    assert Groups(3).all() == []


@given(PIXELS)
@settings(max_examples=25)
def test_the_hash_sees_values_and_shape_and_not_the_number_type(
    pixels: np.ndarray,
) -> None:
    digest = pixel_hash(pixels)
    assert digest == pixel_hash(pixels.astype(np.float64))
    assert digest == pixel_hash(np.asfortranarray(pixels))
    assert digest != pixel_hash(pixels.reshape(9, 7))
    changed = pixels.astype(int)
    changed[3, 3] += 1
    assert digest != pixel_hash(changed)


@given(hnp.arrays(np.int16, st.integers(1, 60), elements=st.integers(-3, 5)))
@settings(max_examples=25)
def test_counted_values_agree_with_numpy(labels: np.ndarray) -> None:
    values, counts = np.unique(labels, return_counts=True)
    expected = dict(zip(values.tolist(), counts.tolist()))
    for dtype in (np.int16, np.float32):
        found = count_values(labels.astype(dtype))
        assert dict(found.counts) == expected
        assert found.foreground == int((labels != 0).sum())


@pytest.mark.parametrize(
    ("value", "whole"), [(0.9999999, True), (0.5, False), (np.nan, False)]
)
def test_whole_numbers(value: float, whole: bool) -> None:
    assert count_values(np.array([0.0, 2.0, value])).whole is whole


@pytest.mark.parametrize(("empty", "told"), [(0, 0), (3, 3), (11, 1), (14, 0)])
def test_empty_outlines_are_told_one_by_one_or_together(empty: int, told: int) -> None:
    records = [Record("training", f"{n}.png", (), number=n) for n in range(14)]
    values = [Values({0: 9} if n < empty else {0: 5, 1: 4}) for n in range(14)]
    found = list(empty_outlines(records, values))
    assert len(found) == told
    assert sum(len(finding.items) for finding in found) == (empty if told else 0)


def _thumbs(count: int) -> list[np.ndarray]:
    return [RNG.integers(0, 255, (48, 48), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("fine", [True, False])
def test_pairs_agree_with_numpy_over_block_borders(fine: bool) -> None:
    thumbs = _thumbs(BLOCK // 64)
    many = [thumbs[n % len(thumbs)] for n in range(BLOCK + 20)]
    rows = vectors(many, fine=fine)
    found = {(i, j) for i, j, _ in pairs_above(rows, rows, 0.99)}
    period = len(thumbs)
    expected = {
        (i, j) for i in range(len(many)) for j in range(i + period, len(many), period)
    }
    assert found == expected
    assert (nearest(rows[:period], rows) == np.arange(len(many)) % period).all()


def test_vectors_are_correlations() -> None:
    first, second = _thumbs(2)
    rows = vectors([first, second])
    reference = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert rows[0] @ rows[1] == pytest.approx(reference, abs=1e-5)


def test_mirroring_twice_is_nothing_and_swaps_left_and_right() -> None:
    picture = _thumbs(1)[0]
    assert (mirrored(mirrored(picture)) == picture).all()
    assert (mirrored(picture) == picture[:, ::-1]).all()
    volume = RNG.random((20, 22, 18))
    wide = thumbnail(volume, volume=True)
    assert wide.shape == (48, 144)
    turned = thumbnail(volume[::-1], volume=True)
    assert np.abs(mirrored(wide).astype(int) - turned).max() <= 1
    assert (mirrored(wide)[:, :48] == wide[:, :48]).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_shift_of_15_mm_is_measured_and_a_match_is_left_alone(axis: int) -> None:
    study = make_study(3, 1, spacing=5.0)
    fixed, moving = study.images["t1n"], study.images["t2f"]
    assert displacement(fixed, moving, (5, 5, 5)) == 0
    shifted = np.roll(moving, 3, axis)
    assert displacement(fixed, shifted, (5, 5, 5)) == pytest.approx(15, abs=0.1)


def test_skull_and_thin_volumes() -> None:
    brain = make_study(3, 1, spacing=5.0)
    head = make_study(3, 1, spacing=5.0, skull=True, noise=0)
    for name in ("t1n", "t2f"):
        assert not looks_unstripped(np.rint(brain.images[name]), (5, 5, 5))
        assert looks_unstripped(np.rint(head.images[name]), (5, 5, 5))
    thin = brain.images["t1n"][:, :, 16:17]
    assert displacement(thin, thin, (5, 5, 5)) == 0
    assert not looks_unstripped(np.rint(thin), (5, 5, 5))


def _facts(count: int, per_patient: int, site: str | None = None) -> list[Facts]:
    """Patients of alike images; classes and masks go with the patient alone."""
    facts = []
    for n in range(count):
        if n % per_patient == 0:
            base = RNG.integers(0, 200, (48, 48))
            mask = np.zeros((48, 48), bool)
            i, j = RNG.integers(0, 40, 2)
            mask[i : i + 8, j : j + 8] = True
            klass = str(RNG.integers(0, 2))
        noise = RNG.integers(0, 55, (48, 48))
        record = Record(
            "training" if n % 5 else "testing",
            f"{n}.png",
            (),
            klass=klass,
            patient=f"P{n // per_patient}",
            site=None if site is None else site + klass,
        )
        plane = (base + noise).astype(np.uint8)
        facts.append(Facts(record, plane=plane, outline=mask, shape=(48, 48)))
    return facts


def test_baselines_are_high_for_slices_and_low_for_patients() -> None:
    facts = _facts(400, 5)
    found = baselines(facts)
    for name, chance in (("nearest image's class", 0.7), ("nearest image's mask", 0.2)):
        assert found[name]["random images"] > 0.95
        assert found[name]["random patients"] < chance
    kinds = {f.kind: f.severity for f in shortcut_findings(found, facts)}
    assert kinds == {"slice-leak": "note", "too-easy": "warning"}
    assert baselines(facts) == found
    assert baselines(facts, seed=1) != found


def test_a_class_of_one_site_and_one_size_is_told() -> None:
    facts = _facts(100, 1, site="hospital ")
    for item in facts:
        item.shape = (int(item.record.klass or 0), 48)
    kinds = {f.kind for f in shortcut_findings(baselines(facts), facts)}
    assert kinds == {"class-equals-source", "class-by-size"}


def test_findings_are_sorted_and_told_once() -> None:
    note, error = Finding("note", "a", "x", "…"), Finding("error", "b", "x", "…")
    assert in_order([note, error, note]) == [error, note]


def _class_folders(root: Path) -> Path:
    for n, name in enumerate(["Training/a", "Training/b", "Testing/a", "__MACOSX/a"]):
        (root / name).mkdir(parents=True)
        Image.fromarray(_thumbs(1)[0]).save(root / name / f"{n}.jpg")
    (root / "Training/a/.DS_Store").write_bytes(b"")
    (root / "readme.txt").write_text("no image")
    return root


def test_a_folder_per_class(tmp_path: Path) -> None:
    records = read_data_set(_class_folders(tmp_path)).records
    assert [(r.section, r.klass, r.name) for r in records] == [
        ("testing", "a", "Testing/a/2.jpg"),
        ("training", "a", "Training/a/0.jpg"),
        ("training", "b", "Training/b/1.jpg"),
    ]
    assert audit(tmp_path).exit_code == 0


def test_masks_beside_their_images(tmp_path: Path) -> None:
    for name in ("TCGA_1/1.tif", "TCGA_1/1_mask.tif", "TCGA_2/1.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(_thumbs(1)[0]).save(tmp_path / name)
    first, second = read_data_set(tmp_path).records
    assert (first.patient, first.klass) == ("TCGA_1", None)
    assert first.label == tmp_path.resolve() / "TCGA_1/1_mask.tif"
    assert second.label is None


def test_volumes_without_a_datalist(phantoms: Path, tmp_path: Path) -> None:
    for folder in phantoms.glob("phantom-*"):
        (tmp_path / folder.name).symlink_to(folder)
    copied = [f for f in phantoms.rglob("*_t1n.nii.gz")][:2]
    for n, file in enumerate(copied):
        (tmp_path / "train" / f"X{n}").mkdir(parents=True)
        (tmp_path / "train" / f"X{n}" / file.name).write_bytes(file.read_bytes())
    records = read_data_set(tmp_path / "train").records
    assert [r.modalities for r in records] == [("t1n",), ("t1n",)]
    assert audit(tmp_path / "train").exit_code == 0


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    root = _class_folders(tmp_path / "<set>")
    (root / "Testing/a/9.jpg").write_bytes((root / "Training/a/0.jpg").read_bytes())
    report = audit(root)
    page = write_page(report, tmp_path / "new/audit.html").read_text(encoding="utf-8")
    assert "exact-duplicate" in page
    assert "Something must be fixed" in page and 'href="#error-exact-duplicate"' in page
    assert 'id="error-exact-duplicate"' in page
    assert page.index("Training/a/0.jpg") > page.index("Findings")
    assert page.count("data:image/png;base64,") == 2
    assert "prefers-color-scheme: dark" in page
    assert "&lt;set&gt;" in page and "<set>" not in page
    assert "http" not in page
    json.dumps(report.to_dict())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no images were found"),
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ("{}", "names no item"),
        ('{"training": 3}', "no list of items"),
    ],
)
def test_what_cannot_be_audited(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "datalist.json").write_text(content)
    with pytest.raises(InputError, match=said):
        audit(tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"near_threshold": 0.2}, {"near_threshold": 1.5}, {"workers": 0}]
)
def test_options_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        AuditOptions(**wrong)  # type: ignore[arg-type]
