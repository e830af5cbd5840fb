"""Compile configs/bundles/*.yaml into bundles/*/configs/*.json.

python tools/build_bundles.py            # all bundles
python tools/build_bundles.py --check    # exit code 1 when one is out of date
python tools/build_bundles.py brats_segmentation --overlay my.yaml --out my_bundle
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from mritumor.bundle.build import as_json, build_bundle, write_bundle
from mritumor.errors import MRITumorError

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "configs"
# Files that every bundle carries besides its own.
COMMON = {
    CONFIGS / "base/logging.conf": "configs/logging.conf",
    CONFIGS / "base/metadata_schema.json": "configs/metadata_schema.json",
    ROOT / "LICENSE": "LICENSE",
}


def build(name: str, folder: Path, overlays: tuple[Path, ...] = ()) -> None:
    """Write one bundle's compiled and common files; create its models folder."""
    source = CONFIGS / "bundles" / f"{name}.yaml"
    write_bundle(build_bundle(source, CONFIGS / "base", overlays), folder)
    for original, place in COMMON.items():
        shutil.copyfile(original, folder / place)
    docs = ROOT / "bundles" / name / "docs"
    if folder != docs.parent and docs.is_dir():
        shutil.copytree(docs, folder / "docs", dirs_exist_ok=True)
    (folder / "models").mkdir(exist_ok=True)


def outdated(name: str) -> list[Path]:
    """Return the files of a bundle that differ from a fresh build."""
    folder = ROOT / "bundles" / name
    fresh = build_bundle(CONFIGS / "bundles" / f"{name}.yaml", CONFIGS / "base")
    expected = {folder / "configs" / f"{n}.json": as_json(c) for n, c in fresh.items()}
    for original, place in COMMON.items():
        expected[folder / place] = original.read_text(encoding="utf-8")
    return [
        path
        for path, text in expected.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Run the command line."""
    known = sorted(path.stem for path in (CONFIGS / "bundles").glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="BUNDLE", help=", ".join(known))
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--overlay", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, help="folder for one bundle")
    arguments = parser.parse_args()
    names = arguments.names or known
    if arguments.out and len(names) != 1:
        parser.error("--out takes exactly one BUNDLE")
    if arguments.check:
        stale = [path for name in names for path in outdated(name)]
        for path in stale:
            print(
                f"{path.relative_to(ROOT)}: differs from configs/; run {Path(__file__).name}"
            )
        return 1 if stale else 0
    for name in names:
        folder = arguments.out or ROOT / "bundles" / name
        build(name, folder.resolve(), tuple(arguments.overlay))
        print(f"built {folder}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MRITumorError as error:
        sys.exit(f"build_bundles: {error}")
