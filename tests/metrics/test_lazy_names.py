"""Names that are loaded when first touched."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PACKAGES = ["mritumor.losses", "mritumor.metrics"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_exists(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert not isinstance(getattr(module, name), ModuleType), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_hides_a_name(package: str) -> None:
    # Importing package.name as a module would put it in the place of the function.
    module = importlib.import_module(package)
    files = {path.stem for path in Path(module.__file__).parent.glob("*.py")}
    assert not files & set(module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_the_package_loads_neither_torch_nor_monai(package: str) -> None:
    code = f"import sys, {package}; print({{'torch', 'monai'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.strip() == "set()", ran.stderr
