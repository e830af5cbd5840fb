"""The stages of shipped weights, and the page of ideas that were tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from mritumor.report import ComparisonFacts, ModelFacts, PairRow, ScoreRow

STAGES = sorted((Path(__file__).parents[2] / "configs/weights").glob("*.yaml"))


@pytest.fixture()
def data(tmp_path: Path) -> Path:
    """Bright squares, four patients, with class and outline."""
    folder = tmp_path / "data"
    folder.mkdir()
    sections: dict[str, list[dict[str, object]]] = {"training": [], "validation": []}
    for number in range(8):
        image = np.full((32, 32), 40, np.uint8)
        image[8 : 12 + number, 8:20] = 200
        Image.fromarray(image).save(folder / f"{number}.png")
        Image.fromarray((image > 100).astype(np.uint8) * 255).save(
            folder / f"{number}_mask.png"
        )
        own = {"image": f"{number}.png", "label": f"{number}_mask.png"}
        section = sections["training" if number < 6 else "validation"]
        section.append({**own, "class": number % 3, "patient": f"P{number // 2}"})
    document = {"classes": ["a", "b", "c"], "testing": [], **sections}
    (folder / "datalist.json").write_text(json.dumps(document))
    return folder


@pytest.mark.slow
def test_a_stage_starts_from_the_one_before(
    tool: Callable[[str], ModuleType], data: Path, tmp_path: Path
) -> None:
    small = {"epochs": 1, "val_interval": 1, "steps_per_epoch": 2, "warmup_epochs": 0}
    still = {
        "learning_rate": 0.0,
        "average_decay": 0.0,
    }  # nothing is learnt: equal weights
    recipe = {
        "bundle": "figshare_joint_segmentation",
        "stages": [
            {"configs": ["small_first"], "overrides": {**small, "image_size": 32}},
            {
                "configs": ["larger_then"],
                "overrides": {**small, **still, "image_size": 64},
            },
        ],
    }
    given = {"precision": "float32", "batch_size": 2}
    given |= {"network_def#unet#channels": [4, 8], "network_def#unet#strides": [2]}
    given |= {"network_def#unet#deep_supervision": 0}
    train_stages = tool("train_weights").train_stages
    runs = tmp_path / "runs"
    last = train_stages(recipe, data, runs, given)
    assert last == runs / "stage2/last.pt"
    first, second = (torch.load(runs / f"stage{n}/last.pt") for n in (1, 2))
    for name, value in second["network"].items():
        if name.endswith("weight"):
            assert torch.equal(value, first["averaged"][name])
    stamp = last.stat().st_mtime_ns
    assert train_stages(recipe, data, runs, given) == last  # nothing left to do
    assert last.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_recipes_name_what_exists(path: Path, root: Path) -> None:
    recipe = yaml.safe_load(path.read_text("utf-8"))
    assert set(recipe) == {"prepare", "bundle", "ships", "stages"}
    for name in (recipe["bundle"], *recipe["ships"]):
        assert (root / "bundles" / name).is_dir()
    for stage in recipe["stages"]:
        assert all(
            (root / f"configs/recipes/{n}.yaml").is_file() for n in stage["configs"]
        )


def test_the_ideas_page_says_who_helped(tool: Callable[[str], ModuleType]) -> None:
    experiments = tool("experiments")
    score = {
        n: ScoreRow("Dice x", v, v - 0.1, v + 0.1, 9)
        for n, v in (
            ("starting point", 0.5),
            ("good", 0.7),
            ("bad", 0.3),
            ("same", 0.5),
        )
    }
    # The report's difference is the first model's minus the second's.
    ends = {
        "good": (-0.2, -0.3, -0.1),
        "bad": (0.2, 0.1, 0.3),
        "same": (0.0, -0.1, 0.1),
    }
    pairs = [PairRow("starting point", n, "Dice x", *e, 0.01) for n, e in ends.items()]
    models = [ModelFacts(n, [s], {}, {}, {}) for n, s in score.items()]
    ideas = {n: {"change": n, "expectation": "?", "overrides": {}} for n in ends}
    content = {"overrides": {"epochs": 1}, "ideas": {**ideas, "lost": ideas["same"]}}
    facts = ComparisonFacts("T", models, pairs)
    text = experiments.page({"t": experiments.summary(content, facts, [0, 2])})
    lines = {
        line.split("|")[1].strip(): line for line in text.splitlines() if "|" in line
    }
    assert "Dice helped: +0.200 (+0.100 to +0.300)" in lines["good"]
    assert "Dice hurt: -0.200 (-0.300 to -0.100)" in lines["bad"]
    assert "no difference shown" in text and "Folds 0, 2 of 5, 9 patients" in text
    assert "not run" in text


def test_plans_of_ideas_change_known_ids(
    tool: Callable[[str], ModuleType], root: Path
) -> None:
    from mritumor.experiments.plan import as_words

    experiments = tool("experiments")
    for path in sorted((root / "configs/experiments").glob("*.yaml")):
        plan = experiments.plan_of(yaml.safe_load(path.read_text("utf-8")))
        assert len(plan.experiments) > 3
        for one in plan.experiments:
            assert all(config.is_file() for config in one.configs)
            assert (one.bundle / "configs/train.json").is_file()
            assert as_words(one.overrides)
