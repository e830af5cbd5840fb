"""What the tests of all transforms share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

FILE = "P1_seg.nii.gz"
AFFINE = torch.diag(torch.tensor([2.0, 2.0, 3.0, 1.0], dtype=torch.float64))
OPERATIONS = [{"class": "Flip", "id": 1}]

FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": np.asarray,
    "tensor": torch.as_tensor,
    "MetaTensor": lambda array: MetaTensor(torch.as_tensor(array)),
}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[np.ndarray], Any]:
    """Turn an array into an array, a tensor or a MetaTensor."""
    return request.param


@pytest.fixture
def with_meta() -> Callable[[np.ndarray], MetaTensor]:
    """Turn an array into a MetaTensor with an affine, a file and one operation."""

    def make(array: np.ndarray) -> MetaTensor:
        return MetaTensor(
            torch.as_tensor(array),
            affine=AFFINE.clone(),
            meta={"filename_or_obj": FILE},
            applied_operations=[dict(operation) for operation in OPERATIONS],
        )

    return make


@pytest.fixture
def assert_kept() -> Callable[[Any], None]:
    """Assert that an image has the affine, file and operations of ``with_meta``."""

    def check(image: Any) -> None:
        assert isinstance(image, MetaTensor)
        assert torch.equal(image.affine, AFFINE)
        assert image.meta["filename_or_obj"] == FILE
        assert image.applied_operations == OPERATIONS

    return check
