"""Images that are there twice: the same, or nearly so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mritumor.data.audit.facts import Facts
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.groups import Groups
from mritumor.data.near_copies import near_pairs

NAMED = 4


def exact_duplicates(facts: Sequence[Facts]) -> Iterator[Finding]:
    """Yield one finding per set of items that share an image, pixel by pixel.

    Kind ``exact-duplicate``: an error where the items stand in several sections, else
    a warning; and the error ``class-conflict`` where they have several classes.

    Args:
        facts: of all items.
    """
    groups = _exact_groups(facts)
    for members in groups.all():
        yield _finding("exact-duplicate", "the same image", members, facts)
        classes = {facts[m].record.klass for m in members} - {None}
        if len(classes) > 1:
            yield Finding(
                "error",
                "class-conflict",
                str(facts[members[0]].record),
                f"the same image has the classes {' and '.join(sorted(map(str, classes)))}"
                f": {_names(members, facts)}",
                tuple(members),
            )


def near_duplicates(
    facts: Sequence[Facts], threshold: float, flips: bool
) -> Iterator[Finding]:
    """Yield one finding per set of items whose pictures are nearly the same.

    Found in spite of another brightness, compression or size, and mirrored if asked
    for. Neighbouring slices and other dates of one patient in one section are meant
    to be alike and are passed over.

    Args:
        facts: of all items.
        threshold: least correlation of fine detail, 0..1.
        flips: find mirrored copies too.
    """
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    thumbs = [item.thumb for item in facts]
    for i, j, r, flip in near_pairs(thumbs, threshold, flips):
        if r > best.get((i, j), (0.0, False))[0] and _is_news(facts[i], facts[j]):
            best[i, j] = (r, flip)
    groups = Groups(len(facts))
    for i, j in best:
        groups.join(i, j)
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for (i, _), pair in best.items():
        found[groups.root(i)].append(pair)
    for members in groups.all():
        own = found[groups.root(members[0])]
        least = min(r for r, _ in own)
        what = "nearly the same image" + (" mirrored" if own[0][1] else "")
        yield _finding(
            "near-duplicate", f"{what} (correlation {least:.3f})", members, facts
        )


def _exact_groups(facts: Sequence[Facts]) -> Groups:
    groups = Groups(len(facts))
    owner: dict[str, int] = {}
    for number, item in enumerate(facts):
        for digest in item.hashes:
            groups.join(owner.setdefault(digest, number), number)
    return groups


def _is_news(first: Facts, second: Facts) -> bool:
    if set(first.hashes) & set(second.hashes):
        return False  # told as an exact duplicate
    one, other = first.record, second.record
    same = one.owner is not None and one.owner == other.owner
    return not (same and one.section == other.section)


def _finding(
    kind: str, what: str, members: Sequence[int], facts: Sequence[Facts]
) -> Finding:
    records = [facts[m].record for m in members]
    across = len({record.section for record in records}) > 1
    patients = {record.patient for record in records}
    sides = ", in several sections" if across else ""
    if len(patients) > 1:
        sides += f", under {len(patients)} patients"
    classes = {record.klass for record in records}
    if len(classes) > 1:
        sides += f", under {len(classes)} classes"
    return Finding(
        "error" if across else "warning",
        kind,
        str(records[0]),
        f"{what} {len(members)} times{sides}: {_names(members, facts)}",
        tuple(members),
    )


def _names(members: Sequence[int], facts: Sequence[Facts]) -> str:
    some = ", ".join(str(facts[m].record) for m in members[:NAMED])
    more = len(members) - NAMED
    return f"{some} and {more} more" if more > 0 else some
