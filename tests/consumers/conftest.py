"""Tests with the real consumers of bundles: run by `make test-consumers`."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `make test-consumers` gives."""
    parser.addoption(
        "--consumers",
        action="store_true",
        help="run the tests that need MONAI Label and MONAI Deploy",
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Skip the tests of this folder unless the option is given."""
    if config.getoption("--consumers", default=False):
        return
    why = pytest.mark.skip(reason="needs other programs: run `make test-consumers`")
    for item in items:
        if HERE in Path(item.fspath).parents:
            item.add_marker(why)
