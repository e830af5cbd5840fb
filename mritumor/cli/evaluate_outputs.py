"""An evaluation as files: JSON, CSV, HTML and PNG."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = 4


def write_all(
    folder: Path,
    predictor: Any,
    scoring: Any,
    found: Any,
    protocol: str,
    notes: list[str],
) -> None:
    """Write everything into a folder, made when missing."""
    from mritumor.inference.saving import write_csv
    from mritumor.report import evaluation_report, write_figures

    folder.mkdir(parents=True, exist_ok=True)
    facts = evaluation_facts(predictor, scoring, found, protocol, notes)
    document = {
        "bundle": predictor.bundle.resolve().name,
        "protocol": protocol,
        "provenance": dict(facts.provenance),
        "notes": list(facts.notes),
        **found.as_dict(),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    write_csv(folder / "cases.csv", found.cases)
    if found.patients:
        rows = [
            {"patient": p, "site": found.sites.get(p, ""), "dice": f"{v:.4f}"}
            for p, v in found.patients.items()
        ]
        write_csv(folder / "patients.csv", rows)
    evaluation_report(facts, folder / "report.html")
    write_figures(facts, folder / "figures")


def evaluation_facts(
    predictor: Any, scoring: Any, found: Any, protocol: str, notes: list[str]
) -> Any:
    """Return what the report is made of."""
    from mritumor.report import (
        EvaluationFacts,
        PatientFacts,
        ScoreRow,
        bundle_provenance,
        read_history,
    )

    patients = None
    if found.patients:
        primary = ScoreRow(**asdict(found.scores[0]))
        patients = PatientFacts("Dice", found.patients, found.sites, primary)
    history = predictor.bundle / "runs/train/metrics.csv"
    return EvaluationFacts(
        title=str(predictor.metadata.get("name", predictor.bundle.name)),
        protocol=protocol,
        scores=[ScoreRow(**asdict(s)) for s in found.scores],
        groups={
            heading: [ScoreRow(**asdict(s)) for s in rows]
            for heading, rows in found.groups.items()
        },
        history=read_history(history) if history.is_file() else {},
        classes=_class_facts(predictor, found),
        patients=patients,
        gallery=_gallery(predictor, scoring),
        failures=[{**r, "score": _blank(r["score"])} for r in found.failures],
        thresholds=[{k: _blank(v) for k, v in r.items()} for r in found.thresholds],
        provenance=bundle_provenance(
            predictor.bundle, predictor.weights[0], device=predictor.device
        ),
        notes=[*notes, *predictor.notes, *scoring.failures],
    )


def _class_facts(predictor: Any, found: Any) -> Any:
    from mritumor.errors import BundleError
    from mritumor.inference.calibration import bundle_temperature, uncalibrated_logits
    from mritumor.metrics import apply_temperature
    from mritumor.report import ClassFacts

    if found.labels is None:
        return None
    before = None
    try:
        temperature = bundle_temperature(predictor.bundle)
        if temperature != 1.0:
            logits = uncalibrated_logits(found.probabilities, temperature)
            before = apply_temperature(logits, 1.0)
    except BundleError:
        pass  # a stranger's bundle without a temperature
    calibration = predictor.metadata.get("calibration", {})
    return ClassFacts(
        found.class_names,
        found.labels,
        found.probabilities,
        before,
        calibration.get("abstain_below"),
    )


def _gallery(predictor: Any, scoring: Any) -> list[Any]:
    """Predict the best, median and worst items once more, and draw them."""
    from mritumor.metrics import dice
    from mritumor.report import pick_examples

    chosen: list[tuple[str, Any]] = []
    if scoring.regions:
        region = scoring.regions[0]
        shown = [i for i in scoring.items if i.counts and i.counts[region].reference]
        scores = [dice(i.counts[region]) for i in shown]
        if shown:
            picked = pick_examples(scores, EXAMPLES)
            chosen += [(k, shown[i]) for k, found in picked.items() for i in found]
    if predictor.is_classifier:
        known = [i for i in scoring.items if i.probabilities is not None]
        known = [i for i in known if i.true_class >= 0]
        for kind, right in (("wrong", False), ("right", True)):
            some = [
                i for i in known if (i.probabilities.argmax() == i.true_class) == right
            ]
            some.sort(key=lambda i: -float(i.probabilities.max()))
            chosen += [(kind, i) for i in some[:EXAMPLES]]
    return [_example(predictor, kind, one) for kind, one in chosen]


def _example(predictor: Any, kind: str, one: Any) -> Any:
    from mritumor.inference.evaluation_items import predict_item, truth_of
    from mritumor.metrics import dice
    from mritumor.overlay import fullest_slice
    from mritumor.report import Example

    prediction = predict_item(predictor, one.item, predictor.fills_missing)
    truth = truth_of(one.item, prediction)
    image, labels = prediction.image[-1], prediction.labels
    if image.ndim == 3:
        from mritumor.report.planes import Turned, cut

        turned = Turned(prediction.affine)
        anchor = turned.turn(truth if truth is not None and truth.any() else labels)
        index = fullest_slice(anchor)
        image = cut(turned.turn(image), 2, index)
        labels = cut(turned.turn(labels), 2, index)
        truth = None if truth is None else cut(turned.turn(truth), 2, index)
    told, names = one.probabilities, predictor.class_names
    return Example(
        kind=kind,
        case=one.case,
        image=np.asarray(image, np.float32),
        predicted=labels,
        truth=truth,
        score=dice(next(iter(one.counts.values()))) if one.counts else None,
        true_class=names[one.true_class] if one.true_class >= 0 and names else "",
        predicted_class="" if told is None else names[int(told.argmax())],
        confidence=None if told is None else float(told.max()),
    )


def _blank(value: Any) -> Any:
    return "" if value is None else value
