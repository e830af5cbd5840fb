"""What the tests of all networks share."""

from __future__ import annotations

import pytest
import torch

pytest.register_assert_rewrite("network_tester")

_DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@pytest.fixture(params=_DEVICES)
def device(request: pytest.FixtureRequest) -> torch.device:
    """The CPU and, where there is one, the GPU."""
    return torch.device(request.param)
