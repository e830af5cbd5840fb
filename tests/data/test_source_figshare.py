from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.prepare import Options, prepare
from mritumor.data.sources.figshare import ranges
from mritumor.data.sources.figshare_mat import eight_bit, read_slice
from mritumor.errors import InputError, LeakageError

PATIENTS = ("100360", "MR048294", "MR048294B", "P7", "P8", "P9")


def picture(seed, size=(16, 12)):
    return np.random.default_rng(seed).integers(0, 900, size).astype(np.int16)


def write_mat(file, image, patient, label=1, skip=(), row=False):
    """A slice as MATLAB writes it: HDF5 after 512 bytes, transposed."""
    mask = image > 600
    codes = np.array([[ord(c)] for c in patient], np.uint16)
    parts = {
        "image": image.T,
        "tumorMask": mask.T.astype(np.uint8),
        "label": np.array([[float(label)]]),
        "PID": codes.T if row else codes,
    }
    with h5py.File(file, "w", userblock_size=512) as f:
        group = f.create_group("cjdata")
        for name, value in parts.items():
            if name not in skip:
                group[name] = value


def write_folds(file, folds):
    with h5py.File(file, "w", userblock_size=512) as f:
        f["cvind"] = np.array([folds], float)


@pytest.fixture
def raw(tmp_path):
    """Twelve slices, two of each patient; the author's folds 1 to 3."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for k in range(1, 13):
        patient = (k - 1) // 2
        write_mat(folder / f"{k}.mat", picture(k), PATIENTS[patient], k % 3 + 1)
    write_folds(folder / "cvind.mat", [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    return folder


def prepared(raw, out, **options):
    report = prepare("figshare", raw, out, Options(folds=0, **options))
    return report, [i for s in SECTIONS for i in read_datalist(report.datalist, s)]


def test_columns_first_is_turned_back(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    assert len(items) == 12
    for item in items:
        source = picture(int(item["image"][-8:-4]))
        image = np.asarray(Image.open(item["image"]))
        mask = np.asarray(Image.open(item["label"]))
        assert image.dtype == mask.dtype == np.uint8 and image.shape == (16, 12)
        np.testing.assert_array_equal(mask, (source > 600) * np.uint8(255))
        np.testing.assert_array_equal(image, eight_bit(source))
        assert item["tumour_voxels"] == (source > 600).sum()


def test_class_patient_and_person(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    by = {int(i["image"][-8:-4]): i for i in items}
    assert [by[k]["class"] for k in (1, 2, 3)] == [1, 2, 0]
    assert by[1]["class_name"] == "glioma" and by[3]["class_name"] == "meningioma"
    assert {i["patient"] for i in items} == set(PATIENTS)
    assert by[5]["person"] == by[3]["person"] == "MR048294"


def test_ids_that_differ_by_a_letter_stay_together(raw, tmp_path):
    for seed in range(5):
        report, _ = prepared(raw, tmp_path / f"out{seed}", seed=seed)
        sides = [
            {i["patient"] for i in read_datalist(report.datalist, s)} for s in SECTIONS
        ]
        assert sum(bool({"MR048294", "MR048294B"} & side) for side in sides) == 1
        assert any("1 patient id(s) joined" in note for note in report.notes)


def test_cvind_is_no_slice_and_gives_the_authors_folds(raw, tmp_path):
    report, items = prepared(raw, tmp_path / "out", split="author")
    assert not report.failures
    assert {i["patient"]: i["fold"] for i in items} == dict(
        zip(PATIENTS, (0, 0, 1, 1, 2, 2))
    )
    for fold, size in ((0, 4), (1, 4), (2, 4)):
        assert len(read_datalist(report.datalist, "validation", fold=fold)) == size
    assert any("MR048294" in n and "several of the author" in n for n in report.notes)


def test_a_patient_in_two_of_the_authors_folds_is_a_leak(raw, tmp_path):
    write_folds(raw / "cvind.mat", [1, 2, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    with pytest.raises(LeakageError, match="100360"):
        prepared(raw, tmp_path / "out", split="author")


def test_without_cvind_the_authors_folds_are_refused_the_rest_goes(raw, tmp_path):
    (raw / "cvind.mat").unlink()
    report, items = prepared(raw, tmp_path / "out")
    assert any("no cvind.mat" in note for note in report.notes) and len(items) == 12
    with pytest.raises(InputError, match="author's folds.*cvind.mat"):
        prepared(raw, tmp_path / "out2", split="author")


def test_gaps_smaller_pictures_doubled_folders_and_litter_are_named(raw, tmp_path):
    (raw / "4.mat").unlink()
    write_mat(raw / "14.mat", picture(14, (8, 6)), "108931")
    (raw / "brainTumorData").mkdir()
    (raw / "brainTumorData/1.mat").write_bytes((raw / "1.mat").read_bytes())
    (raw / "._2.mat").write_bytes(b"x")
    report, items = prepared(raw, tmp_path / "out")
    notes = " | ".join(report.notes)
    assert "3052 of the 3064 published slices are not here: 4, 13, 15-3064" in notes
    assert "1 slices are 8 x 6 and not 16 x 12: of 1 patient(s), 108931" in notes
    assert "1 file(s) repeat" in notes
    assert len(items) == 12 and not report.failures


def truncated(file):
    file.write_bytes(file.read_bytes()[:1200])


def old_version(file):
    file.write_bytes(b"MATLAB 5.0 MAT-file".ljust(600))


def pointer(file):
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


def no_cjdata(file):
    write_folds(file, [1, 2])


def no_mask(file):
    write_mat(file, picture(1), "P7", skip=("tumorMask",))


def other_class(file):
    write_mat(file, picture(1), "P7", label=4)


def no_patient(file):
    write_mat(file, picture(1), "  ")


@pytest.mark.parametrize(
    "spoil, said",
    [
        (truncated, "no readable MATLAB v7.3"),
        (old_version, "no readable MATLAB v7.3"),
        (pointer, "Git-LFS pointer"),
        (no_cjdata, "no 'cjdata'"),
        (no_mask, "lacks tumorMask"),
        (other_class, "no such class"),
        (no_patient, "patient id is empty"),
    ],
)
def test_broken_slice_is_named_and_the_others_go_on(raw, tmp_path, spoil, said):
    spoil(raw / "7.mat")
    report, items = prepared(raw, tmp_path / "out")
    (sentence,) = report.failures
    assert "7.mat" in sentence and said in sentence and len(items) == 11


def test_patient_id_is_read_from_a_row_too(tmp_path):
    write_mat(tmp_path / "1.mat", picture(1), "MR1", row=True)
    assert read_slice(tmp_path / "1.mat").patient == "MR1"


def test_folder_without_slices_is_refused(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(InputError, match="1.mat, 2.mat"):
        prepare("figshare", tmp_path / "raw", tmp_path / "out")


def test_eight_bit_keeps_what_fits_and_stretches_the_rest():
    assert eight_bit(np.array([0, 7, 255], np.int16)).tolist() == [0, 7, 255]
    assert eight_bit(np.array([-100, 0, 155])).tolist() == [0, 100, 255]
    assert eight_bit(np.array([900, 900])).tolist() == [0, 0]


@given(st.lists(st.integers(-500, 5000), min_size=2))
def test_eight_bit_keeps_the_order_of_values(values):
    made = eight_bit(np.array(values, np.int16)).astype(int)
    assert (np.diff(made[np.argsort(values, kind="stable")]) >= 0).all()


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_each_number_once(numbers):
    named = [
        n
        for run in ranges(numbers)
        for n in range(int(run.split("-")[0]), int(run.split("-")[-1]) + 1)
    ]
    assert named == sorted(numbers)
