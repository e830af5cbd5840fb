"""Put a trained run's weights into the bundles that share them.

python tools/ship_weights.py runs/lgg/last.pt lgg_segmentation lgg_classification

Of a joint training (mask and class) each bundle takes the part that its network has.
Weights are written in half precision; the hash goes into configs/bundles/NAME.yaml, and
the bundles are compiled anew.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from monai.bundle import ConfigParser

from mritumor.errors import MRITumorError
from mritumor.training import start_from

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))


def ship(run: Path, name: str) -> Path:
    """Write ``bundles/NAME/models/model.pt`` and note its hash in the bundle's source.

    Raises:
        MRITumorError: the run lacks a part of the bundle's network.
    """
    folder = ROOT / "bundles" / name
    parser = ConfigParser()
    parser.read_config(str(folder / "configs/inference.json"))
    network = parser.get_parsed_content("network_def")
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.fill_(torch.nan)
    weights = start_from(network, run).state_dict()
    absent = [n for n, v in weights.items() if v.isnan().any()]
    if absent:
        raise MRITumorError(
            "the run lacks a part of the network", where=run, got=", ".join(absent[:3])
        )
    half = {n: v.half() if v.is_floating_point() else v for n, v in weights.items()}
    path = folder / "models/model.pt"
    path.parent.mkdir(exist_ok=True)
    torch.save(half, path)
    _note_hash(name, hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def ship_all(run: Path, names: Sequence[str]) -> None:
    """Ship into each bundle, compile it anew, and print what was written.

    Raises:
        MRITumorError: as for `ship`.
    """
    from build_bundles import build

    for name in names:
        path = ship(run, name)
        build(name, ROOT / "bundles" / name)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


def _note_hash(name: str, digest: str) -> None:
    source = ROOT / "configs/bundles" / f"{name}.yaml"
    text = source.read_text(encoding="utf-8")
    text = re.sub(r"  weights:\n(    .*\n)+", "", text)
    entry = f"  weights:\n    file: models/model.pt\n    sha256: {digest}\n"
    source.write_text(text.replace("metadata:\n", f"metadata:\n{entry}", 1), "utf-8")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="LAST_PT", help="a run's last.pt")
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE")
    arguments = parser.parse_args()
    ship_all(arguments.run, arguments.bundles)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MRITumorError as error:
        sys.exit(f"ship_weights: {error}")
