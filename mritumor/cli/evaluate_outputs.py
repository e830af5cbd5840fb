"""An evaluation as files: JSON, CSV, HTML and PNG."""

from __future__ import annotations

import json
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
        predictor_provenance,
    )

    patients = None
    if found.patients:
        primary = found.scores[0]
        patients = PatientFacts("Dice", found.patients, found.sites, primary)
    return EvaluationFacts(
        title=str(predictor.metadata.get("name", predictor.bundle.name)),
        protocol=_protocol(scoring, protocol),
        scores=found.scores,
        groups=found.groups,
        history=_history(predictor),
        classes=_class_facts(predictor, found),
        patients=patients,
        gallery=_gallery(predictor, scoring),
        failures=_without_empty_columns(found.failures),
        thresholds=_without_empty_columns(found.thresholds),
        operating_points=_without_empty_columns(found.operating_points),
        provenance=predictor_provenance(predictor),
        notes=[*notes, *predictor.notes, *scoring.failures],
    )


def _protocol(scoring: Any, protocol: str) -> str:
    """Return which data, and how much of them, in words."""
    patients = len({one.patient for one in scoring.items})
    images = len(scoring.items)
    how_many = f"{images} images of {patients} patients"
    return f"{how_many if patients < images else f'{images} images'}: {protocol}"


def _history(predictor: Any) -> Any:
    """Return the curves of the training that the weights come from, where they are.

    A training leaves them beside its weights or in ``runs/train``; a bundle that is
    given away keeps them in ``docs``. Other weights than the bundle's have other curves.
    """
    from mritumor.errors import InputError
    from mritumor.report import read_history

    bundle, weights = predictor.bundle.resolve(), predictor.weights[0].resolve()
    places = [weights.parent]
    if weights.parent == bundle / "models" and len(predictor.weights) == 1:
        places = [bundle / "runs/train", bundle / "docs"]
    for place in places:
        try:
            return read_history(place)
        except InputError:
            continue
    return {}


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
            picked = pick_examples(scores, EXAMPLES, [i.patient for i in shown])
            chosen += [(k, shown[i]) for k, found in picked.items() for i in found]
    known = [i for i in scoring.items if i.probabilities is not None]
    known = [i for i in known if i.true_class >= 0]
    for kind, right in (("wrong", False), ("right", True)):
        some = [i for i in known if (i.probabilities.argmax() == i.true_class) == right]
        chosen += [(kind, i) for i in _surest(some)]
    return [_example(predictor, kind, one) for kind, one in chosen]


def _surest(items: list[Any]) -> list[Any]:
    """Return those that were called with most certainty, of several classes and people."""
    from mritumor.report import spread_over

    items = sorted(items, key=lambda i: -float(i.probabilities.max()))
    people, kinds = [i.patient for i in items], [str(i.true_class) for i in items]
    chosen: list[int] = []
    for kind in set(kinds):
        ranked = [k for k, other in enumerate(kinds) if other == kind]
        chosen += spread_over(ranked, people, EXAMPLES)
    return [items[k] for k in spread_over(sorted(chosen), kinds, EXAMPLES)]


def _example(predictor: Any, kind: str, one: Any) -> Any:
    from mritumor.inference.evaluation_items import predict_item, truth_of
    from mritumor.metrics import dice
    from mritumor.overlay import fullest_slice
    from mritumor.report import Example

    prediction = predict_item(predictor, one.item, predictor.fills_missing)
    truth = truth_of(one.item, prediction)
    image, labels = prediction.image[prediction.shown], prediction.labels
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


def _without_empty_columns(rows: Any) -> list[dict[str, Any]]:
    kept = [
        key
        for key in (rows[0] if rows else ())
        if any(r[key] is not None for r in rows)
    ]
    return [{key: _blank(row[key]) for key in kept} for row in rows]


def _blank(value: Any) -> Any:
    return "" if value is None else value
