"""What the values of a tumour's label map mean, by data set and year.

The canonical values are those of BraTS 2023 and later: 1 necrotic core (NCR),
2 oedema (ED), 3 enhancing tumour (ET), contiguous, which some viewers demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from mritumor.errors import LabelError, did_you_mean
from mritumor.types import LabelMap

BRATS_LABELS: Mapping[int, str] = MappingProxyType(
    {0: "background", 1: "necrotic core", 2: "oedema", 3: "enhancing tumour"}
)
# Whole tumour ⊃ tumour core ⊃ enhancing tumour, in canonical values.
BRATS_REGIONS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}
)
_CANONICAL = {"NCR": 1, "ED": 2, "ET": 3, "RC": 4}


@dataclass(frozen=True)
class Convention:
    """One way to number the structures of a tumour.

    Attributes:
        name: as written after ``--labels``.
        structures: value to structure: NCR, ED, NET (non-enhancing), CC (cystic), ET,
            CORE (not divided), RC (resection cavity).
    """

    name: str
    structures: Mapping[int, str]

    @property
    def is_lossless(self) -> bool:
        """Whether the canonical values tell the same structures apart."""
        return set(self.structures.values()) <= set(_CANONICAL)


CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        c.name: c
        for c in (
            Convention("brats2012", {1: "ED", 2: "CORE"}),
            Convention("brats2013", {1: "NCR", 2: "ED", 3: "NET", 4: "ET"}),
            Convention("brats2017", {1: "NCR", 2: "ED", 4: "ET"}),
            Convention("brats2023", {1: "NCR", 2: "ED", 3: "ET"}),
            Convention("brats2024-post", {1: "NCR", 2: "ED", 3: "ET", 4: "RC"}),
            # arXiv:2404.15009; the names of its cases are those of PEDs 2023.
            Convention("brats2024-ped", {1: "ET", 2: "NET", 3: "CC", 4: "ED"}),
            Convention("msd", {1: "ED", 2: "NCR", 3: "ET"}),
        )
    }
)


def convention(name: str) -> Convention:
    """Return a convention by name.

    Raises:
        LabelError: no such convention.
    """
    if name not in CONVENTIONS:
        raise LabelError(
            "no such label convention",
            got=name,
            expected=", ".join(CONVENTIONS),
            remedy=did_you_mean(name, CONVENTIONS),
        )
    return CONVENTIONS[name]


def detect(values: Iterable[int], where: object = None) -> Convention:
    """Say which convention the values of a whole data set follow.

    Only one reading is certain by the values alone: 4 without 3 is BraTS 2017–2022.
    All else could be several years and is refused.

    Args:
        values: found in any case of the set; 0 may be among them.
        where: the data set, for the error.

    Raises:
        LabelError: values of no convention, or of several.
    """
    found = set(values) - {0}
    if 4 in found and 3 not in found and found <= {1, 2, 4}:
        return CONVENTIONS["brats2017"]
    possible = [c.name for c in CONVENTIONS.values() if found <= set(c.structures)]
    raise LabelError(
        (
            "the label values fit several conventions"
            if possible
            else "unknown label values"
        ),
        where=where,
        got=sorted(found),
        expected=", ".join(possible or CONVENTIONS),
        remedy="say which with --labels",
    )


def to_canonical(
    labels: np.ndarray, source: Convention, where: object = None
) -> LabelMap:
    """Convert a label map to the canonical values.

    NET joins NCR, as BraTS itself did in 2017, and so does CC, as in BraTS-PEDs 2023.
    CORE becomes NCR: WT and TC stay right, and there is no ET.

    Args:
        labels: any shape, whole numbers.
        source: their convention.
        where: the file, for the error.

    Returns:
        uint8, the same shape.

    Raises:
        LabelError: a value that the convention does not know, or not whole.
    """
    whole = _whole(labels, where)
    _check_known(whole, source, where)
    table: LabelMap = np.zeros(max(source.structures) + 1, np.uint8)
    for value, structure in source.structures.items():
        table[value] = _CANONICAL.get(structure, _CANONICAL["NCR"])
    return table[whole]


def from_canonical(
    labels: np.ndarray, target: Convention, where: object = None
) -> LabelMap:
    """Convert canonical values to those of another convention, without loss.

    ``to_canonical`` gives back exactly what was given here. NCR becomes NCR; where a
    convention has none, CORE or NET.

    Args:
        labels: any shape, canonical whole numbers: 1 NCR, 2 ED, 3 ET, 4 RC.
        target: the convention wanted.
        where: the file, for the error.

    Returns:
        uint8, the same shape.

    Raises:
        LabelError: a structure that the target cannot tell apart, or not a canonical
            value, or not whole.
    """
    whole = _whole(labels, where)
    _check_known(whole, CONVENTIONS["brats2024-post"], where)
    value_of = {structure: value for value, structure in target.structures.items()}
    value_of.setdefault("NCR", value_of.get("CORE", value_of.get("NET", 0)))
    table: LabelMap = np.zeros(max(_CANONICAL.values()) + 1, np.uint8)
    lost = []
    for structure, canonical in _CANONICAL.items():
        if value_of.get(structure):
            table[canonical] = value_of[structure]
        elif (whole == canonical).any():
            lost.append(structure)
    if lost:
        raise _loss(lost, target, where)
    return table[whole]


def convert(
    labels: np.ndarray, source: Convention, target: Convention, where: object = None
) -> LabelMap:
    """Convert between two conventions structure by structure; nothing is merged.

    Args:
        labels: any shape, whole numbers.
        source: their convention.
        target: the convention wanted.
        where: the file, for the error.

    Returns:
        uint8, the same shape; converted the other way it is what was given.

    Raises:
        LabelError: a structure that `target` does not have, an unknown value, or not
            whole.
    """
    whole = _whole(labels, where)
    _check_known(whole, source, where)
    value_of = {structure: value for value, structure in target.structures.items()}
    present = set(np.unique(whole).tolist()) - {0}
    lost = [
        source.structures[v] for v in present if source.structures[v] not in value_of
    ]
    if lost:
        raise _loss(sorted(lost), target, where)
    table: LabelMap = np.zeros(max(source.structures) + 1, np.uint8)
    for value in present:
        table[value] = value_of[source.structures[value]]
    return table[whole]


def label_names(source: Convention) -> dict[int, str]:
    """Return the meaning of each canonical value that a convention can give."""
    names = dict(BRATS_LABELS)
    if "RC" in source.structures.values():
        names[_CANONICAL["RC"]] = "resection cavity"
    return names


def _loss(lost: Sequence[str], target: Convention, where: object) -> LabelError:
    return LabelError(
        f"{' and '.join(lost)} would be lost",
        where=where,
        expected=f"only what {target.name} tells apart: "
        + ", ".join(target.structures.values()),
        remedy="choose another convention",
    )


def _whole(labels: np.ndarray, where: object) -> np.ndarray:
    """Return the values as int64; refuse what is no whole number."""
    if np.issubdtype(labels.dtype, np.integer) or labels.dtype == bool:
        return labels.astype(np.int64)
    whole = np.rint(labels)
    # Label maps resampled or stored as scaled floats come back as 0.9999999.
    if not (np.isfinite(labels).all() and np.allclose(labels, whole, atol=1e-3)):
        raise LabelError("label values are not whole numbers", where=where)
    return whole.astype(np.int64)


def _check_known(whole: np.ndarray, source: Convention, where: object) -> None:
    unknown = sorted(set(np.unique(whole).tolist()) - {0, *source.structures})
    if unknown:
        raise LabelError(
            "label values that this convention does not know",
            where=where,
            got=unknown,
            expected=f"{source.name}: 0, {', '.join(map(str, source.structures))}",
            remedy="say which convention it is with --labels",
        )
