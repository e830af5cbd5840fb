"""A bundle prepared to be tried: a copy with weights, and data made to its metadata."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mritumor.bundle.folder import read_config
from mritumor.export.consumers.outcome import Unsatisfied


@dataclass(frozen=True)
class Case:
    """What a check works with.

    Attributes:
        source: the bundle as its author ships it; never written to.
        bundle: a copy of the same name, with weights and short sliding windows.
        data: folder of synthetic data: datalist.json, ``single/`` (one file a case)
            and ``files/`` (one file a channel).
        work: an empty folder of this check's own.
        train: whether checks may train.
    """

    source: Path
    bundle: Path
    data: Path
    work: Path
    train: bool = False

    @property
    def name(self) -> str:
        """The bundle's folder name."""
        return self.source.name

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Content of metadata.json."""
        return read_config(self.bundle, "metadata")

    @property
    def image(self) -> dict[str, Any]:
        """The first input of the network."""
        return first(self.metadata, "inputs")[1]

    @property
    def pred(self) -> dict[str, Any]:
        """The first output of the network."""
        return first(self.metadata, "outputs")[1]

    @property
    def pred_key(self) -> str:
        """Name of the first output."""
        return first(self.metadata, "outputs")[0]

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return int(self.image["num_channels"])

    @property
    def spatial_dims(self) -> int:
        """2 for pictures, 3 for volumes."""
        return len(self.image["spatial_shape"])

    @property
    def is_classifier(self) -> bool:
        """Whether the first output is class scores, not a map."""
        return is_classifier(self.metadata)

    @property
    def values(self) -> list[int]:
        """Label values that the first output may hold."""
        return sorted(int(v) for v in self.pred.get("channel_def", {}))

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """The synthetic cases: ``single`` (a path), ``files``, ``label``, ``class``."""
        content = json.loads((self.data / "cases.json").read_text(encoding="utf-8"))
        return list(content)

    def config(self, name: str) -> dict[str, Any]:
        """Return a config of the copy."""
        return read_config(self.bundle, name)


def first(metadata: dict[str, Any], side: str) -> tuple[str, dict[str, Any]]:
    """Return name and content of the first input or output."""
    try:
        return next(iter(metadata["network_data_format"][side].items()))
    except (KeyError, StopIteration, AttributeError):
        raise Unsatisfied(f"metadata.json has no network_data_format.{side}") from None


def is_classifier(metadata: dict[str, Any]) -> bool:
    """Whether the first output of the network is class scores."""
    pred = first(metadata, "outputs")[1]
    return pred.get("type") == "probabilities" or pred.get("format") == "classes"
