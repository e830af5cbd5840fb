"""Fill docs/papers.md: each paper's claim, its protocol, the honest one, no learning.

python tools/paper_table.py RAW WORK                       # the baselines, minutes
python tools/paper_table.py RAW WORK --train kotob_segmentation amin_classification
python tools/paper_table.py RAW WORK --train all           # days without a GPU
python tools/paper_table.py RAW WORK --train all --set epochs=2   # to try the tool

RAW holds the sets as downloaded, in folders lgg, figshare and kaggle. What was found is
kept in docs/papers.json; WORK keeps prepared sets and runs: the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mritumor.bundle.launch import parse_overrides
from mritumor.data.audit.records import read_data_set
from mritumor.data.audit.run import examined
from mritumor.data.audit.shortcuts import baselines
from mritumor.data.prepare import Options, prepare
from mritumor.errors import MRITumorError
from mritumor.experiments import (
    CaseRow,
    Experiment,
    comparison_facts,
    read_cases,
    score_cases,
    train_once,
)
from mritumor.metrics import bootstrap_statistic, dice
from mritumor.report import ScoreRow
from mritumor.report.forest import score_text

ROOT = Path(__file__).resolve().parent.parent
FOUND, PAGE = ROOT / "docs/papers.json", ROOT / "docs/papers.md"
SETS = {
    "figshare": ("figshare", "random"),
    "lgg": ("lgg-slices", "random"),
    "kaggle": ("images", "deduplicated"),
}
PROTOCOLS = ("paper", "patient")
SCORE = ("name", "value", "low", "high", "n")


class Line(NamedTuple):
    """One line of the table."""

    overlay: str
    bundle: str
    data: str
    claim: str
    score: str  # accuracy, or the region whose Dice it is
    baseline: str
    by_patient: bool = False  # the paper's protocol is the honest one


CLASS, MASK = "nearest image's class", "nearest image's mask"
LINES = [
    Line(
        "alshomrani_classification",
        "figshare_classification",
        "figshare",
        "accuracy .96",
        "accuracy",
        CLASS,
    ),
    Line(
        "alshomrani_classification",
        "tumor_type_classification",
        "kaggle",
        "accuracy .958",
        "accuracy",
        CLASS,
    ),
    Line(
        "alshomrani_classification",
        "lgg_classification",
        "lgg",
        "accuracy .96",
        "accuracy",
        CLASS,
    ),
    Line(
        "alshomrani_segmentation",
        "figshare_segmentation",
        "figshare",
        "Dice .746 (validation)",
        "tumour",
        MASK,
    ),
    Line(
        "alshomrani_segmentation",
        "lgg_segmentation",
        "lgg",
        "Dice .893 (validation)",
        "abnormality",
        MASK,
    ),
    Line(
        "mandot_classification",
        "tumor_type_classification",
        "kaggle",
        "accuracy .935 (text: .94)",
        "accuracy",
        CLASS,
    ),
    Line(
        "mandot_joint",
        "figshare_joint_segmentation",
        "figshare",
        "none given",
        "tumour",
        MASK,
    ),
    Line("aish_cnn", "lgg_classification", "lgg", "accuracy .92", "accuracy", CLASS),
    Line(
        "aish_classification",
        "lgg_classification",
        "lgg",
        "accuracy .94",
        "accuracy",
        CLASS,
    ),
    Line(
        "aish_segmentation",
        "lgg_segmentation",
        "lgg",
        "Dice .95",
        "abnormality",
        MASK,
    ),
    Line(
        "amin_classification",
        "tumor_type_classification",
        "kaggle",
        "accuracy .9939",
        "accuracy",
        CLASS,
    ),
    Line(
        "amin_segmentation",
        "lgg_segmentation",
        "lgg",
        "Dice .848 and .998",
        "abnormality",
        MASK,
    ),
    Line(
        "kotob_classification",
        "figshare_classification",
        "figshare",
        "accuracy .96 (plateau .87)",
        "accuracy",
        CLASS,
        True,
    ),
    Line(
        "kotob_segmentation",
        "figshare_segmentation",
        "figshare",
        "Dice .7495",
        "tumour",
        MASK,
        True,
    ),
]
# Overlays that do not stand alone, as their own commands say.
STACKS = {
    "papers/aish_cnn": ["papers/aish_classification", "papers/aish_cnn"],
    "papers/alshomrani_segmentation": [
        "papers/alshomrani_segmentation",
        "schedules/validation_loss",
    ],
}
NOT_HERE = (
    "mandot_segmentation (BraTS: Dice .39, .69, .65) needs BraTS, and the BraTS 2018 slices "
    "of Amin et al. a set that nobody here has."
)


def prepared(raw: Path, work: Path, name: str, protocol: str) -> Path:
    """Return a prepared set; the paper's protocol splits images, not patients."""
    folder = work / "data" / f"{name}_{protocol}"
    if not (folder / "datalist.json").is_file():
        kind, honest = SETS[name]
        split = "leaky-slices" if protocol == "paper" else honest
        prepare(kind, raw / name, folder, Options(folds=0, split=split))
    return folder


