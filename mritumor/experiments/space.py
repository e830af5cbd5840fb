"""Which ids a search changes, and between what values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mritumor.errors import InputError
from mritumor.experiments.plan import check_known, read_yaml
from mritumor.types import PathLike

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("random", "grid", "tpe")


@dataclass(frozen=True)
class Space:
    """A search.

    Attributes:
        ranges: id to ``{low, high, log, integer}`` or ``{choices}``.
        sampler: ``random``, ``grid`` (choices only) or ``tpe``.
        trials: how many; None: all combinations of a grid.
    """

    ranges: Mapping[str, Mapping[str, Any]]
    sampler: str = "tpe"
    trials: int | None = None

    @property
    def count(self) -> int:
        """How many trials are made."""
        if self.sampler == "grid":
            every = math.prod(len(r["choices"]) for r in self.ranges.values())
            return min(every, self.trials or every)
        return self.trials or 20


def read_space(
    path: PathLike, sampler: str | None = None, trials: int | None = None
) -> Space:
    """Read a search space.

    Args:
        path: YAML with ``space``, and perhaps ``sampler`` and ``trials``.
        sampler: in place of the file's.
        trials: in place of the file's.

    Raises:
        InputError: no such file, an unknown key or sampler, an impossible range.
    """
    content = read_yaml(path)
    check_known(content, ("sampler", "trials", "space"), path)
    ranges = content.get("space")
    if not isinstance(ranges, dict) or not ranges:
        raise InputError(
            "a search needs a space", where=path, expected="space: {id: …}"
        )
    sampler = sampler or content.get("sampler", "tpe")
    if sampler not in SAMPLERS:
        raise InputError(
            "no such sampler", where=path, got=sampler, expected=", ".join(SAMPLERS)
        )
    for id_, own in ranges.items():
        _check_range(own, sampler, f"{path}, {id_}")
    space = Space(ranges, sampler, trials or content.get("trials"))
    if space.count < 1:
        raise InputError(
            "impossible", where="trials", got=space.count, expected="from 1"
        )
    return space


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Return the overrides of one trial."""
    found: dict[str, Any] = {}
    for id_, own in space.ranges.items():
        if "choices" in own:
            # Optuna stores plain values only; lists are chosen by place.
            place = trial.suggest_categorical(id_, list(range(len(own["choices"]))))
            found[id_] = own["choices"][place]
        elif own.get("integer"):
            found[id_] = trial.suggest_int(
                id_, own["low"], own["high"], log=own.get("log", False)
            )
        else:
            found[id_] = trial.suggest_float(
                id_, own["low"], own["high"], log=own.get("log", False)
            )
    return found


def make_sampler(space: Space, seed: int) -> Any:
    """Return Optuna's sampler."""
    from optuna import samplers

    if space.sampler == "grid":
        places = {i: list(range(len(r["choices"]))) for i, r in space.ranges.items()}
        return samplers.GridSampler(places, seed=seed)
    if space.sampler == "random":
        return samplers.RandomSampler(seed=seed)
    return samplers.TPESampler(seed=seed)


def _check_range(own: Any, sampler: str, where: str) -> None:
    expected = "{choices: […]}" + ("" if sampler == "grid" else " or {low: …, high: …}")
    if not isinstance(own, dict):
        raise InputError("no range", where=where, got=own, expected=expected)
    check_known(own, ("low", "high", "log", "integer", "choices"), where)
    if own.get("choices"):
        return
    numbers = [own.get("low"), own.get("high")]
    if sampler == "grid" or not all(isinstance(n, (int, float)) for n in numbers):
        remedy = "write powers as 1.0e-4: YAML reads 1e-4 as text"
        raise InputError(
            "no range", where=where, got=own, expected=expected, remedy=remedy
        )
    if own["low"] > own["high"] or (own.get("log") and own["low"] <= 0):
        raise InputError("an impossible range", where=where, got=own)
