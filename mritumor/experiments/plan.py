"""What is to be trained and compared: a YAML file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mritumor.errors import InputError, did_you_mean
from mritumor.types import PathLike

KEYS = ("bundle", "configs", "overrides", "weights")


@dataclass(frozen=True)
class Experiment:
    """One model.

    Attributes:
        name: of its folder and of its row.
        bundle: its folder.
        configs: laid over the bundle's own.
        overrides: id to value, laid over these.
        weights: a trained ``model.pt``; None: it is to be trained.
    """

    name: str
    bundle: Path
    configs: tuple[Path, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    weights: Path | None = None


@dataclass(frozen=True)
class Plan:
    """Models to compare.

    Attributes:
        title: what is compared.
        experiments: in the order of the table.
    """

    title: str
    experiments: tuple[Experiment, ...]


def read_plan(path: PathLike) -> Plan:
    """Read a plan.

    ``models`` maps a name to ``bundle``, ``configs``, ``overrides`` and ``weights``;
    ``common`` holds what they share, lists and overrides added up. Relative paths start
    from the current folder.

    Args:
        path: the YAML file.

    Raises:
        InputError: no such file, no models, an unknown key, a model without bundle.
    """
    content = read_yaml(path)
    check_known(content, ("title", "common", "models"), path)
    models = content.get("models")
    if not isinstance(models, dict) or not models:
        raise InputError(
            "a plan needs models", where=path, expected="models: {name: …}"
        )
    common = content.get("common") or {}
    found = [_experiment(str(n), common, own or {}, path) for n, own in models.items()]
    return Plan(str(content.get("title", Path(path).stem)), tuple(found))


def read_yaml(path: PathLike) -> dict[str, Any]:
    """Return a YAML file that holds a mapping.

    Raises:
        InputError: no such file, not YAML, no mapping.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such file", where=path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"this is not YAML: {error}", where=path) from None
    if not isinstance(content, dict):
        raise InputError("a mapping is needed", where=path, got=type(content).__name__)
    return content


def check_known(content: Mapping[str, Any], known: tuple[str, ...], where: Any) -> None:
    """Refuse keys that mean nothing.

    Raises:
        InputError: names the first, and the nearest known one.
    """
    for key in content:
        if key not in known:
            raise InputError(
                f"unknown key '{key}'",
                where=where,
                expected=", ".join(known),
                remedy=did_you_mean(str(key), known),
            )


def as_words(overrides: Mapping[str, Any]) -> list[str]:
    """Return overrides as they stand on a command line."""
    return [
        word for id_, value in overrides.items() for word in (f"--{id_}", _text(value))
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _experiment(
    name: str, common: Mapping[str, Any], own: Mapping[str, Any], path: PathLike
) -> Experiment:
    where = f"{path}, {name}"
    for part in (common, own):
        check_known(part, KEYS, where)
    bundle = own.get("bundle", common.get("bundle"))
    if bundle is None:
        raise InputError("a model needs a bundle", where=where)
    if "/" in name or name in ("", ".", ".."):
        raise InputError("a model's name is its folder's", where=where, got=repr(name))
    configs = [*common.get("configs", []), *own.get("configs", [])]
    weights = own.get("weights")
    return Experiment(
        name,
        Path(bundle),
        tuple(map(Path, configs)),
        {**common.get("overrides", {}), **own.get("overrides", {})},
        None if weights is None else Path(weights),
    )
