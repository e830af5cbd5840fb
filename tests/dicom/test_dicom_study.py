"""A DICOM folder becomes a bundle's channels, and their outline goes back into DICOM."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from dicom_writer import DESCRIPTIONS, ID, NAME, TIMES, as_stored, save, slices
from pydicom.uid import generate_uid

from mritumor.data.dicom_placing import covered
from mritumor.data.dicom_study import LoadedStudy, find_studies, load_dicom_study
from mritumor.data.preprocess.grid import Grid
from mritumor.dicom import Algorithm, holds_dicom, read_series, turn_labels, write_seg
from mritumor.errors import GeometryError, InputError
from mritumor.geometry import grid_difference, ras_lps, voxel_to_world
from mritumor.phantom import Study, make_study

MODALITIES = tuple(TIMES)


@pytest.fixture(scope="module")
def phantom() -> Study:
    return make_study(seed=4, case=0, spacing=5)


def add(
    folder: Path,
    phantom: Study,
    name: str,
    uid: str,
    number: int,
    turn: np.ndarray | None = None,
    **tags: Any,
) -> None:
    """Write one sequence; `turn` chooses other slices of it."""
    array, affine = as_stored(phantom.images[name]), phantom.affines[name]
    if turn is not None:
        array, affine = array[:, :, ::2], affine @ np.diag([1.0, 1, 2, 1])
    words = {"SeriesDescription": DESCRIPTIONS[name], **TIMES[name], **tags}
    own = (uid, generate_uid())
    made = slices(array, affine, own, SeriesNumber=number, **words)
    save(folder / f"{number}", made)


@pytest.fixture(scope="module")
def export(phantom: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose FLAIR has every other slice only, in a folder with a name."""
    folder = tmp_path_factory.mktemp("export") / NAME
    uid = generate_uid()
    for number, name in enumerate(MODALITIES, 1):
        turn = np.eye(4) if name == "t2f" else None
        add(folder, phantom, name, uid, number, turn)
    add(folder, phantom, "t1n", uid, 8, SeriesDescription="localizer")
    (folder / "README.txt").write_text("no image")
    return folder


def load(folder: Path, modalities: Any = MODALITIES, **options: Any) -> LoadedStudy:
    (study,) = find_studies(folder).studies
    return load_dicom_study(study, modalities, **options)


def test_channels_on_one_grid(export: Path, phantom: Study) -> None:
    loaded = load(export)
    assert loaded.image.dtype == np.float32 and loaded.missing == ()
    assert loaded.reference.header.number == 1 + MODALITIES.index("t1c")
    own = read_series(loaded.reference)
    assert np.array_equal(loaded.affine, own.affine)
    for channel, name in enumerate(MODALITIES[:3]):
        stored = read_series(loaded.chosen[name])
        difference = grid_difference(
            own.array.shape, own.affine, stored.array.shape, stored.affine
        )
        assert difference is None
        assert np.array_equal(loaded.image[channel], stored.array)
    # The FLAIR's slices that there are come back as they were.
    thin = read_series(loaded.chosen["t2f"])
    index = np.argwhere(thin.array > 0)[::97]
    where = np.linalg.inv(loaded.affine) @ thin.affine
    there = np.rint(voxel_to_world(where, index)).astype(int)
    assert np.allclose(loaded.image[3][tuple(there.T)], thin.array[tuple(index.T)])
    assert any("t2f" in n and "resampled" in n for n in loaded.notes)
    assert any("localizer" in n for n in loaded.notes)


def test_any_order_of_channels_and_another_reference(export: Path) -> None:
    loaded = load(export, ("t2f", "t1n"), reference="t2f")
    thin = read_series(loaded.reference)
    assert loaded.reference.header.number == 4
    assert loaded.image.shape == (2, *thin.array.shape)
    assert np.array_equal(loaded.image[0], thin.array)
    with pytest.raises(InputError, match="the reference t1c is missing"):
        load(export, ("t2f", "t1n"), reference="t1c")


def test_there_and_back(export: Path, phantom: Study, tmp_path: Path) -> None:
    """An outline on the loaded image is a SEG where the phantom's tumour is."""
    loaded = load(export)
    drawn = turn_labels(
        phantom.label, phantom.affine, loaded.image.shape[1:], loaded.affine
    )
    names = {1: "necrotic core", 2: "oedema", 3: "enhancing tumour"}
    ai = Algorithm("brats_segmentation", "0.1.0")
    path = write_seg(
        tmp_path / f"{loaded.name}_seg.dcm",
        drawn,
        loaded.affine,
        loaded.reference,
        names,
        ai,
    )
    volume = hd.seg.segread(path).get_volume(combine_segments=True)
    for value in names:
        found = voxel_to_world(
            ras_lps(volume.affine), np.argwhere(volume.array == value)
        )
        wanted = voxel_to_world(phantom.affine, np.argwhere(phantom.label == value))
        assert len(found) == len(wanted) > 0
        assert np.allclose(found.mean(0), wanted.mean(0), atol=1e-3)


