"""The table of the papers: nothing that was not found stands in it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "table", root / "tools/paper_table.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(value: float, settings: str = "") -> dict[str, object]:
    return {"text": f"{value:.3f}", "value": value, "settings": settings}


def test_what_was_not_trained_is_said(tool: ModuleType) -> None:
    page = tool.page({"kotob_segmentation figshare patient": score(0.7)})
    (row,) = [x for x in page.splitlines() if x.startswith("| kotob_segmentation")]
    assert "| is by patient | 0.700 | - | -, - | - |" in row
    (said,) = [x for x in page.splitlines() if x.startswith("Not trained:")]
    assert "kotob_segmentation" not in said and "amin_classification kaggle" in said


def test_leakage_is_a_difference_and_what_was_shortened_a_note(
    tool: ModuleType,
) -> None:
    found = {
        "amin_segmentation lgg paper": score(0.9, "epochs 6"),
        "amin_segmentation lgg patient": score(0.75, "epochs 6"),
        "aish_cnn lgg patient": score(0.8, "epochs 4"),
        "baseline lgg paper": {"nearest image's mask": 0.642, "commonest class": 0.6},
        "baseline lgg patient": {"nearest image's mask": 0.129, "commonest class": 0.6},
    }
    page = tool.page(found)
    (row,) = [x for x in page.splitlines() if x.startswith("| amin_segmentation")]
    assert "| 0.900 (2) | 0.750 (2) | +0.150 | 0.642, 0.129 | +0.513 |" in row
    assert "| not trained | 0.800 (1) | - |" in page
    assert "(1) Shortened: epochs 4." in page and "(2) Shortened: epochs 6." in page


def test_every_overlay_is_in_the_table_or_named(tool: ModuleType, root: Path) -> None:
    overlays = {path.stem for path in (root / "configs/papers").glob("*.yaml")}
    lines = {line.overlay for line in tool.LINES}
    assert overlays - lines == {"mandot_segmentation"}
    assert "mandot_segmentation" in tool.page({})


def test_page_is_what_was_found(tool: ModuleType, root: Path) -> None:
    if not tool.FOUND.is_file():
        pytest.skip("nothing was found yet: run tools/paper_table.py")
    assert tool.PAGE.read_text() == tool.page(json.loads(tool.FOUND.read_text()))


def test_dice_is_of_the_slices_that_show_a_tumour(tool: ModuleType) -> None:
    from mritumor.experiments import CaseRow
    from mritumor.metrics import Counts

    hit, half = Counts(10, 0, 0, 90), Counts(5, 5, 5, 85)
    missed, clean = Counts(0, 0, 10, 90), Counts(0, 0, 0, 100)
    rows = [
        CaseRow(str(n), patient, {"tumour": counts})
        for n, (patient, counts) in enumerate(
            [("A", hit), ("A", half), ("B", missed), ("C", clean)]
        )
    ]
    score = tool.score_of(rows, "tumour")
    assert score.value == pytest.approx((1 + 0.5 + 0) / 3) and score.n == 2
    classes = [
        CaseRow("a", "A", {}, 1, (0.2, 0.8)),
        CaseRow("b", "B", {}, 0, (0.4, 0.6)),
    ]
    assert tool.score_of(classes, "accuracy").value == 0.5
