"""Faults of volumes: grids, sequences, label years, copies, leaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import nibabel as nib
import numpy as np
from planted_collection import POINTER, Collection, Fault, Outcome, examine
from scipy import ndimage

from mritumor.phantom import make_study
from mritumor.phantom.contrast import MODALITIES
from mritumor.types import Item

BASES = 4
ITEMS = 64
# What a fault brings along by its nature.
BROUGHT = {"modality-swapped": {"copied-channel", "unregistered"}}


class Bench(Collection):
    """Studies; `new` adds a sound item that is like no other."""

    def __init__(self, root: Path) -> None:
        labels = {"0": "background", "1": "NCR", "2": "ED", "3": "ET"}
        super().__init__(
            root, {"modality": dict(enumerate(MODALITIES)), "labels": labels}
        )
        self.studies = [make_study(5, case, spacing=5.0) for case in range(BASES)]
        self.heads = [make_study(9, n, spacing=5.0, skull=True) for n in range(2)]

    def new(self, section: str = "training") -> Item:
        study = self.studies[self.count % BASES]
        name = f"P{self.count:03d}"
        angle = -60 + 120 * self.count / ITEMS
        item: Item = {"image": [], "label": f"{name}/{name}_seg.nii.gz"}
        (self.twin / name).mkdir()
        for modality in MODALITIES:
            turned = _turn(study.images[modality], angle, 1)
            item["image"].append(f"{name}/{name}_{modality}.nii.gz")
            _save(self.twin / item["image"][-1], np.rint(turned), study.affine)
        turned = _turn(study.label, angle, 0)
        _save(self.twin / item["label"], turned, study.affine)
        item["patient"] = name
        return self.add(section, item)

    def save(self, name: str, values: np.ndarray, affine: Any = None) -> None:
        own = self.studies[0].affine if affine is None else affine
        nib.save(nib.Nifti1Image(values, own), self.root / name)

    def edit(self, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.save(name, change(self.read(name)))

    def read(self, name: str) -> np.ndarray:
        return np.array(nib.load(self.root / name).dataobj)


Plant: TypeAlias = "Callable[[Bench], str]"


def make_bench(root: Path) -> Bench:
    """Return a bench with six sound studies."""
    bench = Bench(root)
    for section in ("training", "testing") * 3:
        bench.new(section)
    return bench


def examine_volumes(root: Path) -> Outcome:
    """Plant all faults of volumes under an empty folder and audit them."""
    return examine(make_bench(root), FAULTS, BROUGHT)


def _save(file: Path, values: np.ndarray, affine: np.ndarray) -> None:
    nib.save(nib.Nifti1Image(values.astype(np.int16), affine), file)


def _turn(values: np.ndarray, angle: float, order: int) -> np.ndarray:
    turned = ndimage.rotate(values, angle, axes=(0, 1), reshape=False, order=order)
    return ndimage.rotate(turned, angle / 4, axes=(1, 2), reshape=False, order=order)


def _edit_image(change: Callable[[np.ndarray], np.ndarray], n: int = 1) -> Plant:
    def plant(bench: Bench) -> str:
        item = bench.new()
        bench.edit(item["image"][n], change)
        return str(item["image"][0])

    return plant


def _edit_label(change: Callable[[np.ndarray], np.ndarray]) -> Plant:
    def plant(bench: Bench) -> str:
        item = bench.new()
        bench.edit(item["label"], change)
        return str(item["image"][0])

    return plant


def _bytes(change: Callable[[bytes], bytes] | None, key: str = "image") -> Plant:
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


def _affine(key: str, matrix: np.ndarray) -> Plant:
    def plant(bench: Bench) -> str:
        item = bench.new()
        name = item["label"] if key == "label" else item["image"][3]
        affine = bench.studies[0].affine @ matrix
        bench.save(name, bench.read(name), affine)
        return str(item["image"][0])

    return plant


def _images(change: Callable[[list[str]], Any]) -> Plant:
    def plant(bench: Bench) -> str:
        item = bench.new()
        item["image"] = change(item["image"])
        return str(item["image"][0])

    return plant


def _copy(
    section: str, change: Callable[[np.ndarray], np.ndarray], suffix: str = ".nii.gz"
) -> Plant:
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


def _patients(first: str, second: str, section: str, **more: int) -> Plant:
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


def _skull(case: int) -> Plant:
    def plant(bench: Bench) -> str:
        item = bench.new()
        for modality, name in zip(MODALITIES, item["image"]):
            bench.save(name, np.rint(bench.heads[case].images[modality]))
        bench.save(item["label"], bench.heads[case].label)
        return str(item["image"][0])

    return plant


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


def _moved(n: int, voxels: int, axis: int) -> Plant:
    return _edit_image(lambda values: np.roll(values, voxels, axis), n)


COLOUR = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
LARGER = np.diag([1.2, 1.0, 1.0, 1.0])
SHIFTED = np.eye(4) + 2 * np.eye(4, k=3)
MIRRORED = np.diag([-1.0, 1.0, 1.0, 1.0])

EXACT, NEAR = "exact-duplicate", "near-duplicate"
FAULTS: list[Fault[Bench]] = [
    Fault("file missing", "missing-file", _bytes(None)),
    Fault("file missing", "missing-file", _bytes(None, "label")),
    Fault(
        "file truncated",
        "unreadable",
        _bytes(lambda content: content[: len(content) // 2]),
    ),
    Fault(
        "file truncated",
        "unreadable",
        _bytes(lambda content: content[: len(content) - 300]),
    ),
    Fault(
        "file truncated",
        "unreadable",
        _bytes(lambda content: content[: len(content) // 3], "label"),
    ),
    Fault("file empty", "unreadable", _bytes(lambda content: b"")),
    Fault("file empty", "unreadable", _bytes(lambda content: b"", "label")),
    Fault("Git-LFS pointer", "unreadable", _bytes(lambda content: POINTER)),
    Fault(
        "file corrupt", "unreadable", _bytes(lambda content: b"<html>404</html>" * 40)
    ),
    Fault(
        "file corrupt", "unreadable", _edit_image(lambda values: values.astype(COLOUR))
    ),
    Fault("no image named", "no-image", _no_image),
    Fault("NaN or infinity", "not-finite", _edit_image(_put(np.nan))),
    Fault("NaN or infinity", "not-finite", _edit_image(_put(np.nan), 0)),
    Fault("NaN or infinity", "not-finite", _edit_image(_put(np.inf))),
    Fault("one value only", "constant", _edit_image(np.zeros_like)),
    Fault(
        "one value only",
        "constant",
        _edit_image(lambda values: np.full_like(values, 7), 0),
    ),
    Fault("shape differs", "grid", _edit_image(lambda values: values[:, :, 2:])),
    Fault(
        "shape differs", "grid", _edit_image(lambda values: values.transpose(1, 0, 2))
    ),
    Fault("shape differs", "grid", _edit_label(lambda values: values[1:])),
    Fault("affine differs", "grid", _affine("image", LARGER)),
    Fault("affine differs", "grid", _affine("image", MIRRORED)),
    Fault("affine differs", "grid", _affine("label", SHIFTED)),
    Fault("affine differs", "grid", _affine("label", LARGER)),
    Fault("label year wrong", "label-year", _edit_label(_year)),
    Fault("label year wrong", "label-year", _edit_label(_year)),
    Fault("unknown mask value", "label-values", _edit_label(_put(7))),
    Fault(
        "unknown mask value",
        "label-values",
        _edit_label(lambda values: -values.astype(np.int16)),
    ),
    Fault(
        "unknown mask value", "label-values", _edit_label(lambda values: values * 85)
    ),
    Fault(
        "mask not of whole numbers",
        "label-not-whole",
        _edit_label(lambda values: values * np.float32(0.5)),
    ),
    Fault("mask not of whole numbers", "label-not-whole", _edit_label(_put(0.3))),
    Fault("mask empty", "empty-label", _edit_label(np.zeros_like), "note"),
    Fault("sequences swapped", "modality-swapped", _images(_swap(0, 1))),
    Fault("sequences swapped", "modality-swapped", _images(_swap(2, 3))),
    Fault(
        "sequences swapped",
        "modality-swapped",
        _images(lambda n: [*n[:3], n[0].replace("t1n", "seg")]),
    ),
    Fault("sequence missing", "modality-count", _images(lambda names: names[:3])),
    Fault("sequence missing", "modality-count", _images(lambda names: names[0])),
    Fault(
        "exact copy across the split", EXACT, _copy("testing", lambda values: values)
    ),
    Fault(
        "exact copy across the split",
        EXACT,
        _copy("testing", lambda values: values, ".nii"),
    ),
    Fault(
        "exact copy in a section",
        EXACT,
        _copy("training", lambda v: v.astype(np.float32)),
        "warning",
    ),
    Fault("near copy across: brightness", NEAR, _copy("testing", _faint_noise)),
    Fault("near copy across: mirrored", NEAR, _mirrored),
    Fault("near copy across: mirrored", NEAR, _mirrored),
    Fault(
        "near copy in a section",
        NEAR,
        _copy("training", lambda values: values // 2),
        "warning",
    ),
    Fault("channel copied", "copied-channel", _channel_copied, "warning"),
    Fault("sequence displaced", "unregistered", _moved(1, 3, 0), "warning"),
    Fault("sequence displaced", "unregistered", _moved(2, -3, 1), "warning"),
    Fault("sequence displaced", "unregistered", _moved(3, 3, 2), "warning"),
    Fault("skull left on", "unstripped", _skull(0), "warning"),
    Fault("skull left on", "unstripped", _skull(1), "warning"),
    Fault("patient on both sides", "patient-leak", _patients("Ann", "Ann", "testing")),
    Fault("patient on both sides", "patient-leak", _patients("S-7", "S-7", "testing")),
    Fault(
        "person under two ids",
        "person-leak",
        _patients("MR048294", "MR048294B", "testing"),
    ),
    Fault(
        "patient in two folds", "fold-leak", _patients("Bob", "Bob", "training", fold=1)
    ),
]
