"""Which sequence a DICOM series is: its description and its timing must agree."""

from __future__ import annotations

import re

from mritumor.data.modalities import recognise
from mritumor.dicom.header import SeriesHeader
from mritumor.dicom.weighting import weighting
from mritumor.errors import InputError

_AGENT = r"contrast|gd|gado\w*|gad|km|ce|dotarem|prohance|magnevist|clariscan|enhanced"
_BEFORE = re.compile(
    r"(?<![a-z0-9])((pre|without|w ?o|non?|native?|plain|unenhanced|ohne|before)\W*"
    rf"({_AGENT})|pre|without|w ?o|native?|plain|unenhanced|ohne|(?<=t1 )n)(?![a-z0-9])"
)
_AFTER = re.compile(
    rf"(?<![a-z0-9])(post|after|{_AGENT}|(?<=t1 )c|(?<=\+)c|(?<=\+ )c)(?![a-z0-9])"
)
# "t1ce", "postgd": words written together are parted before they are read.
_TOGETHER = re.compile(
    r"(t1w?|post|pre|non)(?=(ce|c|n|post|pre|contrast|gado\w*|gad|gd|km)(?![a-z0-9]))"
)
_FLAIR = re.compile(r"dark ?fluid|da ?fl(?![a-z0-9])|fluid ?att")
_T1_NAMES = re.compile(
    r"mp2?rage|spgr|bravo|vibe|(?<![a-z0-9])(t1\w*|[tf]fe3d|3d ?t?tfe)(?![a-z0-9])"
)


def sequence_of(header: SeriesHeader) -> str | None:
    """Say which sequence a series is.

    Args:
        header: of a series that may be anatomical, see
            `mritumor.dicom.kind.why_not_anatomical`.

    Returns:
        ``"t1n"``, ``"t1c"``, ``"t2w"``, ``"t2f"``, or None where neither description
        nor timing tell.

    Raises:
        InputError: description and header contradict each other.
    """
    named, timed = _named(header), weighting(header)
    # Dual echoes are called "PD T2" both; long T1 spin echoes have the times of PD.
    if timed == "pd":
        named, timed = (None if named == "t2" else named), None
    if named and timed and named != timed:
        raise _doubt(header, f"a {named} by its name, a {timed} by its timing")
    kind = named or timed
    if kind != "t1":
        return {"t2": "t2w", "flair": "t2f"}.get(kind or "")
    return "t1c" if _after_contrast(header) else "t1n"


def _named(header: SeriesHeader) -> str | None:
    """Return the weighting that the description, else the protocol's name, tells."""
    for said in (header.description, header.protocol):
        words = _plain(said)
        if _FLAIR.search(words):
            return "flair"
        try:
            kind = recognise(_AFTER.sub(" ", _BEFORE.sub(" ", words)))
        except InputError:
            continue  # several sequences in one name, such as "T1 FLAIR"
        if kind in ("t1n", "t1c") or (kind is None and _T1_NAMES.search(words)):
            return "t1"
        if kind in ("t2w", "t2f"):
            return "t2" if kind == "t2w" else "flair"
    return None


def _after_contrast(header: SeriesHeader) -> bool:
    """Whether a T1 is with contrast.

    Raises:
        InputError: the name says without, the header with, or the name says both.
    """
    # A protocol is often that of the whole study: "brain with and without contrast".
    words = _plain(header.description or header.protocol)
    before = bool(_BEFORE.search(words))
    after = bool(_AFTER.search(_BEFORE.sub(" ", words)))
    if before and (after or header.contrast_agent):
        agent = "a contrast agent in the header" if header.contrast_agent else "with"
        raise _doubt(header, f"without contrast by its name, and {agent}")
    return after or header.contrast_agent


def _plain(said: str) -> str:
    apart = re.sub(r"[_/\\-]+", " ", said.lower()).strip()
    return _TOGETHER.sub(lambda match: f"{match.group(1).rstrip('w')} ", apart)


def _doubt(header: SeriesHeader, got: str) -> InputError:
    return InputError(
        "it is not clear which sequence this series is",
        where=f"{header.case}, {header}",
        got=got,
        remedy="correct its SeriesDescription, or move the series out of the folder",
    )
