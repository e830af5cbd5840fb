"""Who made an outline: a program, by name and version, and nobody's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

MAKER = "mritumor"
LONGEST = 64
"""DICOM's long strings (LO) end here."""


@dataclass(frozen=True)
class Algorithm:
    """What a SEG or a structure set says of its origin.

    Attributes:
        name: of the bundle, such as ``"brats_segmentation"``.
        version: of the bundle.
        digest: a checksum of the weights, which stands for the serial number of the
            device; empty where it is not known.
        parameters: settings worth recording, such as ``{"overlap": "0.5"}``.
    """

    name: str
    version: str = "unknown"
    digest: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def serial(self) -> str:
        """What stands for the device's serial number, never empty."""
        return clipped(self.digest or f"{self.name} {self.version}")

    @property
    def software(self) -> str:
        """The package and its version."""
        try:
            return f"{MAKER} {version(MAKER)}"
        except PackageNotFoundError:  # a source tree that is not installed
            return MAKER


def clipped(words: str, most: int = LONGEST) -> str:
    r"""Return words as a DICOM string: no backslash, no control characters, not long.

    Example:
        >>> clipped("a\\b")
        'a b'
    """
    plain = "".join(c if c.isprintable() and c != "\\" else " " for c in words)
    return " ".join(plain.split())[:most]
