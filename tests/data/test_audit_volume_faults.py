"""Faults planted in volumes: each is found, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from mritumor.data.audit import AuditReport, audit
from mritumor.phantom import Study, make_study
from mritumor.phantom.contrast import MODALITIES

BASES = 4
ITEMS = 64
Item = dict[str, Any]


class Bench:
    """A data set in the making; `new` adds a sound item that is like no other."""

    def __init__(self, root: Path, studies: list[Study]) -> None:
        self.root = root
        self.sections: dict[str, list[Item]] = {"training": [], "testing": []}
        self.studies, self.heads = studies[:BASES], studies[BASES:]
        self.count = 0

    def new(self, section: str = "training", study: Study | None = None) -> Item:
        study = study or self.studies[self.count % BASES]
        name = f"P{self.count:03d}"
        angle = -60 + 120 * self.count / ITEMS
        self.count += 1
        folder = self.root / name
        folder.mkdir(parents=True)
        item: Item = {"image": [], "label": f"{name}/{name}_seg.nii.gz"}
        for modality in MODALITIES:
            turned = _turn(study.images[modality], angle, 1)
            item["image"].append(f"{name}/{name}_{modality}.nii.gz")
            self.save(item["image"][-1], np.rint(turned).astype(np.int16))
        self.save(item["label"], _turn(study.label, angle, 0))
        item["patient"] = name
        self.sections[section].append(item)
        return item

    def save(self, name: str, values: np.ndarray, affine: Any = None) -> None:
        if affine is None:
            affine = self.studies[0].affine
        nib.save(nib.Nifti1Image(values, affine), self.root / name)

    def edit(self, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.save(name, change(self.read(name)))

    def read(self, name: str) -> np.ndarray:
        return np.array(nib.load(self.root / name).dataobj)

    def write(self) -> Path:
        document = {
            "modality": dict(enumerate(MODALITIES)),
            "labels": {"0": "background", "1": "NCR", "2": "ED", "3": "ET"},
            **self.sections,
        }
        (self.root / "datalist.json").write_text(json.dumps(document))
        return self.root


def _turn(values: np.ndarray, angle: float, order: int) -> np.ndarray:
    turned = ndimage.rotate(values, angle, axes=(0, 1), reshape=False, order=order)
    return ndimage.rotate(turned, angle / 4, axes=(1, 2), reshape=False, order=order)


def _edit_image(change: Callable[[np.ndarray], np.ndarray], n: int = 1) -> Callable:
    def plant(bench: Bench) -> str:
        item = bench.new()
        bench.edit(item["image"][n], change)
        return str(item["image"][0])

    return plant


def _edit_label(change: Callable[[np.ndarray], np.ndarray]) -> Callable:
    def plant(bench: Bench) -> str:
        item = bench.new()
        bench.edit(item["label"], change)
        return str(item["image"][0])

    return plant


def _bytes(change: Callable[[bytes], bytes] | None, key: str = "image") -> Callable:
    def plant(bench: Bench) -> str:
        item = bench.new()
        name = item["label"] if key == "label" else item["image"][2]
        file = bench.root / name
        content = file.read_bytes()
        file.unlink()
        if change is not None:
            file.write_bytes(change(content))
        return str(item["image"][0])

    return plant


def _affine(key: str, matrix: np.ndarray) -> Callable:
    def plant(bench: Bench) -> str:
        item = bench.new()
        name = item["label"] if key == "label" else item["image"][3]
        affine = bench.studies[0].affine @ matrix
        bench.save(name, bench.read(name), affine)
        return str(item["image"][0])

    return plant


def _images(change: Callable[[list[str]], Any]) -> Callable:
    def plant(bench: Bench) -> str:
        item = bench.new()
        item["image"] = change(item["image"])
        return str(item["image"][0])

    return plant


def _copy(
    section: str, change: Callable[[np.ndarray], np.ndarray], suffix: str = ".nii.gz"
) -> Callable:
    """Let one item's first image be a copy of another's, in some guise."""

    def plant(bench: Bench) -> str:
        original, item = bench.new(), bench.new(section)
        item["image"][0] = item["image"][0].replace(".nii.gz", suffix)
        bench.save(item["image"][0], change(bench.read(original["image"][0])))
        return str(original["image"][0])

    return plant


def _mirrored(bench: Bench) -> str:
    original, item = bench.new(), bench.new("testing")
    for name, source in zip(item["image"], original["image"]):
        bench.save(name, bench.read(source)[::-1])
    bench.save(item["label"], bench.read(original["label"])[::-1])
    return str(original["image"][0])


def _patients(first: str, second: str, section: str, **more: int) -> Callable:
    def plant(bench: Bench) -> str:
        one, other = bench.new(), bench.new(section)
        one.update(patient=first, fold=0)
        other.update({"patient": second, "fold": 0, **more})
        return first

    return plant


def _channel_copied(bench: Bench) -> str:
    item = bench.new()
    bench.save(item["image"][0], bench.read(item["image"][3]))
    return str(item["image"][0])


def _no_image(bench: Bench) -> str:
    bench.new()["image"] = []
    return "item without image"


def _skull(case: int) -> Callable:
    return lambda bench: str(bench.new(study=bench.heads[case])["image"][0])


def _put(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values = values.astype(np.float32)
        values[10, 10, 10] = value
        return values

    return change


def _faint_noise(values: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 20, values.shape)
    return np.where(values > 0, values * 0.8 + noise, 0).astype(np.int16)


def _year(values: np.ndarray) -> np.ndarray:
    values[values == 3] = 4
    values[20, 20, 15] = 4
    return values


def _swap(i: int, j: int) -> Callable[[list[str]], list[str]]:
    def change(names: list[str]) -> list[str]:
        names[i], names[j] = names[j], names[i]
        return names

    return change


def _moved(n: int, voxels: int, axis: int) -> Callable:
    return _edit_image(lambda values: np.roll(values, voxels, axis), n)


COLOUR = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
LARGER = np.diag([1.2, 1.0, 1.0, 1.0])
SHIFTED = np.eye(4) + 2 * np.eye(4, k=3)
MIRRORED = np.diag([-1.0, 1.0, 1.0, 1.0])
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"

FAULTS: list[tuple[str, Callable[[Bench], str]]] = [
    ("missing-file", _bytes(None)),
    ("missing-file", _bytes(None, "label")),
    ("unreadable", _bytes(lambda content: content[: len(content) // 2])),
    ("unreadable", _bytes(lambda content: content[: len(content) - 300])),
    ("unreadable", _bytes(lambda content: content[: len(content) // 3], "label")),
    ("unreadable", _bytes(lambda content: b"")),
    ("unreadable", _bytes(lambda content: b"", "label")),
    ("unreadable", _bytes(lambda content: POINTER)),
    ("unreadable", _bytes(lambda content: b"<html>404</html>" * 40)),
    ("unreadable", _edit_image(lambda values: values.astype(COLOUR))),
    ("no-image", _no_image),
    ("not-finite", _edit_image(_put(np.nan))),
    ("not-finite", _edit_image(_put(np.nan), 0)),
    ("not-finite", _edit_image(_put(np.inf))),
    ("constant", _edit_image(np.zeros_like)),
    ("constant", _edit_image(lambda values: np.full_like(values, 7), 0)),
    ("grid", _edit_image(lambda values: values[:, :, 2:])),
    ("grid", _edit_image(lambda values: values.transpose(1, 0, 2))),
    ("grid", _edit_label(lambda values: values[1:])),
    ("grid", _affine("image", LARGER)),
    ("grid", _affine("image", MIRRORED)),
    ("grid", _affine("label", SHIFTED)),
    ("grid", _affine("label", LARGER)),
    ("label-year", _edit_label(_year)),
    ("label-year", _edit_label(_year)),
    ("label-values", _edit_label(_put(7))),
    ("label-values", _edit_label(lambda values: -values.astype(np.int16))),
    ("label-values", _edit_label(lambda values: values * 85)),
    ("label-not-whole", _edit_label(lambda values: values * np.float32(0.5))),
    ("label-not-whole", _edit_label(_put(0.3))),
    ("empty-label", _edit_label(np.zeros_like)),
    ("modality-swapped", _images(_swap(0, 1))),
    ("modality-swapped", _images(_swap(2, 3))),
    ("modality-swapped", _images(lambda n: [*n[:3], n[0].replace("t1n", "seg")])),
    ("modality-count", _images(lambda names: names[:3])),
    ("modality-count", _images(lambda names: names[0])),
    ("exact-duplicate", _copy("testing", lambda values: values)),
    ("exact-duplicate", _copy("testing", lambda values: values, ".nii")),
    ("exact-duplicate", _copy("training", lambda v: v.astype(np.float32))),
    ("near-duplicate", _copy("testing", _faint_noise)),
    ("near-duplicate", _mirrored),
    ("near-duplicate", _mirrored),
    ("near-duplicate", _copy("training", lambda values: values // 2)),
    ("copied-channel", _channel_copied),
    ("unregistered", _moved(1, 3, 0)),
    ("unregistered", _moved(2, -3, 1)),
    ("unregistered", _moved(3, 3, 2)),
    ("unstripped", _skull(0)),
    ("unstripped", _skull(1)),
    ("patient-leak", _patients("Ann", "Ann", "testing")),
    ("patient-leak", _patients("S-7", "S-7", "testing")),
    ("person-leak", _patients("MR048294", "MR048294B", "testing")),
    ("fold-leak", _patients("Bob", "Bob", "training", fold=1)),
]
ERRORS = {"exact-duplicate", "near-duplicate"}
NOTES = {"empty-label"}
WARNINGS = {"copied-channel", "unregistered", "unstripped"}
# A fault that another fault brings along by its nature.
CONSEQUENCES = {"modality-swapped": {"copied-channel", "unregistered"}}


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    brains = [make_study(5, case, spacing=5.0) for case in range(BASES)]
    return brains + [make_study(9, n, spacing=5.0, skull=True) for n in range(2)]


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory, studies: list[Study]
) -> tuple[AuditReport, list[str]]:
    bench = Bench(tmp_path_factory.mktemp("faults"), studies)
    for section in ("training", "testing"):
        for _ in range(3):
            bench.new(section)
    places = [plant(bench) for _, plant in FAULTS]
    assert bench.count <= 2 * ITEMS
    return audit(bench.write()), places


@pytest.mark.parametrize("n", range(len(FAULTS)), ids=lambda n: f"{n}-{FAULTS[n][0]}")
def test_every_planted_fault_is_found(
    planted: tuple[AuditReport, list[str]], n: int
) -> None:
    report, places = planted
    kind = FAULTS[n][0]
    own = [f for f in report.findings if f.kind == kind and places[n] in f.where]
    assert len(own) >= 1
    wanted = "note" if kind in NOTES else "warning" if kind in WARNINGS else "error"
    if kind in ERRORS and ", in several sections" not in own[0].sentence:
        wanted = "warning"
    assert {f.severity for f in own} == {wanted}


def test_nothing_else_is_found(planted: tuple[AuditReport, list[str]]) -> None:
    report, places = planted
    known = {(kind, place) for (kind, _), place in zip(FAULTS, places)}
    for finding in report.findings:
        if finding.severity == "note" or (finding.where == "data set"):
            continue
        assert any(
            place in finding.where
            and (finding.kind == kind or finding.kind in CONSEQUENCES.get(kind, ()))
            for kind, place in known
        ), finding
    assert report.exit_code == 1


def test_a_clean_set_gives_neither_error_nor_warning(
    tmp_path: Path, studies: list[Study]
) -> None:
    bench = Bench(tmp_path, studies)
    for n in range(12):
        bench.new("testing" if n % 4 == 0 else "training")
    report = audit(bench.write())
    assert [f for f in report.findings if f.severity != "note"] == []
    assert report.exit_code == 0
    assert "nearest image's mask" in report.baselines


def test_the_shared_phantoms_are_clean(phantoms: Path) -> None:
    assert audit(phantoms).findings == []
