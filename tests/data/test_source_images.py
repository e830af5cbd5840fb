from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from mritumor.data.audit import audit
from mritumor.data.datalist import SECTIONS, read_classes, read_datalist
from mritumor.data.prepare import Options, prepare
from mritumor.data.sources.pictures import natural, pixel_hash
from mritumor.errors import InputError, LeakageError

CLASSES = ("glioma", "notumor", "pituitary")


def write(file, seed, size=(9, 7)):
    pixels = np.random.default_rng(seed).integers(0, 255, size).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


@pytest.fixture
def flat(tmp_path):
    """Three classes of ten pictures."""
    for c, name in enumerate(CLASSES):
        for n in range(10):
            write(tmp_path / f"raw/{name}/{n}.png", 100 * c + n)
    return tmp_path / "raw"


@pytest.fixture
def official(flat):
    for c, name in enumerate(CLASSES):
        shutil.move(flat / name, flat / f"Training/{name}")
        for n in range(4):
            write(flat / f"Testing/{name}/{n}.png", 1000 + 100 * c + n)
    return flat


def prepared(raw, out, **options):
    report = prepare("images", raw, out, Options(**{"folds": 0, **options}))
    return report, {
        s: read_datalist(report.datalist, s, allow_leaky=True) for s in SECTIONS
    }


def everyone(sections):
    return [item for part in sections.values() for item in part]


def names(items):
    return {"/".join(i["image"].split("/")[-3:]) for i in items}


def test_folders_are_classes_and_each_image_is_a_patient(flat, tmp_path):
    report, sections = prepared(flat, tmp_path / "out", folds=3)
    items = everyone(sections)
    assert len(items) == len({i["patient"] for i in items}) == 30
    for item in items:
        assert item["class_name"] == item["image"].split("/")[-2]
        assert item["class"] == CLASSES.index(item["class_name"])
        assert "label" not in item  # no masks: where the tumour is is unknown
    assert read_classes(report.datalist) == dict(enumerate(CLASSES))
    assert json.loads(report.datalist.read_text("utf-8"))["labels"] == {}


def test_every_side_has_every_class(flat, tmp_path):
    _, sections = prepared(flat, tmp_path / "out", val_fraction=0.2, test_fraction=0.2)
    for part in sections.values():
        assert {i["class_name"] for i in part} == set(CLASSES)


def test_published_sections_are_kept(official, tmp_path):
    _, sections = prepared(official, tmp_path / "out", split="official")
    assert len(sections["testing"]) == 12
    assert all("Testing" in i["image"] for i in sections["testing"])
    others = sections["training"] + sections["validation"]
    assert len(others) == 30 and all("Training" in i["image"] for i in others)
    assert sections["validation"]


def test_published_training_stays_whole_on_request(official, tmp_path):
    _, sections = prepared(
        official, tmp_path / "out", split="official", val_fraction=0.0
    )
    assert [len(sections[s]) for s in SECTIONS] == [30, 0, 12]


def copy_across(raw):
    """One training image again under testing, in another format and name."""
    picture = Image.open(raw / "Training/glioma/3.png")
    picture.convert("RGB").save(raw / "Testing/glioma/other.tif")


def test_a_copy_across_the_published_split_is_a_leak(official, tmp_path):
    copy_across(official)
    with pytest.raises(LeakageError, match="1 image.*deduplicated.*leaky-official"):
        prepared(official, tmp_path / "out", split="official")
    assert not (tmp_path / "out/datalist.json").exists()


def test_deduplicated_leaves_the_copy_out_of_training(official, tmp_path):
    copy_across(official)
    report, sections = prepared(official, tmp_path / "out")
    assert "Testing/glioma/other.tif" in names(sections["testing"])
    assert "Training/glioma/3.png" not in names(everyone(sections))
    assert len(sections["testing"]) == 13 and len(everyone(sections)) == 42
    assert any("1 of 43 images left out" in note for note in report.notes)


def test_the_leaky_published_split_is_read_only_when_asked(official, tmp_path):
    copy_across(official)
    report, sections = prepared(official, tmp_path / "out", split="leaky-official")
    assert len(everyone(sections)) == 43
    with pytest.raises(LeakageError, match="leaky_official_split"):
        read_datalist(report.datalist)


def test_copies_stay_on_one_side_of_a_random_split(flat, tmp_path):
    for n in range(5):
        shutil.copy(flat / f"glioma/{n}.png", flat / f"glioma/copy{n}.png")
    for seed in range(4):
        out = tmp_path / f"out{seed}"
        _, sections = prepared(flat, out, split="random", seed=seed)
        hashes = [{i["pixels"] for i in part} for part in sections.values()]
        assert sum(map(len, hashes)) == len(set.union(*hashes)) == 30
        assert len(everyone(sections)) == 35


def near_copies(folder, count=6):
    """Heads of their own, each with a mirrored, recompressed and brighter one."""
    for n in range(count):
        rng = np.random.default_rng(500 + n)
        head = np.kron(rng.integers(20, 200, (16, 16)), np.ones((6, 6))).astype(
            np.uint8
        )
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(head).save(folder / f"head{n}.png")
        bright = Image.fromarray((head[:, ::-1] * 1.1).astype(np.uint8))
        bright.resize((120, 120)).save(folder / f"near{n}.jpg", quality=85)


