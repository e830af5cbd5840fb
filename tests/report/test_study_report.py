"""A study's page: everything that was given is there, nothing else, no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_reader import Page

from mritumor.errors import GeometryError, InputError
from mritumor.report import StudyFacts, study_report
from mritumor.report.study import lead
from mritumor.report.views import study_views


def volume() -> StudyFacts:
    rng = np.random.default_rng(0)
    image = rng.random((20, 24, 12)).astype(np.float32) + 0.1
    labels = np.zeros(image.shape, np.uint8)
    labels[4:9, 6:14, 3:9] = 1
    labels[5:7, 8:10, 4:7] = 2
    heat = np.zeros(image.shape, np.float32)
    heat[6, 9, 5] = 1
    return StudyFacts(
        case="P1_<b>2020</b>",
        image=image,
        labels=labels,
        names={1: "oedema", 2: "core"},
        affine=np.diag([1.0, 1.0, 2.0, 1.0]),
        probabilities={"glioma": 0.9, "none": 0.1},
        heat=heat,
        heat_of="glioma",
        uncertainty=heat,
        truth=labels,
        measures=[{"region": "oedema", "mm³": 1234.5}],
        scores={"Dice": 1.0},
        provenance={"bundle": "lgg 0.1", "weights": "ab12"},
        notes=["t1n was missing"],
    )


def test_whole_page(tmp_path: Path) -> None:
    page = Page(study_report(volume(), tmp_path / "deep/page.html"))
    for words in (
        "P1_<b>2020</b>",  # escaped in the source, itself on the page
        "Glioma, 90%; outlined: oedema, core.",
        "t1n was missing",
        "90.0 %",
        "Where the evidence for glioma lies",
        "Uncertainty",
        "1\u202f234",  # in thousands without decimals
        "Against the expert's outline",
        "ab12",
        "Not a medical device",
    ):
        assert words in page.text
    assert {"show-border", "show-fill", "show-truth", "heat-range"} <= page.ids
    # Three planes of four layers, six slices, three planes each of heat and doubt.
    assert len(page.images) == 3 * 4 + 6 * 4 + 3 * 3 + 3 * 3


def test_parts_that_are_not_known_are_not_there(tmp_path: Path) -> None:
    facts = StudyFacts("x", np.random.default_rng(0).random((30, 20)))
    page = Page(study_report(facts, tmp_path / "page.html"))
    assert len(page.images) == 1 and not page.ids & {"show-border", "heat-range"}
    for words in ("Class", "Provenance", "Measures", "evidence", "Outline"):
        assert words not in page.text


def test_layers_are_where_the_voxels_are() -> None:
    """The border in the axial picture lies around the labels, right on the left."""
    facts = replace(volume(), heat=None, uncertainty=None, truth=None)
    view = study_views(facts).outline[0]
    border = decode(view.layers["border"])[..., 3] > 0
    rows, columns = np.flatnonzero(border.any(1)), np.flatnonzero(border.any(0))
    height, width = border.shape
    # Voxels 4 to 8 of 20 from the left: on the right of the picture.
    np.testing.assert_allclose(
        (columns[0] / width, columns[-1] / width), (11 / 20, 16 / 20), atol=0.03
    )
    np.testing.assert_allclose(
        (rows[0] / height, rows[-1] / height), (10 / 24, 18 / 24), atol=0.03
    )
    assert tuple(decode(view.layers["border"])[border][0]) == (255, 41, 41, 255)


def test_coronal_keeps_its_proportions() -> None:
    coronal = study_views(volume()).outline[1]
    assert coronal.size[0] / coronal.size[1] == pytest.approx(12 * 2 / 20, rel=0.01)


def test_heat_planes_go_through_the_peak() -> None:
    titles = [view.title for view in study_views(volume()).heat]
    assert titles == ["axial 6", "coronal 10", "sagittal 7"]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "Glioma, 90%; outlined: oedema, core."),
        ({"abstain_below": 0.95}, "Not sure (glioma?); outlined: oedema, core."),
        ({"probabilities": {}}, "Outlined: oedema, core."),
        ({"labels": np.zeros((20, 24, 12), np.uint8)}, "Glioma, 90%; no tumour."),
        ({"probabilities": {}, "labels": None}, ""),
    ],
)
def test_lead(changes: dict, words: str) -> None:
    assert lead(replace(volume(), **changes)) == words


def test_nothing_found_is_a_page(tmp_path: Path) -> None:
    empty = np.zeros((20, 24, 12), np.uint8)
    facts = replace(volume(), labels=empty, truth=None, heat=np.zeros(empty.shape))
    page = Page(study_report(facts, tmp_path / "page.html"))
    assert "no tumour" in page.text


def test_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="affine"):
        study_report(replace(volume(), affine=None), tmp_path / "page.html")
    with pytest.raises(InputError, match="heat"):
        study_report(replace(volume(), heat=np.zeros((3, 3))), tmp_path / "page.html")
    with pytest.raises(InputError, match="choose one channel"):
        study_report(StudyFacts("x", np.zeros((1, 4, 4, 4))), tmp_path / "page.html")


def decode(uri: str) -> np.ndarray:
    import base64
    import io

    from PIL import Image

    data = base64.b64decode(uri.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
