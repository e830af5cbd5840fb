"""Names of the MRI sequences: one table of aliases, one function that reads them.

The canonical names are those of BraTS 2023 and later: ``t1n`` (T1 before contrast),
``t1c`` (T1 after contrast), ``t2w`` (T2) and ``t2f`` (T2-FLAIR).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mritumor.errors import InputError, did_you_mean
from mritumor.types import PathLike

MODALITIES = ("t1n", "t1c", "t2w", "t2f")
SEGMENTATION = "seg"
BRAIN_MASK = "brainmask"

_CONTRAST = "c ce gd gad gado gadolinium km post postcontrast contrast postgd".split()

# Written without separators: "T1_CE", "t1-ce" and "t1ce" are one entry.
ALIASES: dict[str, tuple[str, ...]] = {
    "t1n": ("t1n", "t1", "t1w", "t1pre", "t1wpre", "t1native", "t1precontrast"),
    "t1c": (
        *(f"t1{word}" for word in _CONTRAST),
        *(f"t1w{word}" for word in _CONTRAST),
        *("gd", "gad", "gado", "postcontrast", "ct1", "cet1", "cet1w"),
    ),
    "t2w": ("t2w", "t2"),
    "t2f": ("t2f", "flair", "fla", "t2flair", "t2wflair", "flairt2", "fl"),
    SEGMENTATION: (
        *("seg", "segm", "segmentation", "segmentations", "mask", "masks"),
        *("label", "labels", "ot", "otmulticlass", "truth", "groundtruth", "gt"),
        *("roi", "tumormask", "tumourmask", "gtv"),
    ),
    BRAIN_MASK: (
        "brainmask",
        "brain_mask",
        "bet_mask",
        "betmask",
        "skullmask",
        "brainsegmentation",
        "brainparenchymasegmentation",
    ),
}

# Said of a T1 but apart from it, these make one doubt that it is without contrast.
_DOUBTFUL = frozenset({"post", "contrast", "gadolinium", "km"})
_LONGEST = 3  # "T1 post contrast" is three words
_EXTENSION = re.compile(r"(\.(nii|gz|nrrd|mha|mhd|nhdr|tiff?|png|jpe?g|npz?|mat))+$")
_TABLE = {
    re.sub("[^a-z0-9]", "", alias): name
    for name, aliases in ALIASES.items()
    for alias in aliases
}


def recognise(filename: PathLike, case: str = "") -> str | None:
    """Say which sequence a file holds, by its name alone.

    Args:
        filename: a file name or path; only its last part is read.
        case: name of the case. Where the file name begins with it, that part is not
            read, so that a patient called ``GD-07`` is not taken for gadolinium.

    Returns:
        ``"t1n"``, ``"t1c"``, ``"t2w"``, ``"t2f"``, ``"seg"`` (a tumour's outline, also
        when the sequence it was drawn on is named), ``"brainmask"``, or None.

    Raises:
        InputError: the name speaks of several sequences, or of a T1 that may be
            either with or without contrast.

    Example:
        >>> recognise("BraTS20_Training_001_t1ce.nii.gz")
        't1c'
    """
    name = str(filename).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].lower()
    # Only whole words: folder "P" says nothing of "Post_t1.nii.gz".
    if case and re.match(re.escape(case.lower()) + "(?![a-z0-9])", name):
        name = name[len(case) :]
    name = _EXTENSION.sub("", name)
    found, rest = _match([word for word in re.split("[^a-z0-9]+", name) if word])
    for kind in (BRAIN_MASK, SEGMENTATION):
        if kind in found:
            return kind
    if found == {"t2w", "t2f"} and "to" not in rest:  # a FLAIR is T2-weighted
        return "t2f"
    if len(found) > 1 or (found == {"t1n"} and _DOUBTFUL & set(rest)):
        raise InputError(
            "the file name does not say clearly which sequence this is",
            where=filename,
            got=", ".join(sorted(found | (_DOUBTFUL & set(rest)))),
            expected="one of " + ", ".join(MODALITIES),
            remedy="rename the file, such as CASE_t1c.nii.gz",
        )
    return found.pop() if found else None


def name_without_modality(filename: PathLike) -> str:
    """Return a file's name without its sequence and extension: the case it belongs to.

    Example:
        >>> name_without_modality("P1_flair.nii.gz"), name_without_modality("P1.nii")
        ('P1', 'P1')
    """
    name = str(filename).replace("\\", "/").rsplit("/", 1)[-1]
    name = name[: len(_EXTENSION.sub("", name.lower()))]
    words = re.split("([^A-Za-z0-9]+)", name)
    keep = list(words)
    for start, length, _ in _spans([word.lower() for word in words[::2]]):
        for k in range(2 * start, 2 * (start + length) - 1):
            keep[k] = ""
    return re.sub("[^A-Za-z0-9]+$|^[^A-Za-z0-9]+", "", "".join(keep))


def canonical(name: str) -> str:
    """Return the canonical name of a sequence that a person wrote.

    Args:
        name: a canonical name or an alias, such as ``"FLAIR"`` or ``"T1Gd"``.

    Raises:
        InputError: no such sequence; names the nearest.
    """
    found = _TABLE.get(re.sub("[^a-z0-9]", "", name.lower()))
    if found not in MODALITIES:
        raise InputError(
            "no such sequence",
            got=repr(name),
            expected="one of " + ", ".join(MODALITIES),
            remedy=did_you_mean(name.lower(), _TABLE),
        )
    return str(found)


def in_order(modalities: Iterable[str]) -> tuple[str, ...]:
    """Return canonical names in the canonical channel order."""
    return tuple(sorted(modalities, key=MODALITIES.index))


def _match(words: list[str]) -> tuple[set[str], list[str]]:
    """Return the kinds that the words name, and the words that name none."""
    spans = _spans(words)
    used = {k for start, length, _ in spans for k in range(start, start + length)}
    rest = [word for k, word in enumerate(words) if k not in used]
    return {kind for _, _, kind in spans}, rest


def _spans(words: list[str]) -> list[tuple[int, int, str]]:
    """Find aliases from left to right, the longest first: (start, length, kind)."""
    spans, start = [], 0
    while start < len(words):
        for length in range(min(_LONGEST, len(words) - start), 0, -1):
            kind = _TABLE.get("".join(words[start : start + length]))
            if kind:
                spans.append((start, length, kind))
                break
        else:
            length = 1
        start += length
    return spans
