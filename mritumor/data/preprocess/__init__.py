"""From a raw study to volumes that a network takes: one grid, one scale, the way back.

`preprocess` does it all; each step is a function of its own as well. Positions are
RAS+ mm throughout; ITK's LPS+ is met in `volume` only.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "BiasCorrection": "bias_field",
    "Carrier": "carrier",
    "Grid": "grid",
    "Match": "match",
    "Options": "options",
    "Preprocessed": "study",
    "Registration": "registration",
    "Volume": "volume",
    "brain_mask": "brain",
    "correct_bias": "bias_field",
    "normalise": "normalisation",
    "preprocess": "study",
    "read_record": "record",
    "read_sequence": "volume",
    "register": "registration",
    "resample": "resampling",
    "restore": "restoration",
    "write": "record",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
