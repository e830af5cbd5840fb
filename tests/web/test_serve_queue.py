"""The queue: results end with their time, and a worker's death is told."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mritumor.web.jobs import Jobs
from mritumor.web.problems import Problem
from mritumor.web.settings import Settings


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
        future = jobs.submit(job, "predict", web_bundles / "figshare_segmentation")
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
        jobs.submit(jobs.new(), "predict", web_bundles)
        with pytest.raises(Problem) as told:
            jobs.submit(jobs.new(), "predict", web_bundles)
        assert told.value.status == 429
    finally:
        jobs.close()
