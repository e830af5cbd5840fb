"""Model cards: what they say is what an evaluation wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

BUNDLES = sorted(p.name for p in (Path(__file__).parents[2] / "bundles").iterdir())


@pytest.mark.parametrize("name", BUNDLES)
def test_a_card_is_what_the_tool_writes(
    name: str, tool: Callable[[str], ModuleType], root: Path
) -> None:
    cards = yaml.safe_load((root / "configs/cards.yaml").read_text("utf-8"))
    written = (root / f"bundles/{name}/docs/README.md").read_text("utf-8")
    assert tool("model_card").card(name, cards) == written


def evaluation(folder: Path, value: float, **origin: str) -> Path:
    score = {"name": "accuracy", "low": value - 0.1, "high": value + 0.1, "n": 9}
    undefined = {"name": "ECE", "value": None, "low": None, "high": None, "n": 9}
    content = {
        "scores": [{**score, "value": value}, undefined],
        "groups": {"recall by class": [{**score, "name": "none", "value": value}]},
        "provenance": {"weights (SHA-256)": "abc", **origin},
    }
    folder.mkdir()
    (folder / "evaluation.json").write_text(json.dumps(content))
    return folder / "evaluation.json"


def test_mirrored_scores_stand_beside(
    tool: Callable[[str], ModuleType], root: Path, tmp_path: Path
) -> None:
    model_card = tool("model_card")
    name = "lgg_classification"
    cards = yaml.safe_load((root / "configs/cards.yaml").read_text("utf-8"))
    (tmp_path / "docs").mkdir()
    plain = evaluation(tmp_path / "plain", 0.8)
    model_card.keep_scores(tmp_path, plain, None)
    text = model_card._performance(name, tmp_path, cards)
    assert "| accuracy | 0.800 | 0.700 to 0.900 | 9 |" in text and "--tta" not in text
    assert "ECE" not in text
    words = {"averaged over": "2 mirrorings"}
    model_card.keep_scores(tmp_path, plain, evaluation(tmp_path / "tta", 0.85, **words))
    text = model_card._performance(name, tmp_path, cards)
    assert "| accuracy | 0.800 | 0.700 to 0.900 | 0.850 | 9 |" in text
    assert "| recall by class: none | 0.800 | 0.700 to 0.900 | 0.850 | 9 |" in text
    with pytest.raises(SystemExit, match="was not evaluated with --tta"):
        model_card.keep_scores(tmp_path, plain, plain)
    words |= {"weights (SHA-256)": "other"}
    other = evaluation(tmp_path / "other", 0.9, **words)
    with pytest.raises(SystemExit, match="of other weights"):
        model_card.keep_scores(tmp_path, plain, other)
