"""What surrounds an exported network: told in JSON to programs without MONAI."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from mritumor.bundle.folder import read_config
from mritumor.export.network import inference_parser
from mritumor.types import PathLike

PLACES = ("_dir", "_path", "_root")
STEPS = ("preprocessing", "inferer", "postprocessing")
_REFERENCE = re.compile(r"^@([\w#:]+)$")
_PLAIN = (str, int, float, bool, type(None))


def write_contract(
    bundle: PathLike, model: Path, extra: Mapping[str, Any] | None = None
) -> Path:
    """Write ``<model>.json`` beside an exported model.

    It holds the tensors (names, axes, channels, meaning of label values), the steps
    before, around and after the network as the bundle's config names them with
    references replaced by values, and the model's SHA-256.

    Args:
        bundle: the bundle's folder.
        model: the exported file.
        extra: further entries, such as the exporter and opset.

    Returns:
        The file written.
    """
    metadata = read_config(bundle, "metadata")
    parser = inference_parser(bundle)
    config = read_config(bundle, "inference")
    content = {
        "bundle": Path(bundle).resolve().name,
        "version": metadata.get("version"),
        "task": metadata.get("task"),
        "intended_use": metadata.get("intended_use"),
        "model": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        **(extra or {}),
        "axes": _axes(metadata),
        **metadata["network_data_format"],
        **{step: resolve(config.get(step), parser) for step in STEPS},
    }
    path = model.with_suffix(".json")
    text = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def resolve(content: Any, parser: ConfigParser) -> Any:
    """Return a config with references and plain expressions replaced by their values.

    Args:
        content: a part of the config.
        parser: of the whole config.

    Returns:
        The same, with ``@id`` replaced by what stands there, and ``$…`` by its value
        where this is text, a number, or a list of them; else the expression stays.
    """
    if isinstance(content, Mapping):
        return {key: resolve(value, parser) for key, value in content.items()}
    if isinstance(content, list):
        return [resolve(value, parser) for value in content]
    if not isinstance(content, str):
        return content
    reference = _REFERENCE.match(content)
    if reference and (reference[1] in STEPS or reference[1].endswith(PLACES)):
        return content  # a chain that Invertd undoes; a folder of this machine
    if reference and reference[1] in parser:
        found = parser.get(reference[1])
        return content if found == content else resolve(found, parser)
    return _value(content, parser) if content.startswith("$") else content


def _value(expression: str, parser: ConfigParser) -> Any:
    asked = ConfigParser({**parser.get(), "_expression": expression})
    try:
        value = asked.get_parsed_content("_expression")
    except Exception:  # what it needs is only there during a run
        return expression
    is_list = isinstance(value, list | tuple)
    items = value if is_list else [value]
    if not all(isinstance(item, _PLAIN) for item in items):
        return expression
    return list(items) if is_list else value


def _axes(metadata: Mapping[str, Any]) -> list[str]:
    image = next(iter(metadata["network_data_format"]["inputs"].values()))
    names = "IJK" if len(image["spatial_shape"]) == 3 else "HW"
    return ["batch", "channel", *(f"{n} (any length)" for n in names)]
