"""What the panel in Slicer shows before a run, worked out without a widget.

Reads JSON only: choosing a bundle must not wait for torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mritumor.data.modalities import MODALITIES, recognise
from mritumor.errors import BundleError, InputError
from mritumor.types import PathLike


@dataclass(frozen=True)
class BundleFacts:
    """A segmentation bundle as its user sees it.

    Args:
        folder: the bundle.
        title: its name.
        intended_use: in the bundle's own words.
        modalities: one selector each, in the order of the channels.
        labels: meaning of each label value but 0.
        fills_missing: whether it was trained to do without some sequences.
        has_weights: whether ``models/model.pt`` is there.
    """

    folder: Path
    title: str
    intended_use: str
    modalities: tuple[str, ...]
    labels: Mapping[int, str]
    fills_missing: bool
    has_weights: bool

    @property
    def about(self) -> str:
        """What the panel says of the bundle: name, use, and what it outlines."""
        lines = [self.title, self.intended_use]
        lines.append("Outlines " + ", ".join(self.labels.values()) + ".")
        if self.fills_missing:
            lines.append("Sequences may be left out.")
        return "\n".join(line for line in lines if line)


def read_facts(folder: PathLike) -> BundleFacts:
    """Read a bundle's ``configs/metadata.json``.

    Args:
        folder: the bundle.

    Raises:
        BundleError: no bundle, broken, or not one that outlines.
    """
    root = Path(folder)
    path = root / "configs" / "metadata.json"
    meta = _read(path)
    try:
        layout = meta["network_data_format"]
        image, pred = layout["inputs"]["image"], layout["outputs"]["pred"]
        channels = {int(key): str(name) for key, name in image["channel_def"].items()}
        labels = {int(key): str(name) for key, name in pred["channel_def"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            "the metadata does not say what goes in and out",
            where=path,
            got=f"{type(error).__name__}: {error}",
            expected="network_data_format with inputs.image and outputs.pred",
        ) from None
    if pred.get("format") != "segmentation":
        raise BundleError(
            "this bundle does not outline anything",
            where=root,
            got=f"output of format {pred.get('format')!r}",
            expected="'segmentation'",
        )
    return BundleFacts(
        folder=root,
        title=str(meta.get("name", root.name)),
        intended_use=str(meta.get("intended_use", "")),
        modalities=tuple(name for _, name in sorted(channels.items())),
        labels={value: name for value, name in sorted(labels.items()) if value},
        fills_missing=meta.get("missing_modalities") == "zeros",
        has_weights=(root / "models" / "model.pt").is_file(),
    )


def suggest(modalities: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Guess by name which loaded volume is which sequence.

    Args:
        modalities: that the bundle takes.
        names: of the loaded volumes.

    Returns:
        Sequence to index in `names`; only where exactly one name tells of it.
    """
    kinds = [_kind(name) for name in names]
    return {
        modality: kinds.index(modality)
        for modality in modalities
        if modality in MODALITIES and kinds.count(modality) == 1
    }


def obstacle(
    facts: BundleFacts | None, chosen: Sequence[str], whole: bool = False
) -> str | None:
    """Say what keeps a run from starting, or return None.

    Args:
        facts: the bundle, None before one is chosen.
        chosen: sequences that have a volume.
        whole: one volume with all channels is chosen instead.
    """
    if facts is None:
        return "choose the folder of a bundle"
    if not facts.has_weights:
        return "this bundle has no weights yet (models/model.pt): train or fetch them"
    missing = [m for m in facts.modalities if m not in chosen]
    if whole or not missing:
        return None
    if not facts.fills_missing:
        return f"choose a volume for {', '.join(missing)}"
    return None if chosen else "choose one volume or more"


def _kind(name: str) -> str | None:
    try:
        return recognise(name)
    except InputError:  # a name that tells of two sequences
        return None


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise BundleError(
            "this folder is no bundle: it has no such file",
            where=path,
            remedy="choose a folder that holds configs/metadata.json",
        )
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(f"this is no JSON: {error}", where=path) from None
    return meta if isinstance(meta, dict) else {}