def no_learning(folder: Path) -> dict[str, float]:
    """Return what the nearest training image reaches on the set's own split."""
    data_set = read_data_set(folder)
    facts = list(examined(data_set, 1))
    return {
        n: row["own split"] for n, row in baselines(facts).items() if "own split" in row
    }


def trained(
    line: Line, folder: Path, work: Path, protocol: str, given: dict[str, Any]
) -> dict[str, Any]:
    """Train and score one line under one protocol; returns what is kept of it."""
    own = f"papers/{line.overlay}"
    configs = tuple(ROOT / f"configs/{n}.yaml" for n in STACKS.get(own, [own]))
    experiment = Experiment(line.overlay, ROOT / "bundles" / line.bundle, configs)
    run = work / "runs" / f"{line.overlay}_{line.data}_{protocol}"
    common = {**given, "dataset_dir": str(folder), "allow_leaky": protocol == "paper"}
    train_once(experiment, run, common)
    scored = run / "scores"
    scored.mkdir(exist_ok=True)
    known = scored / "cases.json"
    rows = (
        read_cases(known)
        if known.is_file()
        else score_cases(
            experiment, run / "model.pt", {**common, "section": "testing"}, scored
        )
    )
    score = score_of(rows, line.score)
    return {
        "text": f"{score_text(score)}, n={score.n}",
        "value": score.value,
        "settings": ", ".join(f"{i} {v}" for i, v in given.items()),
    }


def score_of(rows: Sequence[CaseRow], name: str) -> ScoreRow:
    """Return accuracy, or the mean Dice of the slices that show a region.

    Of slices, because a split of slices leaves a few of each patient for the test, and a
    Dice over those few is another thing than one over all of a patient's.
    """
    if name == "accuracy":
        (model,) = comparison_facts(name, {name: rows}).models
        return next(s for s in model.scores if s.name == name)
    shown = [row for row in rows if row.regions[name].reference]
    interval = bootstrap_statistic(
        lambda values: float(np.mean(values)),
        [[dice(row.regions[name]) for row in shown]],
        [row.patient for row in shown],
    )
    return ScoreRow(
        name, interval.value, interval.low, interval.high, interval.patients
    )


def _cell(found: dict[str, Any], key: str, settings: list[str]) -> str:
    """Return a score, and the number of the note that says what was shortened."""
    own = found.get(key)
    if own is None:
        return "not trained"
    if not own["settings"]:
        return str(own["text"])
    if own["settings"] not in settings:
        settings.append(own["settings"])
    return f"{own['text']} ({settings.index(own['settings']) + 1})"


def _worth(values: list[float | None]) -> str:
    """Return what the paper's protocol adds to the score by patient."""
    paper, patient = values
    return "-" if paper is None or patient is None else f"{paper - patient:+.3f}"


