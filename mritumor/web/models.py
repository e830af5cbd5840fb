"""The bundles of a folder, read without loading any network."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mritumor.errors import did_you_mean
from mritumor.web.problems import Problem


@dataclass(frozen=True)
class Model:
    """What a person must know to choose a bundle.

    Attributes:
        name: of its folder.
        ready: whether it has weights.
        dims: 2 for slices, 3 for volumes.
        modalities: channels that it takes.
        classes: that it tells; empty when it tells none.
        labels: that it outlines; empty when it outlines nothing.
        description: its own words.
    """

    name: str
    ready: bool
    dims: int
    modalities: list[str]
    classes: list[str]
    labels: list[str]
    description: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def list_models(folder: Path) -> list[Model]:
    """Return the bundles under a folder, those with weights first, then by name."""
    configs = sorted(folder.glob("*/configs/metadata.json"))
    models = [m for m in map(_model, (c.parent.parent for c in configs)) if m]
    return sorted(models, key=lambda m: (not m.ready, m.name))


def choose(
    folder: Path, name: str | None, wants: str, volume: bool, channels: int | None
) -> Model:
    """Return the model that was named, or the one that fits.

    Args:
        folder: of bundles.
        name: asked for; None: choose.
        wants: ``"class"``, ``"labels"`` or ``"any"``.
        volume: whether the input is one, rather than pictures.
        channels: of a picture, when known.

    Raises:
        Problem: no such model, one without weights, or none that does this.
    """
    models = list_models(folder)
    if name:
        return _named(models, name, wants)
    fit = [m for m in models if m.ready and _does(m, wants)]
    fit = [m for m in fit if volume or m.dims == 2]
    if not fit:
        raise Problem(409, "No model with weights does this; see /models.")

    def rank(model: Model) -> tuple[bool, bool, bool]:
        other = channels is not None and len(model.modalities) != channels
        both = bool(model.classes) and bool(model.labels)
        return other, volume and model.dims == 2, wants == "any" and not both

    return min(fit, key=rank)


def _named(models: list[Model], name: str, wants: str) -> Model:
    found = next((m for m in models if m.name == name), None)
    if found is None:
        near = did_you_mean(name, [m.name for m in models])
        hint = near[0].upper() + near[1:] if near else "See /models for the names."
        raise Problem(404, f"There is no model of the name {name[:80]!r}. {hint}")
    if not found.ready:
        raise Problem(409, f"The model {name} has no weights yet: train it first.")
    if not _does(found, wants):
        what = "tells no class" if wants == "class" else "outlines nothing"
        raise Problem(409, f"The model {name} {what}; choose another one of /models.")
    return found


def _does(model: Model, wants: str) -> bool:
    return wants == "any" or bool(model.classes if wants == "class" else model.labels)


def _model(bundle: Path) -> Model | None:
    try:
        metadata = json.loads((bundle / "configs/metadata.json").read_text("utf-8"))
        inference = json.loads((bundle / "configs/inference.json").read_text("utf-8"))
        form = metadata["network_data_format"]
        image, pred = form["inputs"]["image"], form["outputs"]["pred"]
        channels = pred["channel_def"]
        outlines = pred.get("type") not in ("probabilities", "probability", "classes")
        classes = inference.get("class_names", [] if outlines else channels.values())
        return Model(
            bundle.name,
            (bundle / "models/model.pt").is_file(),
            len(image["spatial_shape"]),
            _words(inference.get("modalities"), image.get("channel_def", {})),
            list(classes) if not isinstance(classes, str) else [],
            [n for v, n in channels.items() if int(v)] if outlines else [],
            str(metadata.get("description", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no bundle that could be used: not a reason to show none


def _words(value: Any, otherwise: dict[str, str]) -> list[str]:
    return list(value) if isinstance(value, list) else list(otherwise.values())
