"""Open a page on this computer: drop a scan, see its outline and class; and REST.

The page takes pictures (PNG, JPEG, TIFF, BMP, Figshare's .mat), NIfTI, DICOM files and
zips. Models are the bundles under --bundles that have weights. Uploads and results lie
in a temporary folder and are removed after --keep-minutes, and when the server ends.
There are no accounts: with another --host everybody who reaches it may use it.
Not a medical device.

Examples
  mritumor serve                            then open http://127.0.0.1:8000
  mritumor serve --install-viewer           once: the 3-D view, by npm
  mritumor serve --bundles my_bundles --port 9000 --max-upload 2000
  curl -F files=@slice.png http://127.0.0.1:8000/predict_classification
  curl -F files=@slice.png -o border.png
      'http://127.0.0.1:8000/predict_segmentation?give=border'    (all on one line)
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "--bundles",
        type=Path,
        default=Path("bundles"),
        metavar="FOLDER",
        help="that holds bundles (default bundles)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="to listen on (default 127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=8000, help="default 8000")
    parser.add_argument(
        "--max-upload",
        type=float,
        default=512,
        metavar="MIB",
        help="of one request (default 512)",
    )
    parser.add_argument(
        "--keep-minutes",
        type=float,
        default=60,
        metavar="MINUTES",
        help="until uploads and results are removed (default 60)",
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that predict (default 1)"
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: as for predict")
    parser.add_argument(
        "--install-viewer",
        action="store_true",
        help="install the 3-D viewer NiiVue with npm, and end",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from mritumor._optional import require
    from mritumor.errors import InputError

    if arguments.install_viewer:
        from mritumor.web.settings import viewer_folder
        from mritumor.web.viewer import install_viewer

        print(install_viewer(viewer_folder()))
        return 0
    uvicorn = require("uvicorn", "web")
    require("fastapi", "web")
    require("python_multipart", "web")
    if not arguments.bundles.is_dir():
        raise InputError(
            "no such folder", where=arguments.bundles, remedy="give --bundles FOLDER"
        )
    if min(arguments.workers, arguments.max_upload, arguments.keep_minutes) <= 0:
        raise InputError("--workers, --max-upload and --keep-minutes are above 0")
    from mritumor.web import Settings, create_app

    # Threads that wait should sleep: spinning, they cost as much as the network.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    settings = Settings(
        arguments.bundles.resolve(),
        max_upload=int(arguments.max_upload * 2**20),
        max_unpacked=int(arguments.max_upload * 8 * 2**20),
        keep_minutes=arguments.keep_minutes,
        workers=arguments.workers,
        device=arguments.device,
    )
    address = f"http://{arguments.host}:{arguments.port}"
    print(f"{address}  (end with Ctrl+C)", file=sys.stderr)
    app = create_app(settings)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")
    return 0
