"""What must be installed beside this package in Slicer's Python.

Slicer comes with builds of its own (SimpleITK, VTK, NumPy, and torch where its PyTorch
extension put it), which a plain ``pip install`` might replace by others that do not
fit. So the panel installs this package without its dependencies, and then what
`needs` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib.metadata import requires
from importlib.util import find_spec

KEPT = {"SimpleITK": "SimpleITK", "numpy": "numpy", "scipy": "scipy", "torch": "torch"}
"""Left as they are when they can be imported: name in the registry, import name."""

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def needs(
    requirements: Iterable[str] | None = None,
    has: Callable[[str], bool] = lambda module: find_spec(module) is not None,
) -> list[str]:
    """Return what to hand to ``pip install``.

    Args:
        requirements: as packages declare them; default those of this package.
        has: whether a module can be imported.

    Returns:
        The requirements without those of extras and without what Slicer has of its
        own.
    """
    declared = requires("mritumor") if requirements is None else requirements
    wanted = []
    for requirement in declared or ():
        match = _NAME.match(requirement)
        if match is None or "extra ==" in requirement.replace("'", '"'):
            continue
        module = KEPT.get(match.group(1))
        if module is None or not has(module):
            wanted.append(requirement)
    return wanted
