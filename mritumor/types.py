"""Names for the shapes of data that pass between the floors."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

PathLike: TypeAlias = "str | os.PathLike[str]"
"""A file or folder."""

Affine: TypeAlias = "NDArray[np.float64]"
"""4×4, voxel indices (i, j, k, 1) to RAS+ millimetres."""

LabelMap: TypeAlias = "NDArray[np.uint8]"
"""(I, J, K) or (H, W), contiguous values from 0, which is the background."""

Item: TypeAlias = "dict[str, Any]"
"""One entry of a datalist: ``image`` (path or paths), ``label``, ``patient``…"""