def test_slices_for_bundles_of_two_axes(phantom: Study, tmp_path: Path) -> None:
    array = as_stored(phantom.images["t1c"])
    words = {"SeriesDescription": DESCRIPTIONS["t1c"], **TIMES["t1c"]}
    made = slices(
        array, phantom.affines["t1c"], (generate_uid(), generate_uid()), **words
    )
    save(tmp_path, made[12:13])
    with pytest.raises(InputError, match="only 1 slice"):
        load(tmp_path, ["t1c"])
    loaded = load(tmp_path, ["t1c"], fewest=1)
    (picture,) = loaded.slices()
    assert np.array_equal(picture[0], array[:, :, 12])
    # A picture bundle whose channel is named after no sequence takes what is there.
    assert np.array_equal(load(tmp_path, ["image"], fewest=1).image, loaded.image)


def test_missing_sequences(phantom: Study, tmp_path: Path) -> None:
    add(tmp_path, phantom, "t1n", generate_uid(), 3)
    with pytest.raises(InputError, match="t2f is missing.*t1n: series 3 't1_se_tra'"):
        load(tmp_path, ("t1n", "t2f"))
    loaded = load(tmp_path, ("t2f", "t1n"), fill_missing=True)
    assert loaded.missing == ("t2f",) and not loaded.image[0].any()
    assert loaded.image[1].any() and loaded.reference.header.number == 3
    with pytest.raises(InputError, match="t2f is missing"):
        load(tmp_path, ("t2f",), fill_missing=True)


def test_several_series_of_one_sequence(phantom: Study, tmp_path: Path) -> None:
    uid = generate_uid()
    add(tmp_path, phantom, "t2w", uid, 3, turn=np.eye(4))
    add(tmp_path, phantom, "t2w", uid, 5)
    with pytest.raises(InputError, match="2 series may be the t2w.*by its number"):
        load(tmp_path, ["t2w"])
    assert load(tmp_path, ["t2w"], finest=True).reference.header.number == 5
    chosen = load(tmp_path, ["t2w"], numbers={"t2w": 3})
    assert chosen.reference.header.number == 3
    assert any("series 5" in n and "not used" in n for n in chosen.notes)
    with pytest.raises(InputError, match="0 series have the number 7"):
        load(tmp_path, ["t2w"], numbers={"t2w": 7})
    with pytest.raises(InputError, match="not asked for.*t1n"):
        load(tmp_path, ["t2w"], numbers={"t1n": 3})


def test_a_doubtful_series_hinders_only_where_it_is_needed(
    phantom: Study, tmp_path: Path
) -> None:
    uid = generate_uid()
    add(tmp_path, phantom, "t2w", uid, 3)
    add(tmp_path, phantom, "t1n", uid, 4, SeriesDescription="t2_x")
    assert any("not clear" in note for note in load(tmp_path, ["t2w"]).notes)
    with pytest.raises(InputError, match="t1n is missing.*not clear"):
        load(tmp_path, ["t1n", "t2w"])
    assert load(tmp_path, ["t1n"], numbers={"t1n": 4}).image.any()


@pytest.mark.slow  # registers two volumes
def test_other_frames_of_reference(phantom: Study, tmp_path: Path) -> None:
    uid = generate_uid()
    add(tmp_path, phantom, "t1c", uid, 1)
    add(tmp_path, phantom, "t2f", uid, 2, FrameOfReferenceUID=generate_uid())
    with pytest.raises(GeometryError, match="do not share a frame of reference"):
        load(tmp_path, ["t1c", "t2f"])
    loaded = load(tmp_path, ["t1c", "t2f"], register=True)
    stored = read_series(loaded.chosen["t2f"]).array
    assert any("registered" in note for note in loaded.notes)
    # The phantom did not move: registered, it lies about where it lay.
    assert np.corrcoef(loaded.image[1].ravel(), stored.ravel())[0, 1] > 0.95


def test_a_series_that_covers_little(phantom: Study, tmp_path: Path) -> None:
    uid = generate_uid()
    add(tmp_path, phantom, "t1c", uid, 1)
    array = as_stored(phantom.images["t2f"])[:, :, :12]
    words = {"SeriesDescription": DESCRIPTIONS["t2f"], **TIMES["t2f"]}
    own = (uid, generate_uid())
    save(tmp_path / "2", slices(array, phantom.affines["t2f"], own, **words))
    assert any("it covers" in note for note in load(tmp_path, ["t1c", "t2f"]).notes)


def test_coverage_by_hand() -> None:
    grid = Grid((10, 10, 10), np.eye(4))
    assert covered(grid, grid) == 1.0
    assert covered(grid, Grid((10, 10, 5), np.eye(4))) == pytest.approx(0.5)
    away = np.eye(4)
    away[0, 3] = 100.0
    assert covered(grid, grid, away) == 0.0


def test_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no image")
    assert not holds_dicom(tmp_path)
    with pytest.raises(InputError, match="no MR series were found .found 1 not DICOM"):
        find_studies(tmp_path)


def test_nobodys_name(
    export: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert holds_dicom(export)
    caplog.set_level(logging.DEBUG)
    found = find_studies(export)
    (study,) = found.studies
    loaded = load_dicom_study(study, MODALITIES)
    shown = capsys.readouterr()
    told = f"{found} {study} {loaded} {loaded.notes} {caplog.text} {shown}".lower()
    secrets = [ID, *NAME.split("^"), "19700101"]
    assert [s for s in secrets if s.lower() in told] == []
    assert study.name.startswith("P-")
    (named,) = find_studies(export, keep_ids=True).studies
    assert named.name.startswith(f"{ID}_S-")
