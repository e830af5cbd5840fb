"""Two bundles under one name: a class from the one, an outline from the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mritumor.errors import did_you_mean
from mritumor.inference.no_tumour import NO_TUMOUR
from mritumor.web.models import Model, choose, list_models
from mritumor.web.problems import Problem

THEN, GATE = "+", ">"
ANY = "image"  # what a bundle calls its channel that takes any sequence


@dataclass(frozen=True)
class Plan:
    """What a worker is to ask.

    Attributes:
        name: as it was asked for: a model's, or two models' around a sign of a pair.
        bundles: folders; of a pair the classifier, then the one that outlines.
        gate: outline only what the classifier calls a tumour.
    """

    name: str
    bundles: tuple[Path, ...]
    gate: bool = False


@dataclass(frozen=True)
class Pair:
    """Two models that fit together.

    Attributes:
        classify: tells the class.
        segment: outlines.
        gate: whether it outlines only what is called a tumour.
    """

    classify: Model
    segment: Model
    gate: bool

    @property
    def name(self) -> str:
        """``classifier+outliner``, of a gate ``classifier>outliner``."""
        sign = GATE if self.gate else THEN
        return f"{self.classify.name}{sign}{self.segment.name}"


def pairs(models: Sequence[Model]) -> list[Pair]:
    """Return the pairs of models with weights that take the same input."""
    ready = [m for m in models if m.ready]
    return [
        Pair(one, other, gate)
        for one in ready
        for other in ready
        if one.classes and not one.labels and other.labels and _same(one, other)
        for gate in (False, True)
        if not gate or (_says_none(one) and other.dims == 2)
    ]


def plan(
    folder: Path, name: str | None, wants: str, volume: bool, channels: int | None
) -> Plan:
    """Return what to ask: the model or the pair that was named, or a model that fits.

    Args:
        folder: of bundles.
        name: of a model or a pair; None: choose a model.
        wants: as for `choose`.
        volume: as for `choose`.
        channels: as for `choose`.

    Raises:
        Problem: as for `choose`, or two models that do not go together (409).
    """
    sign = next((s for s in (GATE, THEN) if name and s in name), None)
    if sign is None or not name:
        chosen = choose(folder, name, wants, volume, channels)
        return Plan(chosen.name, (folder / chosen.name,))
    first, second = name.split(sign, 1)
    one = choose(folder, first, "class", volume, channels)
    other = choose(folder, second, "labels", volume, channels)
    found = {p.name for p in pairs(list_models(folder))}
    if name not in found:
        near = did_you_mean(name, sorted(found))
        hint = near[0].upper() + near[1:] if near else "See pairs of /models."
        raise Problem(
            409,
            f"The models {one.name} and {other.name} do not go together this way: they "
            f"take other images, or the first has no class without tumour. {hint}",
        )
    return Plan(name, (folder / one.name, folder / other.name), sign == GATE)


def pair_name(
    folder: Path,
    classify: str | None,
    segment: str | None,
    gate: bool,
    channels: int | None,
) -> str:
    """Return the name of the pair that was asked for in parts, or the first that fits.

    Args:
        folder: of bundles.
        classify: a model's name; None: any.
        segment: a model's name; None: any.
        gate: outline only what is called a tumour.
        channels: of a picture, when known.

    Raises:
        Problem: no pair is like that (409).
    """
    if classify and segment:
        return f"{classify}{GATE if gate else THEN}{segment}"
    fit = [
        p
        for p in pairs(list_models(folder))
        if p.gate == gate
        and classify in (None, "", p.classify.name)
        and segment in (None, "", p.segment.name)
    ]
    if not fit:
        raise Problem(409, "No two models go together this way; see pairs of /models.")
    fit.sort(
        key=lambda p: channels is not None and len(p.segment.modalities) != channels
    )
    return fit[0].name


def _same(one: Model, other: Model) -> bool:
    if len(one.modalities) != len(other.modalities):
        return False
    return one.modalities == other.modalities or [ANY] in (
        one.modalities,
        other.modalities,
    )


def _says_none(model: Model) -> bool:
    return any(c.lower() in NO_TUMOUR for c in model.classes)
