"""Jobs, the queue before the workers, and the end of both."""

from __future__ import annotations

import logging
import multiprocessing
import queue
import shutil
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mritumor.web.leftovers import claim
from mritumor.web.pairs import Plan
from mritumor.web.problems import Problem
from mritumor.web.settings import Settings
from mritumor.web.worker import work

logger = logging.getLogger(__name__)
DIED = "The process that predicts stopped, and was started again; send the files again."


@dataclass
class Job:
    """One upload.

    Attributes:
        id: 128 random bits: whoever knows it may see the results.
        folder: of the upload and the results.
        plan: what is asked; None until it is known.
        state: ``waiting``, ``running``, ``done`` or ``failed``.
        step: what is being done, in words.
        problem: a sentence, of a failed job.
        result: of `results.write_results`.
        made: seconds, monotonic.
    """

    id: str
    folder: Path
    plan: Plan | None = None
    state: str = "waiting"
    step: str = "waiting"
    problem: str | None = None
    result: dict[str, Any] | None = None
    made: float = field(default_factory=time.monotonic)

    @property
    def model(self) -> str:
        """The name of the model, or of the pair."""
        return "" if self.plan is None else self.plan.name


class Jobs:
    """The queue: a thread for each worker process, which it starts again if it dies.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root, self._lock = claim()
        self.restarts = 0
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.Queue[Any] = queue.Queue(settings.longest_queue)
        self._closed = threading.Event()
        self._workers: dict[int, Any] = {}
        self._threads = [
            threading.Thread(target=self._serve, args=(n,), daemon=True)
            for n in range(settings.workers)
        ]
        self._threads.append(threading.Thread(target=self._sweep, daemon=True))
        for thread in self._threads:
            thread.start()

    def new(self) -> Job:
        """Return a job with an empty folder; `submit` or `drop` it."""
        name = uuid.uuid4().hex
        folder = self.root / name
        folder.mkdir()
        job = Job(name, folder)
        self._jobs[name] = job
        return job

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            Problem: unknown, or removed by now (404).
        """
        if name not in self._jobs:
            raise Problem(
                404, "There is no such job; results are kept for a time only."
            )
        return self._jobs[name]

    def drop(self, job: Job) -> None:
        """Forget a job and remove its files."""
        self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)

    def submit(self, job: Job, kind: str, plan: Plan) -> Future[dict[str, Any]]:
        """Queue a task of a job.

        Args:
            job: whose folder holds the input.
            kind: of `predicting.TASKS`.
            plan: which bundles are asked.

        Returns:
            Its facts; fails with `Problem`.

        Raises:
            Problem: the queue is full (429).
        """
        task = {
            "kind": kind,
            "folder": str(job.folder),
            "bundles": [str(bundle) for bundle in plan.bundles],
            "gate": plan.gate,
            "max_unpacked": self.settings.max_unpacked,
        }
        future: Future[dict[str, Any]] = Future()
        try:
            self._waiting.put_nowait((job, task, future))
        except queue.Full:
            raise Problem(429, "Too many are waiting; try again in a minute.") from None
        return future

    @property
    def waiting(self) -> int:
        """How many tasks wait for a worker."""
        return self._waiting.qsize()

    @property
    def worker_ids(self) -> list[int]:
        """Process ids of the workers that live."""
        return [w.pid for w in self._workers.values() if w.is_alive()]

    def close(self) -> None:
        """End the workers and remove everything."""
        self._closed.set()
        for worker in list(self._workers.values()):
            worker.terminate()
            worker.join(5)
        self._lock.release()
        shutil.rmtree(self.root, ignore_errors=True)

    def _start(self, number: int) -> Any:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        worker = context.Process(
            target=work, args=(theirs, self.settings.device), daemon=True
        )
        worker.start()
        theirs.close()
        self._workers[number] = worker
        return ours

    def _serve(self, number: int) -> None:
        pipe = self._start(number)
        while not self._closed.is_set():
            try:
                job, task, future = self._waiting.get(timeout=0.5)
            except queue.Empty:
                if not self._workers[number].is_alive() and not self._closed.is_set():
                    pipe = self._restart(number)
                continue
            try:
                self._run(pipe, job, task, future)
            except (EOFError, OSError):
                self._fail(job, task, future, Problem(503, DIED))
                if not self._closed.is_set():
                    pipe = self._restart(number)

    def _restart(self, number: int) -> Any:
        logger.warning("a worker stopped; starting another")
        self.restarts += 1
        return self._start(number)

    def _run(self, pipe: Any, job: Job, task: dict[str, Any], future: Any) -> None:
        first = task["kind"] == "predict"
        if first:
            job.state = "running"
        pipe.send(task)
        while True:
            kind, said = pipe.recv()
            if kind == "step":
                job.step = said
                continue
            if kind == "problem":
                return self._fail(job, task, future, Problem(422, said))
            if first:
                job.result, job.state, job.step = said, "done", "done"
            future.set_result(said)
            return None

    def _fail(self, job: Job, task: Any, future: Any, problem: Problem) -> None:
        if task["kind"] == "predict":
            job.state, job.problem = "failed", problem.sentence
        future.set_exception(problem)

    def _sweep(self) -> None:
        """Remove what is older than `keep_minutes`."""
        while not self._closed.wait(min(15.0, self.settings.keep_minutes * 20)):
            oldest = time.monotonic() - self.settings.keep_minutes * 60
            for job in list(self._jobs.values()):
                if job.made < oldest and job.state in ("done", "failed"):
                    self.drop(job)
