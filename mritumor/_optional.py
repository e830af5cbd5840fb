"""Optional packages: imported when first needed, with a sentence when absent."""

from __future__ import annotations

import importlib
from types import ModuleType

from mritumor.errors import MissingDependencyError


def require(module: str, extra: str) -> ModuleType:
    """Import a package that only one extra of this project brings.

    Args:
        module: import name, such as ``"h5py"``.
        extra: the extra of ``setup.cfg`` that holds it, such as ``"data"``.

    Returns:
        The imported module.

    Raises:
        MissingDependencyError: the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"this needs the package {error.name}",
            remedy=f"install it with: pip install 'mritumor[{extra}]'",
        ) from None
