"""How bright each tissue is in each sequence: signal equations.

Signals come from proton density, T1 and T2 with the textbook equations of spin echo
and inversion recovery, so that changing TR, TE or TI changes all tissues together, as
one scanner differs from another. Grey and white matter at 3 T are those of Wansapura
et al., J Magn Reson Imaging 1999;9:531-538; the others are typical values chosen to
give each sequence its known contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.tissues import TISSUES

MODALITIES = ("t1n", "t1c", "t2w", "t2f")
"""T1 native, T1 with contrast agent, T2, T2-FLAIR, in channel order."""

RELAXATION = {
    # tissue: (proton density, T1 ms, T2 ms, T1 ms after the contrast agent)
    "air": (0.0, 1000, 50, 1000),
    "csf": (1.0, 4200, 900, 4200),
    "ventricle": (1.0, 4200, 900, 4200),
    "gm": (0.85, 1331, 110, 1290),
    "wm": (0.72, 832, 79.6, 825),
    "dgm": (0.83, 1130, 84, 1110),
    "vessel": (0.75, 1600, 60, 420),
    "ncr": (0.95, 2700, 280, 2500),
    "et": (0.88, 1450, 125, 520),
    "ed": (0.88, 1600, 180, 1590),
    "bone": (0.12, 500, 30, 500),
    "fat": (0.55, 400, 70, 390),
    "muscle": (0.75, 1400, 38, 1250),
}


@dataclass(frozen=True)
class Scanner:
    """Settings of one scanner, times in ms; gains are signal units at full signal."""

    t1_repetition: float
    t1_inversion: float
    t2_repetition: float
    t2_echo: float
    flair_repetition: float
    flair_echo: float
    flair_inversion: float
    gains: tuple[float, float, float, float]


def make_scanner(rng: np.random.Generator) -> Scanner:
    """Draw a scanner; the settings vary as between hospitals."""
    inversion = rng.uniform(2350, 2550)
    return Scanner(
        t1_repetition=rng.uniform(1900, 2300),
        t1_inversion=rng.uniform(1000, 1090),
        t2_repetition=rng.uniform(4200, 6000),
        t2_echo=rng.uniform(85, 105),
        flair_repetition=rng.uniform(8500, 10000),
        flair_echo=rng.uniform(105, 135),
        flair_inversion=inversion,
        gains=tuple(np.exp(rng.uniform(np.log(0.5), np.log(1.6), 4)).tolist()),
    )


def signals(scanner: Scanner, modality: str) -> NDArray[np.float32]:
    """Return what each tissue gives in a sequence.

    Args:
        scanner: the settings.
        modality: one of `MODALITIES`.

    Returns:
        (len(TISSUES),) in raw units: brain lies at some hundreds to 3000.
    """
    table = np.array([RELAXATION[name] for name in TISSUES], np.float64).T
    density, t1, t2, t1_agent = table
    if modality == "t1n":
        signal = density * _prepared(scanner, t1)
    elif modality == "t1c":
        signal = density * _prepared(scanner, t1_agent)
    elif modality == "t2w":
        recovery = 1 - np.exp(-scanner.t2_repetition / t1)
        signal = density * recovery * np.exp(-scanner.t2_echo / t2)
    else:
        inverted = _inversion(scanner.flair_inversion, scanner.flair_repetition, t1)
        signal = density * inverted * np.exp(-scanner.flair_echo / t2)
    full = {"t1n": 3200, "t1c": 3200, "t2w": 2600, "t2f": 6500}[modality]
    return (signal * full * scanner.gains[MODALITIES.index(modality)]).astype("f4")


def _prepared(scanner: Scanner, t1: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the T1 sequence's signal: inversion-prepared gradient echo."""
    return _inversion(scanner.t1_inversion, scanner.t1_repetition, t1)


def _inversion(
    inversion: float, repetition: float, t1: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return |Mz| at the read-out; magnitude images know no sign."""
    return np.abs(1 - 2 * np.exp(-inversion / t1) + np.exp(-repetition / t1))
