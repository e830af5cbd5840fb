"""MONAI Label's own server on 127.0.0.1, asked over REST."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.datastore import write_datastore
from mritumor.export.consumers.monailabel_train import same, weights
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import check_map, check_scores

START = 180.0  # seconds
SAMPLE_APP = Path("monailabel/sample-apps/monaibundle")


def check(case: Case) -> None:
    """Ask for /info/, /infer of a stored and of an uploaded image, and /train."""
    app, studies = case.work / "app", case.work / "studies"
    shutil.copytree(sample_app(), app)
    bundle = app / "model" / case.name
    shutil.copytree(case.bundle, bundle)
    first, *_ = write_datastore(case, studies)
    with serve(app, studies, case.name) as address:
        _check_info(case, address)
        _check_infer(case, address, first)
        if case.train:
            before = weights(bundle)
            request = {"max_epochs": 1, "val_split": 0.5, "device": "cpu"}
            ask(address, f"/train/{case.name}?run_sync=true", json=request)
            if same(before, weights(bundle)):
                raise Unsatisfied("/train leaves models/model.pt as it was")


def sample_app() -> Path:
    """Return the app for bundles that the monailabel package brings."""
    import monailabel

    places = (Path(sys.prefix), Path(monailabel.__file__).parents[1])
    for place in places:
        if (place / SAMPLE_APP).is_dir():
            return place / SAMPLE_APP
    raise Unsatisfied("the monailabel package came without its sample apps")


@contextmanager
def serve(app: Path, studies: Path, models: str) -> Iterator[str]:
    """Start the server, yield its address, and end it whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "monailabel.main", "start_server"]
    command += ["--app", str(app), "--studies", str(studies)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    for key, value in {
        "models": models,
        "zoo_source": "local",  # no network
        "sam2": "false",
    }.items():
        command += ["--conf", key, value]
    log = app / "server.log"
    with log.open("w", encoding="utf-8") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, cwd=app)
    try:
        _wait(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def ask(address: str, path: str, **content: Any) -> Any:
    """POST and return the response; 400 and more is a failure with its text."""
    import requests

    response = requests.post(address + path, timeout=300, **content)
    if response.status_code >= 400:
        said = " ".join(response.text.split())[:200]
        raise Unsatisfied(
            f"{path.split('?')[0]} answers {response.status_code}: {said}"
        )
    return response


def _wait(address: str, server: subprocess.Popen, log: Path) -> None:
    import requests

    until = time.monotonic() + START
    while time.monotonic() < until:
        if server.poll() is not None:
            said = (log.read_text(errors="replace").strip().splitlines() or [""])[-1]
            raise Unsatisfied(f"the server ended at once: {said}")
        try:
            requests.get(address + "/info/", timeout=60).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.5)
    raise Unsatisfied(f"the server did not answer within {START:.0f} s")


def _check_info(case: Case, address: str) -> None:
    import requests

    info = requests.get(address + "/info/", timeout=60).json()
    for kind in ("models", "trainers"):
        if case.name not in info[kind]:
            raise Unsatisfied(f"/info/ lists {sorted(info[kind])} as {kind}")
    if info["models"][case.name]["dimension"] != case.spatial_dims:
        raise Unsatisfied("/info/ gives another number of dimensions")


def _check_infer(case: Case, address: str, image: str) -> None:
    single = Path(case.items[0]["single"])
    stored = f"/infer/{case.name}?image={image}"
    form = {"params": json.dumps({"device": "cpu"})}
    content = ask(address, f"{stored}&output=json", data=form).json()
    if case.is_classifier:
        check_scores(case, content["prediction"])
        return
    suffix = single.name[len(single.name.split(".")[0]) :]
    stored_map = case.work / f"stored{suffix}"
    stored_map.write_bytes(ask(address, f"{stored}&output=image", data=form).content)
    check_map(case, stored_map, str(single))
    uploaded_map = case.work / f"uploaded{suffix}"
    with single.open("rb") as file:
        answer = ask(
            address,
            f"/infer/{case.name}?output=image",
            data=form,
            files={"file": (single.name, file)},
        )
    uploaded_map.write_bytes(answer.content)
    check_map(case, uploaded_map, str(single))
