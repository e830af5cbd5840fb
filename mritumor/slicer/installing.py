"""What must be installed beside this package in Slicer's Python.

Slicer comes with builds of its own (SimpleITK, NumPy, SciPy, and torch where its
PyTorch extension put it), which a plain ``pip install`` might replace by others that
do not fit. So the panel installs this package without its dependencies, and then what
`needs` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, distribution, requires
from importlib.util import find_spec

KEPT = ("SimpleITK", "numpy", "scipy", "torch")
"""Left as they are when they can be imported."""

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def is_here(package: str) -> bool:
    """Return whether a package is installed, or can be imported by its name."""
    try:
        distribution(package)
    except PackageNotFoundError:
        return find_spec(package.replace("-", "_")) is not None
    return True


def needs(
    requirements: Iterable[str] | None = None, here: Callable[[str], bool] = is_here
) -> list[str]:
    """Return what to hand to ``pip install``.

    Args:
        requirements: as packages declare them; default those of this package.
        here: whether a package is there.

    Returns:
        The requirements without those of extras and without what Slicer has of its
        own.
    """
    return [
        text
        for name, text in _named(requirements)
        if name not in KEPT or not here(name)
    ]


def absent(
    requirements: Iterable[str] | None = None, here: Callable[[str], bool] = is_here
) -> list[str]:
    """Return the names of required packages that are not there in any version.

    Args:
        requirements: as for `needs`.
        here: as for `needs`.
    """
    return [name for name, _ in _named(requirements) if not here(name)]


def _named(requirements: Iterable[str] | None) -> list[tuple[str, str]]:
    declared = requires("mritumor") if requirements is None else requirements
    found = []
    for text in declared or ():
        match = _NAME.match(text)
        if match is not None and not re.search(r"\bextra\s*==", text):
            found.append((match.group(1), text))
    return found
