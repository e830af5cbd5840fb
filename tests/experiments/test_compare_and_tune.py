"""Comparing several models and searching for settings: plans, statistics, runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import f1_score

from mritumor.cli.main import main
from mritumor.errors import InputError
from mritumor.experiments import Experiment, comparison_facts, read_plan, read_space
from mritumor.experiments.cases import CaseRow, read_cases, score_cases, write_cases
from mritumor.metrics import Counts


def plan(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def masks(*tps: int) -> list[CaseRow]:
    """Two slices a patient of four voxels of tumour each; `tps` of them found."""
    return [
        CaseRow(f"{i}.png", f"p{i // 2}", {"tumour": Counts(tp, 0, 4 - tp, 9)})
        for i, tp in enumerate(tps)
    ]


def test_common_parts_are_added_up(tmp_path: Path) -> None:
    text = """
    common: {bundle: b, configs: [a.yaml], overrides: {epochs: 1, x: 1}}
    models: {one: {configs: [c.yaml], overrides: {x: 2}}, two: }
    """
    one, two = read_plan(plan(tmp_path, text)).experiments
    assert [str(c) for c in one.configs] == ["a.yaml", "c.yaml"]
    assert one.overrides == {"epochs": 1, "x": 2} and two.overrides["x"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x", "a plan needs models"),
        ("models: {a: {}}", "a: a model needs a bundle"),
        ("models: {a: {bundel: b}}", "did you mean 'bundle'"),
        ("models: {a/b: {bundle: b}}", "folder"),
        ("[1]", "a mapping is needed"),
        ("a: [", "not YAML"),
    ],
)
def test_bad_plans(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read_plan(plan(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("space: {lr: {low: 1e-4, high: 1}}", "1e-4 as text"),
        ("space: {lr: {low: 2, high: 1}}", "impossible range"),
        ("space: {lr: {low: 0, high: 1, log: true}}", "impossible range"),
        ("sampler: grid\nspace: {lr: {low: 0, high: 1}}", "choices"),
        ("sampler: gird\nspace: {lr: {choices: [1]}}", "no such sampler"),
    ],
)
def test_bad_spaces(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read_space(plan(tmp_path, text))


@pytest.mark.parametrize("kind", ["compare", "tune"])
def test_shipped_plans_and_spaces_are_readable(kind: str, root: Path) -> None:
    read = {"compare": read_plan, "tune": read_space}[kind]
    files = sorted((root / f"configs/{kind}").glob("*.yaml"))
    assert len(files) >= 3 and all(read(file) for file in files)


def test_a_grid_tries_every_combination(root: Path) -> None:
    assert read_space(root / "configs/tune/segmentation_grid.yaml").count == 9


def test_a_training_that_was_stopped_is_not_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C within the first of two models ends the comparison, and all of it."""
    began = []

    def stopped(bundle: Path, run_id: str, configs: object, words: list[str]) -> None:
        folder = Path(words[words.index("--output_dir") + 1])
        began.append(folder.name)
        (folder / "model.pt").write_bytes(b"of an early epoch")
        (folder / "run.json").write_text(json.dumps({"stopped": "now"}))

    monkeypatch.setattr("mritumor.experiments.training.run_bundle", stopped)
    file = plan(tmp_path, "models: {one: {bundle: b}, two: {bundle: b}}")
    words = ["compare", str(file), "--dataset_dir", "d", "--out", str(tmp_path / "out")]
    assert main(words) == 130 and began == ["one"]
    said = capsys.readouterr().err
    assert "the training was stopped, all is saved; the same command goes on" in said
    assert main(words) == 130 and began == ["one", "one"]


def test_dice_is_of_the_patients_volume() -> None:
    facts = comparison_facts("x", {"a": masks(4, 0, 2, 2), "b": masks(0, 0, 4, 4)})
    # Patient 0: tp 4, fn 4: 2*4/12. Patient 1 the same.
    assert facts.models[0].patients == pytest.approx({"p0": 2 / 3, "p1": 2 / 3})
    (pair,) = facts.pairs
    assert pair.difference == pytest.approx((2 / 3 - 0 + 2 / 3 - 1) / 2)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=10))
def test_a_model_equals_itself(tps: list[int]) -> None:
    rows = masks(*tps)
    (pair,) = comparison_facts("x", {"a": rows, "b": rows}).pairs
    assert pair.difference == 0 and pair.p == 1