@pytest.mark.parametrize("split", ["random", "deduplicated"])
def test_near_copies_stay_on_one_side_and_in_one_fold(flat, tmp_path, split):
    near_copies(flat / "glioma")
    for seed in range(4):
        report, sections = prepared(
            flat, tmp_path / f"out{seed}", split=split, seed=seed, folds=3
        )
        items = everyone(sections)
        assert len(items) == 42 and all("thumb" not in item for item in items)
        places, people = {}, {}
        for section, part in sections.items():
            for item in part:
                name = item["image"].split("/")[-1]
                if name[:4] in ("head", "near"):
                    places.setdefault(name[4], set()).add((section, item["fold"]))
                    people.setdefault(name[4], set()).add(item["person"])
                else:
                    assert item["person"] == item["patient"]
        assert len(places) == 6 and all(len(found) == 1 for found in places.values())
        assert len(set().union(*people.values())) == 6
        assert any("12 of 42 images are nearly the same" in n for n in report.notes)


def test_the_audit_finds_no_near_copy_on_two_sides(flat, tmp_path):
    near_copies(flat / "glioma")
    raw = audit(flat)
    assert {f.kind for f in raw.findings} & {"near-duplicate"}
    prepared(flat, tmp_path / "out")
    found = audit(tmp_path / "out")
    assert not {f.kind for f in found.findings} & {"near-duplicate"}
    assert "random patients" in found.baselines["nearest image's class"]


def test_a_near_copy_leaves_the_published_training_section(official, tmp_path):
    near_copies(official / "Training/glioma", 2)
    moved = official / "Testing/glioma/near0.jpg"
    shutil.move(official / "Training/glioma/near0.jpg", moved)
    report, sections = prepared(official, tmp_path / "out")
    assert "Testing/glioma/near0.jpg" in names(sections["testing"])
    assert "Training/glioma/head0.png" not in names(everyone(sections))
    assert "Training/glioma/head1.png" in names(everyone(sections))
    assert any("1 more left out that nearly repeat" in note for note in report.notes)
    with pytest.raises(LeakageError, match="0 image.*and 1 nearly.*deduplicated"):
        prepared(official, tmp_path / "other", split="official")


def test_copies_with_two_classes_are_left_out(flat, tmp_path):
    shutil.copy(flat / "glioma/1.png", flat / "notumor/same.png")
    report, sections = prepared(flat, tmp_path / "out")
    assert len(everyone(sections)) == 29
    notes = " | ".join(report.notes)
    assert "1 image(s) stand under several classes" in notes
    assert "2 of them because copies have different classes" in notes


def test_doubled_folder_and_litter_are_passed_over(flat, tmp_path):
    for name in CLASSES:
        shutil.copytree(flat / name, flat / f"brain_tumor_dataset/{name}")
    shutil.copytree(flat / "glioma", flat / "__MACOSX/glioma")
    (flat / "glioma/.DS_Store").write_bytes(b"x")
    (flat / "glioma/._1.png").write_bytes(b"x")
    report, sections = prepared(flat, tmp_path / "out", split="random")
    assert len(everyone(sections)) == 30 and not report.failures
    assert any("30 image(s) of a doubled folder" in note for note in report.notes)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "the file is empty"),
        (b"\xff\xd8\xff\xe0 no", "no readable picture"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
    ],
)
def test_broken_image_is_named_and_the_others_go_on(flat, tmp_path, content, said):
    (flat / "glioma/4.png").write_bytes(content)
    report, sections = prepared(flat, tmp_path / "out")
    (sentence,) = report.failures
    assert "glioma/4.png" in sentence and said in sentence
    assert len(everyone(sections)) == 29


def test_folder_of_one_class_or_of_none_is_refused(tmp_path):
    write(tmp_path / "raw/a.png", 1)
    with pytest.raises(InputError, match="no pictures"):
        prepare("images", tmp_path / "raw", tmp_path / "out")
    write(tmp_path / "raw/glioma/a.png", 1)
    with pytest.raises(InputError, match="two or more classes.*found glioma"):
        prepare("images", tmp_path / "raw", tmp_path / "out")


def test_official_without_published_sections_is_refused(flat, tmp_path):
    with pytest.raises(InputError, match="no published split"):
        prepared(flat, tmp_path / "out", split="official")


def test_hash_is_of_pixels_not_of_colours_or_files():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert pixel_hash(grey) == pixel_hash(np.stack([grey] * 3, -1))
    colours = np.stack([grey, grey, grey + 1], -1)
    assert len({pixel_hash(a) for a in (grey, grey.T, grey + 1, colours)}) == 4
    assert pixel_hash(np.zeros((3, 4))) is None


def test_natural_order():
    assert sorted(["x_10", "x_9", "x", "10", "9"], key=natural) == (
        ["9", "10", "x", "x_9", "x_10"]
    )
