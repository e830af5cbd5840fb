"""What a data set is like, section by section, in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from mritumor.data.audit.facts import PERCENTILES, Facts
from mritumor.data.datalist import SECTIONS

MOST = 5


def fingerprint(facts: Sequence[Facts]) -> dict[str, dict[str, Any]]:
    """Describe each section that has items.

    Args:
        facts: of all items.

    Returns:
        Section to plain values: ``items``, ``patients``, ``sites``, ``shapes`` and
        ``spacings_mm`` (the commonest five and their counts), ``classes``,
        ``intensities`` (per channel the medians of its 1st, 50th and 99th percentile,
        zeros left out), ``label_values`` (items in which each value occurs),
        ``tumour_mm3`` (of pictures in pixels: n, smallest, quartiles, largest, of
        items with a tumour) and ``empty_labels``.
    """
    parts = {
        section: [item for item in facts if item.record.section == section]
        for section in SECTIONS
    }
    return {section: _describe(own) for section, own in parts.items() if own}


def _describe(own: Sequence[Facts]) -> dict[str, Any]:
    outlined = [item for item in own if item.values is not None and item.values.whole]
    volumes = [item.tumour_mm3 for item in outlined if item.tumour_mm3]
    values = Counter(v for item in outlined if item.values for v in item.values.counts)
    return {
        "items": len(own),
        "patients": len({i.record.patient for i in own} - {None}),
        "sites": _counts(i.record.site for i in own),
        "shapes": _counts(" × ".join(map(str, i.shape)) or None for i in own),
        "spacings_mm": _counts(_spacing(i) for i in own),
        "classes": _counts((i.record.klass for i in own), most=None),
        "intensities": _intensities(own),
        "label_values": {str(v): values[v] for v in sorted(values)},
        "tumour_mm3": _quartiles(volumes),
        "empty_labels": len(outlined) - len(volumes),
    }


def _spacing(item: Facts) -> str | None:
    if item.spacing is None:
        return None
    return " × ".join(f"{step:.3g}" for step in item.spacing)


def _counts(words: Iterable[Hashable], most: int | None = MOST) -> dict[str, int]:
    counted = Counter(word for word in words if word is not None)
    return {str(word): n for word, n in counted.most_common(most)}


def _intensities(own: Sequence[Facts]) -> dict[str, dict[str, float]]:
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for item in own:
        names = item.record.modalities
        for number, row in enumerate(item.percentiles):
            known = len(names) == len(item.percentiles)
            rows[names[number] if known else f"channel {number}"].append(row)
    return {
        name: {
            f"p{p}": round(float(v), 4)
            for p, v in zip(PERCENTILES, np.median(table, axis=0))
        }
        for name, table in rows.items()
    }


def _quartiles(volumes: Sequence[float]) -> dict[str, float]:
    if not volumes:
        return {}
    names = ("smallest", "p25", "median", "p75", "largest")
    numbers = [float(np.percentile(volumes, q)) for q in (0, 25, 50, 75, 100)]
    quartiles = {name: round(v, 2) for name, v in zip(names, numbers)}
    return {"n": len(volumes), **quartiles}
