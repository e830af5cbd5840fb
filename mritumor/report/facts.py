"""What a report is made of: plain facts, whoever found them.

Nothing here computes or draws. Fields that are left out leave their part of the report
out. Arrays of one picture are (H, W) *as seen*, rows downward; volumes are (I, J, K)
with an affine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mritumor.metrics.score_row import ScoreRow
from mritumor.types import Affine, LabelMap

Row = Mapping[str, Any]
"""One line of a table: heading to cell. All rows of a table share their headings."""

History = Mapping[str, Sequence[float]]
"""Columns of a run's ``metrics.csv``; NaN where an epoch had no value."""


@dataclass(frozen=True)
class StudyFacts:
    """One study and what a bundle says of it.

    Attributes:
        case: its name.
        image: (H, W) or (I, J, K), the sequence shown.
        labels: the same shape, 0 background; None when nothing was outlined.
        names: meaning of each label value but 0.
        affine: voxel index to RAS+ mm, of a volume.
        probabilities: by class, adding up to 1.
        abstain_below: below this probability the class is given as "not sure".
        heat: the same shape, in [0, 1]: evidence for a class (`mritumor.explain`).
        heat_of: the class that the heat speaks for.
        uncertainty: the same shape, in [0, 1], such as the entropy of an ensemble.
        truth: the same shape, the expert's labels.
        measures: volumes, extents and the like, one row a region or lesion.
        scores: against the truth, by name.
        provenance: bundle, version, weights' hash, versions, date …
        notes: what the reader must know, such as a sequence that was missing.
    """

    case: str
    image: NDArray[np.floating]
    labels: LabelMap | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    affine: Affine | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    abstain_below: float = 0.0
    heat: NDArray[np.floating] | None = None
    heat_of: str = ""
    uncertainty: NDArray[np.floating] | None = None
    truth: LabelMap | None = None
    measures: Sequence[Row] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ClassFacts:
    """A classifier's answers on a test set.

    Attributes:
        names: of the K classes.
        labels: (N,) true classes, from 0.
        probabilities: (N, K) as the bundle gives them.
        uncalibrated: (N, K) the same without its temperature, to compare.
        abstain_below: the bundle's threshold, marked in the coverage curve.
    """

    names: Sequence[str]
    labels: NDArray[np.integer]
    probabilities: NDArray[np.floating]
    uncalibrated: NDArray[np.floating] | None = None
    abstain_below: float | None = None


@dataclass(frozen=True)
class PatientFacts:
    """One score per patient.

    Attributes:
        metric: such as ``"Dice"``.
        scores: by patient; NaN where undefined.
        groups: by patient, such as the site.
        mean: over the patients, with its interval.
    """

    metric: str
    scores: Mapping[str, float]
    groups: Mapping[str, str] = field(default_factory=dict)
    mean: ScoreRow | None = None


@dataclass(frozen=True)
class Example:
    """One picture of a gallery.

    Attributes:
        kind: which gallery.
        case: its name.
        image: (H, W) as seen.
        predicted: (H, W) mask.
        truth: (H, W) mask.
        score: Dice.
        true_class: name.
        predicted_class: name.
        confidence: probability of the predicted class.
    """

    kind: Literal["best", "median", "worst", "right", "wrong"]
    case: str
    image: NDArray[np.floating]
    predicted: NDArray[Any] | None = None
    truth: NDArray[Any] | None = None
    score: float | None = None
    true_class: str = ""
    predicted_class: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class EvaluationFacts:
    """A bundle on a test set.

    Attributes:
        title: such as the bundle's name.
        protocol: which cases, split how, in one sentence.
        scores: the pooled ones, with intervals.
        groups: further tables by heading, such as ``"by site"`` or ``"by class"``.
        history: of the training run (`read_history`).
        classes: of a classifier.
        patients: one score per patient, of a segmentation.
        gallery: pictures.
        failures: ranked, one row a case.
        thresholds: accuracy by the share of images answered, one row a threshold.
        provenance: bundle, version, weights' hash, data hash, versions, date …
        notes: what the reader must know.
        operating_points: tumours missed and false alarms, one row a threshold.
    """

    title: str
    protocol: str = ""
    scores: Sequence[ScoreRow] = ()
    groups: Mapping[str, Sequence[ScoreRow]] = field(default_factory=dict)
    history: History = field(default_factory=dict)
    classes: ClassFacts | None = None
    patients: PatientFacts | None = None
    gallery: Sequence[Example] = ()
    failures: Sequence[Row] = ()
    thresholds: Sequence[Row] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    operating_points: Sequence[Row] = ()


@dataclass(frozen=True)
class ModelFacts:
    """One model of a comparison.

    Attributes:
        name: of the bundle or overlay.
        scores: one row a metric, the same metrics in the same order for all models.
        patients: by patient, of the first metric.
        history: of its training run.
        facts: further columns, such as parameters, seconds per case, MB.
    """

    name: str
    scores: Sequence[ScoreRow]
    patients: Mapping[str, float] = field(default_factory=dict)
    history: History = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PairRow:
    """A paired test between two models on the same patients.

    Attributes:
        first: name of a model.
        second: name of another.
        metric: compared.
        difference: first minus second.
        low: lower end of its 95 % interval.
        high: upper end.
        p: two-sided, adjusted where `test` says so.
        test: its name.
    """

    first: str
    second: str
    metric: str
    difference: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    test: str = ""


@dataclass(frozen=True)
class ComparisonFacts:
    """Several models on the same cases.

    Attributes:
        title: what is compared.
        models: in the order of the table.
        pairs: paired tests.
        protocol: which cases, split how, in one sentence.
        provenance: data hash, versions, date …
        notes: what the reader must know.
    """

    title: str
    models: Sequence[ModelFacts]
    pairs: Sequence[PairRow] = ()
    protocol: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
