"""One module per raw data set, all alike.

Each has ``NAME``, ``DESCRIPTION``, ``MODALITIES``, ``LABELS``, ``FACTS`` and
``prepare_cases(raw, out, options, notes)``, which gives a datalist item, or what is
wrong, for every case. A set may add ``describe(raw, options)`` for what is known only
from its files (``modalities``, ``labels``, facts), ``STRATIFY_CLASS``, ``TOTAL`` (items
are slices, so a patient's tumour is their sum), ``DEFAULT_SPLIT``, and
``join_items(items, notes)`` for what only all items together show, such as near copies.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from mritumor.errors import InputError, did_you_mean

SOURCES = {
    "lgg-slices": "mritumor.data.sources.lgg_slices",
    "lgg-volumes": "mritumor.data.sources.lgg_volumes",
    "figshare": "mritumor.data.sources.figshare",
    "images": "mritumor.data.sources.image_folders",
    "brats": "mritumor.data.sources.brats",
    "msd-task01": "mritumor.data.sources.msd_task01",
    "nifti": "mritumor.data.sources.nifti",
    "dicom": "mritumor.data.sources.dicom",
}


def source(name: str) -> ModuleType:
    """Return the module that reads a data set.

    Args:
        name: one of `SOURCES`.

    Raises:
        InputError: no such data set.
    """
    if name not in SOURCES:
        raise InputError(
            "no such data set",
            got=repr(name),
            expected=", ".join(SOURCES),
            remedy=did_you_mean(name, SOURCES),
        )
    return import_module(SOURCES[name])
