"""From a raw study to volumes that a network takes: one grid, one scale, the way back.

`preprocess` does it all; each step is a function of its own as well. Positions are
RAS+ mm throughout; ITK's LPS+ is met in `volume` only.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
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
    },
)
