"""Every bundle of this repository, in the hands of every consumer."""

from __future__ import annotations

from pathlib import Path

import pytest

from mritumor.export.consumers.catalogue import CHECKS
from mritumor.export.consumers.outcome import FAIL, NO_MATTER, PASS, Outcome
from mritumor.export.consumers.run import check_bundles

ROOT = Path(__file__).resolve().parents[2]
# What needs no other program and takes minutes is left to `mritumor bundle-check --train`.
LONG = (
    "network (verify_net_in_out)",
    "onnx_export of MONAI",
    "ONNX, any size, equal",
    "training, evaluation, inference",
    "two processes (gloo)",
)
NAMES = [check.name for check in CHECKS if check.name not in LONG]
BUNDLES = sorted(p.name for p in (ROOT / "bundles").iterdir() if p.is_dir())


@pytest.fixture(scope="session")
def outcomes() -> dict[tuple[str, str], Outcome]:
    """The cells of the table; asked once."""
    folders = [ROOT / "bundles" / name for name in BUNDLES]
    found = check_bundles(folders, True, NAMES, jobs=3, patience=2.0)
    return {(o.bundle, o.check): o for o in found}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("check", NAMES)
@pytest.mark.parametrize("bundle", BUNDLES)
def test_consumer_is_satisfied(
    outcomes: dict[tuple[str, str], Outcome], bundle: str, check: str
) -> None:
    outcome = outcomes[bundle, check]
    assert outcome.status in (PASS, NO_MATTER), outcome.reason
    assert outcome.status != FAIL
