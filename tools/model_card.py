"""Write a bundle's model card from its metadata, its scores and its training's curves.

python tools/model_card.py lgg_segmentation --evaluation results/evaluation.json \
    --mirrored mirrored/evaluation.json --runs runs/lgg1 runs/lgg2

``docs/performance.json`` keeps the scores, as `mritumor evaluate --out` wrote them (those
of ``--mirrored`` with --tta), and pictures beside it the curves, good and bad outlines, and
confusion; without the arguments the card is made of those.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from mritumor.experiments import read_yaml
from mritumor.report import curves_figure

ROOT = Path(__file__).resolve().parent.parent
CARDS = ROOT / "configs/cards.yaml"
COMMANDS = """\
Training, the same with `--resume true` when it was stopped:
```
python -m monai.bundle run training --config_file configs/train.json --dataset_dir DATA
```
Several GPUs:
```
torchrun --standalone --nnodes=1 --nproc_per_node=2 -m monai.bundle run training \\
  --config_file "['configs/train.json','configs/multi_gpu_train.json']" --dataset_dir DATA
```
Evaluation on the testing cases:
```
python -m monai.bundle run evaluating \\
  --config_file "['configs/train.json','configs/evaluate.json']" --dataset_dir DATA
```
Inference:
```
python -m monai.bundle run infer --config_file configs/inference.json \\
  --dataset_dir {folder} --output_dir OUT
```
"""
# Of those that `mritumor evaluate --out` draws, what shows no patient's image.
PICTURES = {
    "curves.png": "Training loss and validation scores",
    "outlines.png": "Testing cases over the head's shadow, worst, median and best Dice",
    "confusion.png": "Testing cases, true class and predicted",
}
COLOURS = 48
WEIGHTS = "weights (SHA-256)"
TRIED = """\
`mritumor evaluate --out` shows the same and further cases with their images. What helped
the training and what did not: `docs/experiments.md` and `docs/whole-trainings.md` of the
project."""


def card(name: str, cards: dict[str, Any]) -> str:
    """Return the text of ``docs/README.md``."""
    folder = ROOT / "bundles" / name
    metadata = json.loads((folder / "configs/metadata.json").read_text("utf-8"))
    train = json.loads((folder / "configs/train.json").read_text("utf-8"))
    data = cards["bundles"][name]
    facts = cards["sets"][data]
    kind = cards["kinds"][facts["kind"]]
    recipe = read_yaml(ROOT / f"configs/weights/{data}.yaml")
    size = train.get("image_size")
    warning = f"\n\n**{facts['warning']}**" if "warning" in facts else ""
    parts = [
        f"# Model Overview\n{metadata['description']}\n",
        f"**Not a medical device. For research; not for diagnosis.**{warning}\n",
        f"## Data\n{facts['data']}\n\n```\n{recipe['prepare']}\n```\n"
        "Licences: `docs/data_license.txt`.\n",
        "## Preprocessing\n"
        + facts.get("preprocessing", kind["preprocessing"]).format(size=size)
        + "\n",
        "## Training configuration\n"
        + _bullets([*facts.get("training", []), *kind["training"]]).format(size=size)
        + _recipe(recipe, data)
        + (f"\n### On real patients\n{facts['recipe']}" if "recipe" in facts else "")
        + f"\n### Memory Consumption\n{kind['memory']}\n",
        f"## Input\n{metadata['image_classes']}. {kind['input']}\n",
        f"## Output\n{metadata['pred_classes']}.\n",
        _performance(name, folder, cards),
        f"## Limits\n{_bullets(facts['limits'])}",
        f"## MONAI Bundle Commands\n{COMMANDS.format(folder=kind['folder'])}",
        "# References\n"
        + "\n".join(f"{i}. {r}" for i, r in enumerate(facts["references"], 1)),
        "\n# License\nApache License 2.0, see LICENSE. Third-party licences of the data: "
        "`docs/data_license.txt`.\n",
    ]
    return "\n".join(parts)


def _bullets(sentences: list[str]) -> str:
    return "".join(f"- {sentence}\n" for sentence in sentences)


def _recipe(recipe: dict[str, Any], data: str) -> str:
    stages = "\n".join(
        f"{number}. "
        + "".join(f"`configs/recipes/{n}.yaml`, " for n in stage["configs"])
        + ", ".join(f"{k} {v}" for k, v in stage["overrides"].items())
        + (f". {stage['note']}" if "note" in stage else "")
        for number, stage in enumerate(recipe["stages"], 1)
    )
    return (
        f"\nOne command trains all stages, from `bundles/{recipe['bundle']}`, and puts the "
        f"weights into {', '.join(recipe['ships'])}:\n```\npython tools/train_weights.py "
        f"configs/weights/{data}.yaml data/{data} runs/{data} --ship\n```\n{stages}\n"
    )


def _performance(name: str, folder: Path, cards: dict[str, Any]) -> str:
    file = folder / "docs/performance.json"
    if not file.is_file():
        return "## Performance\nNone yet: this version ships no weights.\n"
    result = json.loads(file.read_text("utf-8"))
    mirrored = {row["name"]: row for row in _rows(result.get("mirrored", {}))}
    more = ", and with `--tta`, averaged over mirrorings," if mirrored else ""
    column, line = (" with `--tta` |", "---|") if mirrored else ("", "")
    lines = [
        "## Performance",
        f"`mritumor evaluate bundles/{name} --dataset_dir DATA`{more} on the testing "
        f"section: {cards['sets'][cards['bundles'][name]]['protocol']}.\n",
        f"| score | value | 95 % interval |{column} n | |",
        f"|---|---|---|{line}---|---|",
    ]
    for row in _rows(result):
        value, interval = _value(row)
        other = mirrored.get(row["name"])
        beside = f" {_value(other)[0]} |" if other else column and " |"
        lines.append(
            f"| {row['name']} | {value} | {interval} |{beside} {row['n']} | "
            f"{row.get('note', '')} |"
        )
    anchor = cards["anchors"].get(name)
    if anchor:
        lines.append(f"\nBeside it: {anchor}.")
    for picture, words in PICTURES.items():
        if (folder / "docs" / picture).is_file():
            lines.append(f"\n![{words}]({picture})")
            lines.append(f"*{words}.*")
    missed = cards["missed"].get(name)
    if missed:
        lines.append(f"\nAimed at and not reached: {missed}.")
    lines.append(f"\n{TRIED}")
    return "\n".join(lines) + "\n"


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the scores that are defined, those of each class after those of all."""
    rows = result.get("scores", []) + [
        {**row, "name": f"{group}: {row['name']}"}
        for group, group_rows in result.get("groups", {}).items()
        for row in group_rows
        if "class" in group
    ]
    return [r for r in rows if r["value"] is not None and r["value"] == r["value"]]


