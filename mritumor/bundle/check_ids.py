"""Misspelt ids and arguments: what MONAI accepts in silence, or rejects in 40 lines."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ComponentLocator
from monai.bundle.utils import ID_SEP_KEY
from monai.utils import instantiate, optional_import

from mritumor.bundle.references import Config, exists, find, readable, references, walk
from mritumor.errors import did_you_mean

# Ids that MONAI and its consumers read without a reference to them.
CONVENTIONAL = frozenset(
    "_meta_ imports initialize finalize run training evaluating infer tracking "
    "displayable_configs save_execute_config experiment_name".split()
)


def own_ids(config_folder: Path) -> set[str]:
    """Return the top-level ids that the files of a bundle's config folder define."""
    ids: set[str] = set()
    for path in config_folder.glob("*.json"):
        if path.stem.startswith("metadata"):
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        ids |= {key.split("#")[0].split(ID_SEP_KEY)[0] for key in content}
    return ids


def unknown_ids(config: Config, known: Iterable[str]) -> list[str]:
    """Name the top-level ids that the bundle does not define and nothing refers to.

    Such an id has no effect: it is a misspelt override.
    """
    known = set(known) | CONVENTIONAL
    if not known - CONVENTIONAL:
        return []
    used = {r.split(ID_SEP_KEY)[0] for _, c in walk(config) for r in references(c)}
    return [
        _sentence(f"'{key}' is no id of this bundle and nothing uses it", key, known)
        for key in config
        if key not in known and key not in used
    ]


def dangling_references(config: Config, ids: Collection[str]) -> list[str]:
    """Name the references to ids that do not exist.

    Args:
        config: the merged config.
        ids: which ids to look at: those that the run touches. An overlay made for
            training may refer to what inference does not have.
    """
    problems = []
    for id_, content in walk(config):
        if id_ not in ids:
            continue
        for target in sorted(references(content)):
            if not exists(config, target):
                what = (
                    f"'{readable(id_)}' refers to '@{readable(target)}', which is no id"
                )
                problems.append(_sentence(what, readable(target), _all_ids(config)))
    return problems


def unknown_override(config: Config, id_: str) -> str | None:
    """Say what is wrong with overriding an id, None if nothing is.

    The last part of a nested id may be new (an argument); what leads to it may not.
    """
    parts = id_.replace(ID_SEP_KEY, "#").split("#")
    for depth in range(1, len(parts)):
        parent = "#".join(parts[:depth])
        if not exists(config, parent):
            return _sentence(
                f"there is no id '{parent}' (in '{id_}')", parent, _all_ids(config)
            )
    leaf_known = exists(config, id_) or len(parts) > 1
    known = [key for key in config if key != "_meta_"]
    return None if leaf_known else _sentence(f"there is no id '{id_}'", id_, known)


def wrong_arguments(config: Config, ids: Iterable[str]) -> list[str]:
    """Name components whose ``_target_`` is unknown or does not take an argument.

    Args:
        config: the merged config.
        ids: which ids to look at.
    """
    locator = ComponentLocator()
    problems = []
    for id_ in sorted(ids):
        content = find(config, id_) if id_ else config
        if isinstance(content, Mapping) and isinstance(content.get("_target_"), str):
            problems += _check_component(readable(id_), content, locator)
    return problems


def _check_component(
    id_: str, content: Mapping[str, Any], locator: ComponentLocator
) -> list[str]:
    name = content["_target_"]
    if name.startswith(("$", "@", "%")):
        return []
    target = _locate(name, locator)
    if target is None:
        return [f"'{id_}': there is no component '{name}'; check _target_"]
    accepted = _parameters(target)
    if accepted is None:
        return []
    return [
        _sentence(f"'{id_}': {name} takes no argument '{argument}'", argument, accepted)
        for argument in content
        if not argument.startswith("_") and argument not in accepted
    ]


def _locate(name: str, locator: ComponentLocator) -> Callable[..., Any] | None:
    module = locator.get_component_module_name(name) if "." not in name else None
    if isinstance(module, list):
        module = module[0]
    path = f"{module}.{name}" if module else name
    parent, _, leaf = path.rpartition(".")
    found, there = optional_import(parent, name=leaf)
    if there:
        return found
    # A method of a class, such as torch.Tensor.to: ask MONAI's own resolution.
    try:
        return instantiate(path, "callable")
    except Exception:  # whatever importing a foreign module raises, it is not there
        return None


def _parameters(target: Callable[..., Any]) -> list[str] | None:
    """Return the argument names, None when any are accepted or none can be known."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
        return None
    return [p.name for p in parameters]


def _all_ids(config: Config) -> list[str]:
    return [readable(i) for i, _ in walk(config) if i and i.count(ID_SEP_KEY) < 3]


def _sentence(what: str, word: str, known: Iterable[str]) -> str:
    hint = did_you_mean(word, known)
    return f"{what}; {hint}" if hint else what
