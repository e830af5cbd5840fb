"""The class of an item from programs that know labels only as files."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from monai.transforms import Transform

from mritumor.errors import LabelError


class ClassFromLabeld(Transform):
    """Give an item its ``class`` from ``label``, where it has no ``class`` yet.

    MONAI Label stores one label file an image. For a class its name ends in .xml, the
    one kind of text that its folders take, or .json; it holds ``{"class": 1}``, or what
    MONAI Label's inference answers, ``{"prediction": [{"idx": 0, "score": 0.2}, …]}``,
    of which the best score counts.

    Raises:
        LabelError: the file holds neither.
    """

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with ``class`` (int) if its label tells one."""
        item = dict(data)
        label = item.get("label")
        if "class" in item or label is None:
            return item
        is_file = isinstance(label, str) and label.endswith((".json", ".xml"))
        item["class"] = _read(Path(label)) if is_file else label
        return item


def _read(path: Path) -> int:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if "class" in content:
            return int(content["class"])
        best = max(content["prediction"], key=lambda entry: entry["score"])
        return int(best["idx"])
    except (OSError, ValueError, KeyError, TypeError):
        raise LabelError(
            "this file tells no class", where=path, expected='{"class": 1}'
        ) from None