def _value(row: dict[str, Any]) -> tuple[str, str]:
    interval = f"{row['low']:.3f} to {row['high']:.3f}" if row.get("low") else ""
    return f"{row['value']:.3f}", interval


def keep_scores(folder: Path, evaluation: Path, mirrored: Path | None) -> None:
    """Copy what the card needs of an evaluation: scores, and pictures beside them."""
    content = json.loads(evaluation.read_text("utf-8"))
    kept = {key: content[key] for key in ("scores", "groups")}
    if mirrored:
        other = json.loads(mirrored.read_text("utf-8"))
        if "mirrorings" not in other["provenance"].get("averaged over", ""):
            raise SystemExit(f"{mirrored}: was not evaluated with --tta")
        if other["provenance"][WEIGHTS] != content["provenance"][WEIGHTS]:
            raise SystemExit(f"{mirrored}: of other weights than {evaluation}")
        kept["mirrored"] = {key: other[key] for key in ("scores", "groups")}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (folder / "docs/performance.json").write_text(text + "\n", "utf-8")
    for name in PICTURES:
        drawn = evaluation.parent / "figures" / name
        if drawn.is_file():
            # A palette takes a fifth of the space, and bundles are downloaded.
            small = Image.open(drawn).convert("RGB").reduce(2).quantize(COLOURS)
            small.save(folder / "docs" / name, optimize=True)


def draw_curves(folder: Path, runs: list[Path]) -> None:
    """Draw the stages of a training one after the other."""
    rows: list[dict[str, str]] = []
    for run in runs:
        with (run / "metrics.csv").open(encoding="utf-8") as file:
            stage = list(csv.DictReader(file))
        done = len(rows)
        rows += [{**row, "epoch": str(done + int(row["epoch"]))} for row in stage]
    whole = folder / "docs/metrics.csv"
    with whole.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    curves_figure(whole, folder / "docs/curves.png")


def main() -> int:
    """Run the command line."""
    cards = yaml.safe_load(CARDS.read_text("utf-8"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", choices=sorted(cards["bundles"]), metavar="BUNDLE")
    parser.add_argument("--evaluation", type=Path, help="an evaluation.json")
    parser.add_argument("--mirrored", type=Path, help="another, evaluated with --tta")
    parser.add_argument("--runs", type=Path, nargs="+", help="stages of the training")
    arguments = parser.parse_args()
    folder = ROOT / "bundles" / arguments.bundle
    (folder / "docs").mkdir(exist_ok=True)
    if arguments.evaluation:
        keep_scores(folder, arguments.evaluation, arguments.mirrored)
    if arguments.runs:
        draw_curves(folder, arguments.runs)
    licence = cards["sets"][cards["bundles"][arguments.bundle]]["licence"]
    (folder / "docs/data_license.txt").write_text(
        "Third-party licences of the data that this bundle was trained on\n\n"
        f"{licence}\nNo image of any data set is part of this bundle.\n",
        "utf-8",
    )
    (folder / "docs/README.md").write_text(card(arguments.bundle, cards), "utf-8")
    print(folder / "docs/README.md")
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except FileNotFoundError as error:
        raise SystemExit(f"model_card: there is no {error.filename}") from None
