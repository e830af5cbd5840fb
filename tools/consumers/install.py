"""Install MONAI Label and MONAI Deploy beside this project, each by itself.

    .venv/bin/python tools/consumers/install.py

Both ask for older packages than this project has. Each gets an environment in
`.venv/consumers/` that first sees its own packages and then the project's, so that
PyTorch and MONAI are installed once. Nothing is done for an environment whose lists
have not changed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path
from sysconfig import get_path

HERE = Path(__file__).resolve().parent
HOME = Path(sys.prefix) / "consumers"
NAMES = ("monailabel", "deploy")
# Read before all other .pth files: one of them imports what only the project has.
OUTLOOK = "_project.pth"


def main() -> int:
    """Install what is missing."""
    for name in NAMES:
        install(name)
    return 0


def install(name: str) -> None:
    """Make the environment of one consumer, unless it stands already."""
    folder = HOME / name
    alone, needs = HERE / f"{name}.txt", HERE / f"{name}_needs.txt"
    texts = [path.read_bytes() for path in (alone, needs, Path(__file__))]
    stamp = hashlib.sha256(b"".join([*texts, sys.version.encode()])).hexdigest()
    done = folder / "installed"
    if done.is_file() and done.read_text(encoding="utf-8") == stamp:
        print(f"{folder}: up to date")
        return
    venv.create(folder, clear=True, with_pip=False)
    python = folder / "bin/python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(
        subprocess.check_output([str(python), "-c", asked], text=True).strip()
    )
    outlook = f"import site; site.addsitedir({get_path('purelib')!r})\n"
    (packages / OUTLOOK).write_text(outlook, encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-warn-conflicts"]
    # Needs first: Holoscan's own .pth file imports one of them whenever Python starts.
    subprocess.run([*pip, "--requirement", str(needs)], check=True)
    subprocess.run([*pip, "--no-deps", "--requirement", str(alone)], check=True)
    share_namespace(packages / "monai", Path(get_path("purelib")) / "monai")
    done.write_text(stamp, encoding="utf-8")
    print(f"{folder}: installed")


def share_namespace(own: Path, project: Path) -> None:
    """Complete a package that an environment holds a part of: monai.deploy.

    Python takes a package from one place: the folder that has ``__init__.py``.
    """
    if not own.is_dir():
        return
    for part in project.iterdir():
        link = own / part.name
        if not link.exists():
            link.symlink_to(part)


if __name__ == "__main__":
    sys.exit(main())
