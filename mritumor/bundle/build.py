"""Compile a bundle's JSON from the commented YAML in ``configs/``.

A YAML file has one section per JSON file, ``shared`` for what train.json and
inference.json both hold, and ``extends``, the base or the list of bases that it refines,
a later one over an earlier. Merging is plain:

- a mapping is merged key by key;
- ``key+: […]`` appends to the list under ``key``;
- ``key!: …`` replaces what was there, also a mapping;
- anything else replaces what was there.

Then ``...name`` in a list gives way to the items of the list ``name``, which is left out:
the JSON has one plain list, as the consumers of bundles read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from mritumor.errors import BundleError, did_you_mean
from mritumor.types import PathLike

CONFIGS = (
    "train",
    "evaluate",
    "inference",
    "inference_trt",
    "multi_gpu_train",
    "multi_gpu_evaluate",
)
SHARED_BY = ("train", "inference")
SECTIONS = ("shared", *CONFIGS, "metadata")


def build_bundle(
    source: PathLike, base: PathLike, overlays: tuple[PathLike, ...] = ()
) -> dict[str, Any]:
    """Compile one bundle.

    Args:
        source: the bundle's YAML.
        base: folder of the YAML files that ``extends`` names.
        overlays: further YAML files in the same sections, merged last.

    Returns:
        Content of each JSON file, by name without ``.json``.

    Raises:
        BundleError: no such file or base, or an unknown section.
    """
    merged = _with_bases(Path(source), Path(base))
    for overlay in overlays:
        merged = merge(merged, _load(Path(overlay)))
    shared = merged.get("shared", {})
    files = {
        name: splice(merge(shared if name in SHARED_BY else {}, merged.get(name, {})))
        for name in CONFIGS
    }
    return {"metadata": merged.get("metadata", {}), **files}


def splice(ids: Mapping[str, Any]) -> dict[str, Any]:
    """Put the items of named lists in the place of ``...name``.

    Raises:
        BundleError: there is no list of that name.
    """
    used: set[str] = set()
    out: dict[str, Any] = {}
    for id_, value in ids.items():
        out[id_] = value
        if isinstance(value, list):
            out[id_] = []
            for item in value:
                name = item[3:] if isinstance(item, str) and item[:3] == "..." else None
                if name is not None and not isinstance(ids.get(name), list):
                    raise BundleError(f"'{item}' names no list", where=id_)
                out[id_] += [item] if name is None else ids[name]
                used |= set() if name is None else {name}
    return {id_: value for id_, value in out.items() if id_ not in used}


def write_bundle(content: Mapping[str, Any], folder: PathLike) -> list[Path]:
    """Write compiled files into ``folder/configs``.

    Args:
        content: what `build_bundle` returned.
        folder: the bundle; made when missing, other files in it stay.

    Returns:
        The files written.
    """
    configs = Path(folder) / "configs"
    configs.mkdir(parents=True, exist_ok=True)
    written = []
    for name, ids in content.items():
        path = configs / f"{name}.json"
        path.write_text(as_json(ids), encoding="utf-8")
        written.append(path)
    return written


def as_json(content: Any) -> str:
    """Return the text that a compiled file has on disk."""
    return json.dumps(content, indent=4, ensure_ascii=False) + "\n"


def merge(base: Any, change: Any) -> Any:
    """Return `base` refined by `change`; neither is altered.

    Example:
        >>> merge({"a": {"x": 1}, "b": [1]}, {"a": {"y": 2}, "b+": [2]})
        {'a': {'x': 1, 'y': 2}, 'b': [1, 2]}
    """
    if not (isinstance(base, Mapping) and isinstance(change, Mapping)):
        return deepcopy(change)
    result = {key: deepcopy(value) for key, value in base.items()}
    for key, value in change.items():
        if key.endswith("+"):
            result[key[:-1]] = [*result.get(key[:-1], []), *deepcopy(value)]
        elif key.endswith("!"):
            result[key[:-1]] = deepcopy(value)
        else:
            result[key] = (
                merge(result[key], value) if key in result else deepcopy(value)
            )
    return result


def _with_bases(source: Path, base: Path) -> dict[str, Any]:
    own = _load(source)
    parents = own.pop("extends", [])
    merged: dict[str, Any] = {}
    for parent in [parents] if isinstance(parents, str) else parents:
        merged = merge(merged, _with_bases(base / f"{parent}.yaml", base))
    return merge(merged, own)


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BundleError("there is no such config source", where=path)
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for section in content:
        if section not in SECTIONS and section != "extends":
            raise BundleError(
                "unknown section",
                where=path,
                got=section,
                expected=", ".join(SECTIONS),
                remedy=did_you_mean(section, SECTIONS),
            )
    return content
