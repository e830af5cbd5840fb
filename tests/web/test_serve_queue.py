"""The queue: results end with their time, and a worker's death is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from mritumor.web.jobs import Jobs
from mritumor.web.leftovers import LOCK, PREFIX, YOUNG, claim, remove_abandoned
from mritumor.web.pairs import Plan
from mritumor.web.problems import Problem
from mritumor.web.settings import Settings


def ask(bundles: Path) -> Plan:
    name = "figshare_segmentation"
    return Plan(name, (bundles / name,))


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_old_jobs_are_removed(
    web_bundles: Path, picture: Path
) -> None:
    jobs = Jobs(Settings(web_bundles, keep_minutes=0.02))
    try:
        job = jobs.new()
        (job.folder / "input").mkdir()
        (job.folder / "input/slice.png").write_bytes(picture.read_bytes())
        while not jobs.worker_ids:
            time.sleep(0.05)
        future = jobs.submit(job, "predict", ask(web_bundles))
        while job.state == "waiting":
            time.sleep(0.01)
        os.kill(jobs.worker_ids[0], signal.SIGKILL)
        with pytest.raises(Problem, match="started again") as told:
            future.result(60)
        assert told.value.status == 503 and job.state == "failed"
        deadline = time.monotonic() + 30
        while job.folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not job.folder.exists()
        with pytest.raises(Problem, match="no such job"):
            jobs.get(job.id)
        assert jobs.restarts == 1
    finally:
        jobs.close()
    assert not jobs.root.exists()


def test_a_full_queue_is_told(
    web_bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "_serve", lambda self, number: None)
    jobs = Jobs(Settings(web_bundles, longest_queue=1))
    try:
        jobs.submit(jobs.new(), "predict", ask(web_bundles))
        with pytest.raises(Problem) as told:
            jobs.submit(jobs.new(), "predict", ask(web_bundles))
        assert told.value.status == 429
    finally:
        jobs.close()


CLAIMS = """
import time
from mritumor.web.leftovers import claim
folder, lock = claim()
(folder / "upload").write_text("a patient's")
print(folder, flush=True)
time.sleep(60)
"""


def test_the_next_start_removes_what_a_killed_server_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command = [sys.executable, "-c", CLAIMS]
    told = {**os.environ, "TMPDIR": str(tmp_path)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told)
    assert server.stdout is not None
    left = Path(server.stdout.readline().strip())
    mine, lock = claim()
    assert (left / "upload").is_file(), "it is in use"
    server.kill()
    server.communicate()
    assert remove_abandoned() == [left]
    assert mine.is_dir() and not left.exists()
    lock.release()


def test_a_folder_that_is_being_made_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    young, old, other = (tmp_path / f"{PREFIX}{n}" for n in ("young", "old", "locked"))
    for folder in (young, old, other):
        folder.mkdir()
    (other / LOCK).touch()
    then = time.time() - 2 * YOUNG
    os.utime(old, (then, then))
    (tmp_path / f"{PREFIX}link").symlink_to(young)
    assert set(remove_abandoned()) == {old, other}
    assert young.is_dir()
