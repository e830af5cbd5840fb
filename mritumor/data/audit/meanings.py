"""What each kind of finding means for somebody who wants to train, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "missing-file": "The datalist names a file that is not there: fetch it or "
        "leave the item out.",
        "unreadable": "The file is empty, cut off, a Git-LFS pointer or no image: "
        "fetch it again.",
        "no-image": "The item names no image: leave it out.",
        "item-keys": "A class or label that means nothing: 'label' is the path of a "
        "mask, 'class' a number that 'classes' names.",
        "not-finite": "NaN or infinity spoils training: export the image again.",
        "constant": "An image of one value holds nothing: export it again.",
        "grid": "Files of one item lie on different grids: resample them, or find the "
        "right ones.",
        "modality-count": "Too few or too many sequences: a network takes a fixed "
        "number.",
        "modality-swapped": "A file stands in another sequence's place by its name.",
        "copied-channel": "One sequence was copied into another's place.",
        "unregistered": "Sequences seem shifted against each other: register them.",
        "unstripped": "There seems to be a skull, which the bundles for stripped "
        "brains have never seen.",
        "label-year": "The label values are of another BraTS year: convert them.",
        "label-values": "Label values that the datalist does not explain.",
        "label-not-whole": "A label map with values between: it was interpolated.",
        "empty-label": "Nothing is outlined; right where there is no tumour.",
        "exact-duplicate": "The same picture twice; across sections the test knows "
        "the answer.",
        "near-duplicate": "Nearly the same picture twice (recompressed, resized, "
        "brighter, mirrored); across sections the test knows the answer.",
        "class-conflict": "One picture with two classes: one of them is wrong.",
        "patient-leak": "A patient is on both sides of the split: split by patient.",
        "person-leak": "Two ids that may be one person are on both sides of the split.",
        "fold-leak": "A patient is in several folds: draw the folds by patient.",
        "no-patients": "Without patient ids no split is known to be clean.",
        "slice-leak": "Under a split of images, copying the nearest one scores high: "
        "such a split measures memory.",
        "too-easy": "Copying the nearest image scores high even between patients.",
        "class-equals-source": "Each class comes from sites of its own: a network can "
        "learn the scanner.",
        "class-by-size": "Height and width alone tell the class: a network can learn "
        "the source.",
    }
)
"""Kind of a finding to one or two sentences."""
