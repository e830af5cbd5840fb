"""Where a result comes from, for the last part of a report."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mritumor import __version__
from mritumor.errors import BundleError
from mritumor.types import PathLike

PACKAGES = ("torch", "monai", "numpy")


def bundle_provenance(
    bundle: PathLike, weights: PathLike | None = None, **more: object
) -> dict[str, str]:
    """Return what identifies a bundle, its weights, the software and the moment.

    Args:
        bundle: folder with ``configs/metadata.json``.
        weights: the file that was used; default ``models/model.pt`` when it is there.
        more: further facts, put behind the bundle's: ``input=``, ``device=`` … An
            underscore becomes a space; None is left out.

    Returns:
        Headings and values, in the order in which a report shows them.

    Raises:
        BundleError: no such bundle.
    """
    folder = Path(bundle)
    facts = {
        "bundle": f"{folder.resolve().name} {_metadata(folder).get('version', '')}"
    }
    file = folder / "models/model.pt" if weights is None else Path(weights)
    if file.is_file():
        facts["weights (SHA-256)"] = sha256(file)
    facts.update(
        {key.replace("_", " "): str(v) for key, v in more.items() if v is not None}
    )
    facts["mritumor"] = __version__
    facts["python"] = platform.python_version()
    facts.update({name: _version(name) for name in PACKAGES})
    facts["made"] = datetime.now().astimezone().isoformat(" ", "seconds")
    return {key: value.strip() for key, value in facts.items()}


def predictor_provenance(predictor: Any) -> dict[str, str]:
    """Return what identifies all that a predictor's answers rest on.

    Args:
        predictor: a `Predictor`, or a `Pipeline` of two.

    Returns:
        `bundle_provenance` of what outlines (of one bundle, of that), and whatever is not
        the default: each further weights of an ensemble, over what is averaged, the
        runtime, and the bundle that tells the class, with its weights.
    """
    outlines, tells = predictor.segment, predictor.classify
    more = {
        f"weights {number} (SHA-256)": sha256(file)
        for number, file in enumerate(outlines.weights[1:], 2)
    }
    counts = {"networks": len(outlines.weights), "mirrorings": len(outlines.flips)}
    averaged = ", ".join(f"{n} {what}" for what, n in counts.items() if n > 1)
    if averaged:
        more["averaged over"] = averaged
    if outlines.runtime != "torch":
        more["runtime"] = outlines.runtime
    if tells is not outlines:
        other = bundle_provenance(tells.bundle, tells.weights[0])
        more["class from"] = other["bundle"]
        more["its weights (SHA-256)"] = other["weights (SHA-256)"]
    return bundle_provenance(
        outlines.bundle, outlines.weights[0], **more, device=outlines.device
    )


def sha256(path: PathLike) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _metadata(folder: Path) -> dict[str, object]:
    path = folder / "configs/metadata.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"no metadata of a bundle: {error}",
            where=path,
            remedy="give a bundle's folder",
        ) from None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