def test_class_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(3), 40), rng.integers(0, 3, 40)
    rows = [CaseRow(str(i), str(i // 2), {}, int(y[i]), tuple(p[i])) for i in range(40)]
    (model,) = comparison_facts("x", {"a": rows}).models
    scores = {score.name: score for score in model.scores}
    assert scores["accuracy"].value == pytest.approx((p.argmax(1) == y).mean())
    expected = f1_score(y, p.argmax(1), average="macro")
    assert scores["macro F1"].value == pytest.approx(expected)
    assert scores["accuracy"].n == 20


def test_other_cases_are_refused() -> None:
    with pytest.raises(InputError, match="same cases"):
        comparison_facts("x", {"a": masks(1, 2), "b": masks(1, 2, 3)})


def test_rows_survive_their_file(tmp_path: Path) -> None:
    rows = [*masks(1, 2), CaseRow("c", "p", {}, 1, (0.25, 0.75))]
    write_cases(rows, tmp_path / "cases.json")
    assert read_cases(tmp_path / "cases.json") == rows


def test_ids_of_one_person_are_one_patient(root: Path, tmp_path: Path) -> None:
    """Also where only some items name a person."""
    rng = np.random.default_rng(0)
    items = []
    for name, person in (("P1", "P1"), ("P1B", "P1"), ("P2", None)):
        pixels = rng.integers(0, 255, (40, 40)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        item = {"image": f"{name}.png", "class": 0, "patient": name}
        items.append({**item, "person": person} if person else item)
    document = {"training": [], "validation": [], "testing": items}
    (tmp_path / "datalist.json").write_text(json.dumps(document))
    bundle = root / "bundles/figshare_classification"
    (tmp_path / "scores").mkdir()
    rows = score_cases(
        Experiment("shipped", bundle, (), {"image_size": 64}),
        bundle / "models/model.pt",
        {"dataset_dir": str(tmp_path), "section": "testing"},
        tmp_path / "scores",
    )
    assert [row.case for row in rows] == ["P1.png", "P1B.png", "P2.png"]
    assert [row.patient for row in rows] == ["P1", "P1", "P2"]


@pytest.mark.parametrize("command", ["compare", "tune"])
def test_help_teaches_by_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "Examples" in said and f"mritumor {command}" in said


@pytest.mark.slow
def test_compare_trains_scores_and_goes_on(
    tiny_bundle: Path,
    phantoms: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = f"""
    title: two nets
    common: {{bundle: {tiny_bundle}, overrides: {{epochs: 1}}}}
    models:
      plain: {{overrides: {{network_def#attention: false}}}}
      gated: {{}}
      broken: {{overrides: {{network_def#attenton: true}}}}
    """
    words = ["compare", str(plan(tmp_path, text)), "--dataset_dir", str(phantoms)]
    words += ["--out", str(tmp_path / "out"), "--section", "validation"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert "plain - gated, Dice WT" in said.out
    assert "broken: " in said.err and "attention" in said.err
    weights = (tmp_path / "out/plain/model.pt").stat().st_mtime_ns
    assert main([*words, "--json"]) == 1
    table = json.loads(capsys.readouterr().out)
    assert (tmp_path / "out/plain/model.pt").stat().st_mtime_ns == weights
    names = [score["name"] for score in table["models"]["gated"]]
    assert names == ["Dice WT", "Dice TC", "Dice ET"]
    assert (tmp_path / "out/comparison.html").is_file()
    assert main([*words, "--set", "seed=9"]) == 2  # finished with other settings


@pytest.mark.slow
def test_tune_names_a_failing_trial_and_goes_on(
    tiny_bundle: Path,
    phantoms: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    space = plan(
        tmp_path,
        "sampler: grid\nspace: {learning_rate: {choices: [0.001, -1.0]}}",
    )
    words = ["tune", str(tiny_bundle), "--space", str(space), "--set", "epochs=1"]
    words += ["--dataset_dir", str(phantoms), "--out", str(tmp_path / "out"), "--json"]
    assert main([*words, "--trials", "1"]) in (0, 1)
    capsys.readouterr()
    assert main(words) == 1
    said = capsys.readouterr()
    good, bad = json.loads(said.out)
    assert good["settings"] == {"learning_rate": 0.001} and good["value"] >= 0
    assert bad["value"] is None and "learning rate" in bad["error"]
    assert (tmp_path / "out/trials.png").is_file()
    other = plan(tmp_path, "space: {batch_size: {choices: [1]}}")
    assert main([*words[:3], str(other), *words[4:]]) == 2
