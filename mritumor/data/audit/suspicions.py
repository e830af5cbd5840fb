"""What the baselines and the sites say of a data set, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mritumor.data.audit.facts import Facts
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.shortcuts import Baselines

FEWEST = 50
TOO_EASY = 0.95
GAP = 0.1
SIZE_GAIN = 0.25


def shortcut_findings(found: Baselines, facts: Sequence[Facts]) -> Iterator[Finding]:
    """Yield what the baselines and the sites say of the data set.

    Warnings ``class-equals-source`` (every class from one site of its own),
    ``class-by-size`` and ``too-easy`` (5 % or fewer errors without learning); the note
    ``slice-leak`` where a split of images reads better than one of patients.
    """
    for kind, severity, sentence in _sentences(found, facts):
        yield Finding(severity, kind, "data set", sentence)


def _sentences(
    found: Baselines, facts: Sequence[Facts]
) -> Iterator[tuple[str, str, str]]:
    if _class_equals_site(facts):
        sentence = "each class comes from one site: the site is what will be learnt"
        yield "class-equals-source", "warning", sentence
    for name in ("nearest image's class", "nearest image's mask"):
        row = found.get(name, {})
        gap = row.get("random images", 0) - row.get("random patients", 1)
        if gap > GAP:
            yield "slice-leak", "note", (
                f"{name}: {row['random images']:.2f} when images are split, "
                f"{row['random patients']:.2f} when patients are; split patients"
            )
    if len(facts) < FEWEST:
        return  # too few to accuse
    reached = _fairest(found.get("nearest image's class", {}))
    if reached >= TOO_EASY:
        yield "too-easy", "warning", (
            f"the class of the nearest training image is right in {reached:.0%}: "
            "images of one source, patient or copy may stand on both sides"
        )
    by_size = found.get("class by image size", {}).get("random images", 0.0)
    usual = found.get("commonest class", {}).get("random images", 0.0)
    if by_size >= usual + SIZE_GAIN:
        yield "class-by-size", "warning", (
            f"height and width alone tell the class in {by_size:.0%} "
            f"(commonest class: {usual:.0%}): the classes come from different sources"
        )


def _fairest(row: Mapping[str, float]) -> float:
    for name in ("own split", "random patients", "random images"):
        if name in row:
            return row[name]
    return 0.0


def _class_equals_site(facts: Sequence[Facts]) -> bool:
    sites: dict[str, set[str]] = {}
    for item in facts:
        if item.record.klass is not None and item.record.site is not None:
            sites.setdefault(item.record.klass, set()).add(item.record.site)
    owned = [site for own in sites.values() for site in own]
    return len(sites) > 1 and len(owned) == len(sites) == len(set(owned))
