"""What is reached without learning anything; a network has to be better."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mritumor.data.audit.facts import Facts
from mritumor.data.audit.records import read_data_set
from mritumor.data.audit.run import examined
from mritumor.data.audit.vectors import nearest, vectors


def sections(folder: Path) -> tuple[list[Facts], list[Facts]]:
    """Return what is known of the training and of the validation images."""
    facts = list(examined(read_data_set(folder), 1))
    found = [f for f in facts if f.plane is not None]
    learn = [f for f in found if f.record.section == "training"]
    return learn, [f for f in found if f.record.section == "validation"]


def accuracy(folder: Path) -> dict[str, float]:
    """Accuracy of the commonest class, and of the class of the nearest thumbnail.

    The commonest of the validation itself: no guess without learning is right oftener.
    """
    learn, tried = sections(folder)
    common = Counter(f.record.klass for f in tried).most_common(1)[0][0]
    lent = [learn[i].record.klass for i in lenders(learn, tried)]
    return {
        "commonest class": float(np.mean([f.record.klass == common for f in tried])),
        "nearest image's class": float(
            np.mean([f.record.klass == k for f, k in zip(tried, lent)])
        ),
    }


def dice(folder: Path) -> dict[str, float]:
    """Dice per patient (slices added, then the mean) of outlines without learning.

    An empty outline scores 0, as every patient has a tumour. The mean outline is cut where
    it fits the training best. On 48 x 48 thumbnails; of a volume the slice with most
    tumour, all labels as one, which is kinder than what networks are scored by.
    """
    learn, tried = sections(folder)
    mean = np.mean([outline(f) for f in learn], axis=0)

    def everywhere(threshold: float) -> Callable[[Facts], np.ndarray]:
        return lambda fact: mean >= threshold

    shares = np.linspace(0, mean.max(), 12)
    best = max(shares, key=lambda t: per_patient(learn, everywhere(float(t))))
    lent = {id(f): outline(learn[i]) for f, i in zip(tried, lenders(learn, tried))}
    return {
        "empty outline": 0.0,
        "mean outline": per_patient(tried, everywhere(float(best))),
        "nearest image's outline": per_patient(tried, lambda fact: lent[id(fact)]),
    }


def lenders(learn: Sequence[Facts], tried: Sequence[Facts]) -> list[int]:
    pictures = [
        vectors([f.plane for f in own if f.plane is not None]) for own in (learn, tried)
    ]
    return [int(i) for i in nearest(*pictures)]


def outline(fact: Facts) -> np.ndarray:
    assert fact.outline is not None
    return fact.outline


def per_patient(own: Sequence[Facts], guess: Callable[[Facts], np.ndarray]) -> float:
    sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
    for fact in own:
        true, called = outline(fact), guess(fact)
        sums[str(fact.record.patient)] += (
            2 * (true & called).sum(),
            true.sum() + called.sum(),
        )
    return float(np.mean([both / all_ for both, all_ in sums.values()]))
