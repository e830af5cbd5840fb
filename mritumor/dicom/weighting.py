"""What the timing of a sequence tells of its contrast, apart from any name."""

from __future__ import annotations

from mritumor.dicom.header import SeriesHeader

# Milliseconds. Inversion near 2 s nulls water at 1.5 and 3 T; T1 preparation lies
# between 0.4 and 1.4 s; short inversion (STIR) nulls fat.
FLAIR_TI = (1500.0, 3500.0)
T1_TI = (400.0, 1400.0)
T1_TR_BELOW = 1500.0
T1_TE_BELOW = 30.0
GRADIENT_TE_BELOW = 12.0
T2_TR_FROM = 1800.0
T2_TE_FROM = 60.0
PD_TE = (8.0, 40.0)


def weighting(header: SeriesHeader) -> str | None:
    """Say which weighting the timing makes.

    Args:
        header: TR, TE and TI in ms, and the scanning sequence.

    Returns:
        ``"t1"``, ``"t2"``, ``"flair"``, ``"pd"`` (proton density), or None where it
        does not tell (STIR, T2*, or times that are absent).
    """
    echo, repeat = header.echo_time, header.repetition_time
    invert = header.inversion_time
    if echo is None or repeat is None:
        return None
    if invert is not None:
        if FLAIR_TI[0] <= invert <= FLAIR_TI[1] and echo >= T2_TE_FROM:
            return "flair"
        return "t1" if _within(invert, T1_TI) and echo < T1_TE_BELOW else None
    if "IR" in header.scanning:
        return None  # an inversion whose time is not told
    if echo >= T2_TE_FROM and repeat >= T2_TR_FROM:
        return "t2"
    gradient = "GR" in header.scanning and "SE" not in header.scanning
    if repeat >= T1_TR_BELOW:
        return "pd" if _within(echo, PD_TE) and not gradient else None
    return "t1" if echo < (GRADIENT_TE_BELOW if gradient else T1_TE_BELOW) else None


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