def page(found: dict[str, Any]) -> str:
    """Return the page."""
    lines = [
        "# The papers' numbers and ours",
        "",
        "Written by `tools/paper_table.py`; of the numbers only the claims were typed. Accuracy",
        "of all test images, or Dice of each test slice that shows a tumour, then the mean, with",
        "the 95 % interval over n patients. Without learning: the nearest training picture",
        "(48 x 48 pixels) lends its class or its outline, on the same split. What leakage is",
        "worth: the paper's protocol minus the split by patient. The sets are incomplete: see",
        "data/README.md.",
        "",
        "| overlay | data | claim | paper's protocol | by patient | leakage is worth | "
        "without learning: paper's, by patient | leakage is worth |",
        "|---|---|---|---|---|---|---|---|",
    ]
    missing: list[str] = []
    settings: list[str] = []
    for line in LINES:
        key = f"{line.overlay} {line.data}"
        cells = []
        for protocol in PROTOCOLS:
            if protocol == "paper" and line.by_patient:
                cells.append("is by patient")
                continue
            cells.append(_cell(found, f"{key} {protocol}", settings))
        if "not trained" in cells:
            missing.append(key)
        base = [
            found.get(f"baseline {line.data} {p}", {}).get(line.baseline)
            for p in PROTOCOLS
        ]
        words = ", ".join("-" if b is None else f"{b:.3f}" for b in base)
        reached = [found.get(f"{key} {p}", {}).get("value") for p in PROTOCOLS]
        cells += [_worth(reached), words, _worth(base)]
        lines.append(
            f"| {line.overlay} | {line.data} | {line.claim} | {' | '.join(cells)} |"
        )
    commonest = ", ".join(
        f"{name} {found[k]['commonest class']:.3f}"
        for name in SETS
        if "commonest class" in found.get(k := f"baseline {name} patient", {})
    )
    shortened = [f"({n}) Shortened: {words}." for n, words in enumerate(settings, 1)]
    lines += [
        "",
        *(line for words in shortened for line in (words, "")),
        f"Always the commonest class, by patient: {commonest or 'not computed'}.",
        'Kaggle\'s images have no patient ids: "by patient" there means without copies, near',
        "ones, mirrored too, on one side, each group of them counted once in n.",
        f"Not trained: {', '.join(missing) or 'none'}.",
        NOT_HERE,
        "No weights of ImageNet could be had: every backbone begins at random, also those",
        "that a paper freezes.",
        "",
        "```",
        "python tools/paper_table.py RAW WORK --train all   # --set as in the notes",
        "```",
    ]
    return "\n".join([*lines, *_shipped()]) + "\n"


def _shipped() -> list[str]:
    """Return what this project's own bundles reach by patient, as their cards say."""
    lines = ["", "## What the bundles of this project reach, by patient", ""]
    lines += ["| bundle | score | value | n |", "|---|---|---|---|"]
    for name in dict.fromkeys(line.bundle for line in LINES):
        file = ROOT / "bundles" / name / "docs/performance.json"
        for row in json.loads(file.read_text("utf-8"))["scores"]:
            if row["name"] == "accuracy" or row["name"].startswith("Dice per slice"):
                value = score_text(ScoreRow(*(row[k] for k in SCORE)))
                lines.append(f"| {name} | {row['name']} | {value} | {row['n']} |")
    return [
        *lines,
        "",
        "Trained by `tools/train_weights.py`, without weights of ImageNet, on the patients of the",
        "cards; the testing patients are not those of the table above (other shares were kept",
        "aside).",
    ]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("raw", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--train", nargs="+", default=[], metavar="OVERLAY")
    parser.add_argument("--set", action="append", default=[], metavar="ID=VALUE")
    arguments = parser.parse_args()
    found = json.loads(FOUND.read_text("utf-8")) if FOUND.is_file() else {}
    given = parse_overrides([f"--{word}" for word in arguments.set])

    def keep(key: str, value: Any) -> None:
        found[key] = value
        FOUND.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
        PAGE.write_text(page(found), "utf-8")

    for name in SETS:
        for protocol in PROTOCOLS:
            key = f"baseline {name} {protocol}"
            if key not in found:
                keep(
                    key,
                    no_learning(
                        prepared(arguments.raw, arguments.work, name, protocol)
                    ),
                )
    failed = 0
    for line in LINES:
        if not {"all", line.overlay} & set(arguments.train):
            continue
        for protocol in PROTOCOLS[line.by_patient :]:
            key = f"{line.overlay} {line.data} {protocol}"
            if key in found:
                continue
            folder = prepared(arguments.raw, arguments.work, line.data, protocol)
            try:
                keep(key, trained(line, folder, arguments.work, protocol, given))
            except MRITumorError as error:
                failed += 1
                print(f"{key}: {error}", file=sys.stderr)
    PAGE.write_text(page(found), "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MRITumorError, KeyboardInterrupt) as error:
        sys.exit(f"paper_table: {error or 'interrupted'}")
