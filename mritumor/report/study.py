"""The report of one study."""

from __future__ import annotations

from pathlib import Path

from mritumor import overlay
from mritumor.report.facts import ScoreRow, StudyFacts
from mritumor.report.page import hex_colour, write_page
from mritumor.report.views import StudyViews, study_views
from mritumor.types import PathLike

LAYERS = {
    "border": "outline",
    "fill": "regions",
    "truth": "expert's outline",
}


def study_report(facts: StudyFacts, path: PathLike) -> Path:
    """Write one self-contained HTML page about a study.

    Args:
        facts: what is known; parts that are left out do not appear.
        path: the file.

    Returns:
        The path.

    Raises:
        InputError: arrays of different shapes, or a volume without an affine.
    """
    views = study_views(facts)
    drawn = {name for view in views.outline for name in view.layers}
    ordered = sorted(facts.probabilities.items(), key=lambda item: -item[1])
    return write_page(
        "study.html.j2",
        path,
        facts=facts,
        views=views,
        layers={name: words for name, words in LAYERS.items() if name in drawn},
        key=_key(facts, views),
        lead=lead(facts),
        three_d=facts.image.ndim == 3,
        probabilities=ordered,
        sure=bool(ordered) and ordered[0][1] >= facts.abstain_below,
        scores_rows=[ScoreRow(name, value) for name, value in facts.scores.items()],
    )


def lead(facts: StudyFacts) -> str:
    """Return what the bundle says, in a sentence."""
    parts = []
    if facts.probabilities:
        name, share = max(facts.probabilities.items(), key=lambda item: item[1])
        sure = share >= facts.abstain_below
        parts.append(f"{name}, {share:.0%}" if sure else f"not sure ({name}?)")
    if facts.labels is not None:
        found = [n for v, n in facts.names.items() if (facts.labels == v).any()]
        words = ", ".join(found) if found else "no tumour"
        parts.append(f"outlined: {words}" if facts.labels.any() else words)
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def _key(facts: StudyFacts, views: StudyViews) -> list[tuple[str, str]]:
    """Return names and colours of the tinted regions."""
    if not any("fill" in view.layers for view in views.outline):
        return []
    palette = overlay.PALETTE
    return [
        (name, hex_colour(palette[(value - 1) % len(palette)]))
        for value, name in facts.names.items()
    ]
