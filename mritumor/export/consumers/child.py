"""Run checks in this interpreter, each in a forked process with a time limit.

Started by `run` as ``python -m mritumor.export.consumers.child JOB.json`` with the
interpreter of one environment. The heavy packages are imported once, here; a bundle's
own code only ever runs in the forks, where it can neither hang nor end the others.
When the starter dies, this process and its forks with all that they started end, too.
One JSON line an outcome goes to standard output.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.catalogue import BY_NAME, PRELOAD
from mritumor.export.consumers.outcome import (
    ABSENT,
    FAIL,
    NO_MATTER,
    PASS,
    DoesNotApply,
    Outcome,
)
from mritumor.export.consumers.prepare import prepare
from mritumor.export.consumers.reasons import sentence

PREPARE = "prepare"
PRELOAD_LIMIT = (
    600.0  # seconds; importing a consumer takes one minute on a busy machine
)
LOOK = 1.0  # seconds between two looks whether the starter is still there


def main(job_file: str) -> int:
    """Do the job that a JSON file describes."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    starter = os.getppid()
    faulthandler.dump_traceback_later(PRELOAD_LIMIT, exit=True)
    problem = _preload(job["environment"])
    faulthandler.cancel_dump_traceback_later()
    for source in map(Path, job["bundles"]):
        home = Path(job["folder"]) / source.name
        for name in job["checks"]:
            if os.getppid() != starter:
                return 1
            if problem:
                outcome = Outcome(name, source.name, ABSENT, problem)
            else:
                outcome = _one(name, source, home, job)
            print(json.dumps(outcome.as_dict()), flush=True)
    return 0


def _one(name: str, source: Path, home: Path, job: dict[str, Any]) -> Outcome:
    began = time.monotonic()
    work = home / "work" / "".join(c if c.isalnum() else "_" for c in name)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    case = Case(source, home / "bundle" / source.name, home / "data", work)
    case = Case(**{**case.__dict__, "train": job["train"]})
    if name == PREPARE:
        status, reason = in_fork(lambda: prepare(source, home), 240.0, work / "log")
    else:
        check = BY_NAME[name]
        limit = check.limit * job.get("patience", 1.0)
        status, reason = in_fork(lambda: check.function(case), limit, work / "log")
    seconds = round(time.monotonic() - began, 1)
    return Outcome(name, source.name, status, reason, seconds)


def in_fork(task: Callable[[], None], limit: float, log: Path) -> tuple[str, str]:
    """Call a function in a process of its own.

    Args:
        task: what to do; returning is passing.
        limit: seconds before the process and all that it started are killed.
        log: receives what it prints.

    Returns:
        Status and reason.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_inside, args=(task, sender, log, limit))
    process.start()
    sender.close()
    try:
        if not _answers(receiver, limit):
            return FAIL, f"still running after {limit:.0f} s"
        status, reason = receiver.recv()
        return status, reason
    except EOFError:
        process.join(10)
        return FAIL, f"the process died with exit code {process.exitcode}"
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join(10)


def _answers(receiver: Connection, limit: float) -> bool:
    """Wait for an answer, but no longer than the starter of this process lives."""
    starter, until = os.getppid(), time.monotonic() + limit
    while (left := until - time.monotonic()) > 0 and os.getppid() == starter:
        if receiver.poll(min(left, LOOK)):
            return True
    return False


def _inside(
    task: Callable[[], None], sender: Connection, log: Path, limit: float
) -> None:
    os.setsid()  # the head of a group, so that its own children end with it
    # Should the process above be killed, nobody there ends this group: it does so itself.
    threading.Thread(target=_end_group, args=(limit + 30.0,), daemon=True).start()
    with log.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        task()
        sender.send((PASS, ""))
    except DoesNotApply as error:
        sender.send((NO_MATTER, str(error)))
    except BaseException as error:  # sys.exit of a bundle is a failure, too
        traceback.print_exc()
        sender.send((FAIL, sentence(error)))
    sys.stdout.flush()
    sys.stderr.flush()


def _end_group(limit: float) -> None:
    above, until = os.getppid(), time.monotonic() + limit
    while os.getppid() == above and time.monotonic() < until:
        time.sleep(LOOK)
    os.killpg(0, signal.SIGKILL)


def _preload(environment: str) -> str:
    """Import what all checks need; returns what is missing, or nothing."""
    try:
        for module in PRELOAD[environment]:
            import_module(module)
    except ImportError as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
