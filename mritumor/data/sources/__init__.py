"""One module per raw data set, all alike.

Each has ``NAME``, ``DESCRIPTION``, ``MODALITIES``, ``LABELS``, ``FACTS`` and
``prepare_cases(raw, out, options, notes)``, which gives a datalist item, or what is
wrong, for every case.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from mritumor.errors import InputError, did_you_mean

SOURCES = {
    "lgg-volumes": "mritumor.data.sources.lgg_volumes",
    "brats": "mritumor.data.sources.brats",
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
