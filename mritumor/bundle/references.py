"""Which ids of a config refer to which: walks over raw, unresolved content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monai.bundle import ReferenceResolver
from monai.bundle.utils import ID_SEP_KEY

Config = Mapping[str, Any]


def normal(id_: str) -> str:
    """Return an id with MONAI's current separator (``#`` is the older one)."""
    return id_.replace("#", ID_SEP_KEY)


def readable(id_: str) -> str:
    """Return an id as people write it on the command line."""
    return id_.replace(ID_SEP_KEY, "#")


def walk(node: Any, id_: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every (id, content) below a node, the node itself first."""
    yield id_, node
    if isinstance(node, Mapping):
        children: Iterator[tuple[Any, Any]] = iter(node.items())
    elif isinstance(node, (list, tuple)):
        children = iter(enumerate(node))
    else:
        return
    for key, child in children:
        yield from walk(child, f"{id_}{ID_SEP_KEY}{key}" if id_ else str(key))


def references(text: Any) -> set[str]:
    """Return the ids that a string refers to with ``@``."""
    if not isinstance(text, str) or "@" not in text:
        return set()
    return {normal(i) for i in ReferenceResolver.match_refs_pattern(normal(text))}


def find(config: Config, id_: str) -> Any:
    """Return the content of an id.

    Raises:
        KeyError: no such id.
    """
    node: Any = config
    for part in normal(id_).split(ID_SEP_KEY):
        try:
            node = node[int(part)] if isinstance(node, (list, tuple)) else node[part]
        except (IndexError, ValueError, TypeError):
            raise KeyError(id_) from None
    return node


def exists(config: Config, id_: str) -> bool:
    """Tell whether a config has an id."""
    try:
        find(config, id_)
    except KeyError:
        return False
    return True


def reachable(config: Config, start: str) -> set[str]:
    """Return all ids that evaluating one id touches, that id and its parts included."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        id_ = waiting.pop()
        if id_ in seen or not exists(config, id_):
            continue
        for below, content in walk(find(config, id_), normal(id_)):
            seen.add(below)
            waiting += [r for r in references(content) if r not in seen]
    return seen
